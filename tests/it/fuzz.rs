//! A short run of the fuzzers, on any stable Rust; `fuzz/` holds the same for long runs.
//!
//! `FUZZ_SECONDS` sets the duration (2 per target), `FUZZ_SEED` repeats a run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tests::fuzz::{Mutator, answers, seeds, webhook};

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[expect(clippy::panic, reason = "a test's helper")]
fn run(name: &str, target: fn(&[u8]), seeds: Vec<Vec<u8>>, head: usize) {
    for seed in &seeds {
        target(seed);
    }
    let number = setting("FUZZ_SEED").unwrap_or(20_261_121);
    let until = Instant::now() + Duration::from_secs(setting("FUZZ_SECONDS").unwrap_or(2));
    let mut mutator = Mutator::new(number, seeds, head);
    let mut inputs = 0_u64;
    while Instant::now() < until {
        let input = mutator.next_input();
        inputs += 1;
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            let shown = input.escape_ascii();
            panic!("{name}: input {inputs} of FUZZ_SEED={number}: b\"{shown}\"");
        }
    }
    println!("{name}: {inputs} inputs of FUZZ_SEED={number}, no finding");
}

#[tokio::test]
async fn no_delivery_breaks_the_webhooks() {
    let seeds = seeds().await.expect("the fake plays the story").webhook;
    assert!(seeds.len() > 20, "{}", seeds.len());
    tokio::task::spawn_blocking(|| run("webhook", webhook, seeds, 0)).await.expect("no finding");
}

#[tokio::test]
async fn no_answer_breaks_the_client() {
    let seeds = seeds().await.expect("the fake plays the story").answers;
    assert!(seeds.len() > 20, "{}", seeds.len());
    tokio::task::spawn_blocking(|| run("answers", answers, seeds, 2)).await.expect("no finding");
}

#[test]
fn what_was_found_is_mended() {
    // A double that becomes its neighbor unless it is parsed exactly.
    webhook(br#"{"event":"contact_created","id":1,"account":{"id":2},"x":1.7966666666666665e65}"#);
    // A sender with a duplicate name key.
    let twice = br#"{"id":1,"content":"x","message_type":1,"content_type":"text","created_at":1,
        "conversation_id":1,"inbox_id":1,"private":false,"status":"sent",
        "sender":{"id":1,"name":"A","name":"B","type":"user"}}"#;
    answers(&[&[0, 6], twice.as_slice()].concat());
}
