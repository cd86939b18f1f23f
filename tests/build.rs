//! Says whether what the tests are held against lies beside the workspace: `cfg(no_shared)` when it
//! does not, and those tests are reported as ignored.

use std::path::Path;

fn main() {
    let shared = "../../shared/chatwoot";
    println!("cargo::rustc-check-cfg=cfg(no_shared)");
    println!("cargo::rerun-if-changed={shared}");
    if !Path::new(shared).exists() {
        println!("cargo::rustc-cfg=no_shared");
    }
}
