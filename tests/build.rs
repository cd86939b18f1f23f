//! Sets `cfg(no_shared)` if the data that the tests compare with does not exist beside the
//! workspace; those tests are then reported as ignored.

use std::path::Path;

fn main() {
    let shared = "../../shared/chatwoot";
    println!("cargo::rustc-check-cfg=cfg(no_shared)");
    println!("cargo::rerun-if-changed={shared}");
    if !Path::new(shared).exists() {
        println!("cargo::rustc-cfg=no_shared");
    }
}
