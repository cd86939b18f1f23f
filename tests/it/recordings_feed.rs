//! Tests that the client understands the recorded live feeds of both versions.

use std::path::Path;
use std::process::{Command, Output};

use chatwoot_client::live::{LiveEventData, LiveEventName, Performer, ServerFrame};
use chatwoot_client::types::Message;
use tests::feed::{Frame, Report, frames};
use tests::recordings::root;

const FEEDS: [(&str, &str, usize); 2] =
    [("4.15.1", "cable.jsonl", 80), ("4.9.1", "cable-4.9.1.jsonl", 81)];

#[expect(clippy::expect_used, reason = "a test's helper")]
fn feed(name: &str) -> Vec<Frame> {
    let file = std::fs::read(root().join(name)).expect("the recording");
    frames(&file).expect("a feed")
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn every_recorded_frame_comes_back_whole() {
    for (version, name, count) in FEEDS {
        let mut report = Report::default();
        report.check(name, &feed(name));
        assert!(report.passed(), "{version}: {report}\n{}", report.lines.join("\n"));
        assert_eq!((report.frames, report.decoded), (count, count), "{version}");
        // Each of them has its type.
        assert_eq!(report.lines, [""; 0], "{version}");
        assert_eq!((report.known.len(), report.unknown.len()), (15, 0), "{version}: {report:?}");
    }
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_story_is_told_by_its_events() {
    for (version, name, _) in FEEDS {
        let feed = feed(name);
        let events: Vec<_> = feed
            .iter()
            .filter(|frame| frame.by == "user")
            .filter_map(|frame| ServerFrame::decode(frame.text.as_deref().ok()?).ok())
            .filter_map(|frame| frame.event().cloned())
            .collect();
        let of = |name: LiveEventName| events.iter().filter(move |event| event.name == name);
        let merged: Vec<_> = of(LiveEventName::ContactMerged).collect();
        let deleted: Vec<_> = of(LiveEventName::ContactDeleted).collect();
        assert_eq!((merged.len(), deleted.len()), (2, 3), "{version}");
        for event in merged.iter().chain(&deleted) {
            assert!(event.contact().is_some() && event.contact_id().is_some(), "{version}");
            assert!(event.account_id.is_some(), "{version}");
        }
        let survivor = merged[0].contact_id();
        assert!(deleted.iter().all(|event| event.contact_id() != survivor), "{version}");

        let first = of(LiveEventName::MessageCreated).next().expect("a message");
        assert!(first.message_id().is_some() && first.inbox_id().is_some());
        assert_eq!(first.contact_id(), survivor, "{version}: the contact wrote it");
        let performer = first.performer.as_ref().and_then(Performer::user_id).expect("a user");
        assert!(first.is_by(performer), "{version}");
        let conversation = of(LiveEventName::ConversationUpdated).next().expect("a conversation");
        assert_eq!(conversation.conversation_id(), first.conversation_id(), "{version}");
        assert!(!conversation.is_by(performer), "{version}: it is rendered later");
        let LiveEventData::Presence(presence) =
            &of(LiveEventName::PresenceUpdate).next().expect("presence").data
        else {
            panic!("{version}: no presence");
        };
        assert_eq!(presence.users.len(), 1, "{version}");
    }
}

/// Frames that go to a contact are of its own conversation: no private note, no activity.
#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn a_contact_hears_only_what_it_may_see() {
    for (version, name, _) in FEEDS {
        let feed = feed(name);
        let frames = feed.iter().filter(|frame| frame.by == "contact");
        let frames =
            frames.filter_map(|frame| ServerFrame::decode(frame.text.as_deref().ok()?).ok());
        let events: Vec<_> = frames.filter_map(|frame| frame.event().cloned()).collect();
        assert!(events.len() > 5, "{version}");
        let mut messages = events.iter().filter_map(|event| event.message());
        assert!(messages.all(Message::is_for_customer), "{version}");
    }
}

#[expect(clippy::expect_used, reason = "a test's helper")]
fn replay(path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
    command.arg(path).output().expect("it runs")
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_program_takes_a_feed() {
    for (version, name, count) in FEEDS {
        let output = replay(&root().join(name));
        let said = String::from_utf8_lossy(&output.stdout);
        let wanted = format!("live feed: 15 known events, 0 unknown, {count} frames");
        assert!(output.status.success() && said.contains(&wanted), "{version}: {said}");
    }
}

#[test]
fn the_program_tells_what_it_does_not_understand() {
    let folder = std::env::temp_dir().join(format!("feed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let ping = r#"{"as": "user", "frame": "{\"type\":\"ping\",\"message\":1}"}"#;
    let wave = r#"{"as": "user", "frame": "{\"type\":\"wave\",\"message\":null}"}"#;
    let write = |lines: &[&str]| std::fs::write(folder.join("a.jsonl"), lines.join("\n")).unwrap();

    write(&[ping, wave]);
    let output = replay(&folder);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("a.jsonl:2 (user): \"wave\" is not known"), "{said}");

    write(&[ping, r#"{"as": "user", "frame": "{\"type\":"}"#]);
    let output = replay(&folder);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("a.jsonl:2 (user): failed: the frame is not JSON"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
}
