//! A host whose processes, Postgres and Redis are killed loses and doubles nothing, and neither does
//! one that goes on with a restored dump.

use std::process::Command;

use serde_json::Value;

/// A small run of the program of that name.
#[test]
fn what_is_killed_loses_nothing() {
    let run = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args(["--deliveries", "200", "--changes", "200", "--kills", "6", "--stores", "3"])
        .args(["--postgres-crashes", "1", "--redis-kills", "1", "--seconds", "6"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{told}{}", String::from_utf8_lossy(&run.stderr));
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((&last["kills"], &last["postgres_crashes"]), (&6.into(), &1.into()), "{told}");
    assert!(last["acknowledged"].as_u64() > Some(100), "{told}");
    assert!(last["handled"].as_u64() >= Some(200), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_under_load_goes_on_elsewhere() {
    let restored = tests::chaos::dump_and_restore().await.unwrap();
    let (waiting, handled) = restored.entries;
    // The dump was made in the middle of it.
    assert!(waiting > 0 && handled > 0, "{restored:?}");
    assert!(restored.claimed > 0 && restored.dirty > 0, "{restored:?}");
    assert!(restored.acknowledged > 0 && restored.later > 0, "{restored:?}");
    assert!(restored.owner_was_told.contains("row-level security"), "{restored:?}");
    assert!(restored.breaches.is_empty(), "{restored:?}");
    assert!(restored.lost.is_empty(), "{restored:?}");
    assert!(restored.lost_later.is_empty(), "{restored:?}");
    assert!(restored.doubled.is_empty(), "{restored:?}");
    assert!(restored.diverged.is_empty(), "{restored:?}");
}
