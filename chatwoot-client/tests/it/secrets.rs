//! Nothing that holds a secret shows it: each public type, filled with a marker, in `Debug`.
//!
//! Types that are read from JSON are filled by their fields, as the sources have them; the others
//! by hand. Both lists are held against the sources, so that a new type cannot be forgotten.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use self::by_hand::by_hand;
use self::decodable::decodable;
use crate::shapes::{Field, Shape, shapes, sources, words};

mod by_hand;
mod decodable;

pub(crate) const MARKER: &str = "m4rk3r";

/// Types whose `Debug` shows nothing of what they hold.
const HIDING: [&str; 8] = [
    "Secret",
    "UserToken",
    "PlatformToken",
    "AgentBotToken",
    "ProviderConfig",
    "HookSettings",
    "AuditedChanges",
    "Extra",
];

/// Fields that have a secret's name, and what they hold is none.
const HARMLESS: &[(&str, &str)] = &[
    ("website_token", "in the page of every shop"),
    ("website_url", "the page of the shop"),
    ("referer_url", "the page that the visitor is on"),
    ("TriggerRules.url", "the page that a campaign is for"),
    ("avatar_url", "a picture, as personal as the name beside it"),
    ("inbox_avatar_url", "the picture of an inbox"),
    ("data_url", "a file of a message, as personal as the text beside it"),
    ("thumb_url", "a file of a message, as personal as the text beside it"),
    ("file_url", "a file that was given to be shown"),
    ("Message.source_id", "a message's own name, which opens nothing"),
    ("webhook::Message.source_id", "a message's own name, which opens nothing"),
    ("webhook::LastMessage.source_id", "a message's own name, which opens nothing"),
    ("NewMessage.source_id", "a message's own name, which opens nothing"),
    ("Delivery.secret", "of the fake: private, and its Debug leaves it out"),
    ("Delivery.url", "of the fake: an address of a test's own"),
    ("base_url", "where Chatwoot is"),
    ("live::LiveRequest.url", "where Chatwoot's live feed is"),
    ("PublicConversationHandle.source_id", "private, and its Debug leaves it out"),
    ("PublicConversations.source_id", "private, and its Debug leaves it out"),
    ("PublicMessages.source_id", "private, and its Debug leaves it out"),
];

fn is_harmless(shape: &Shape, field: &Field) -> bool {
    let whole = format!("{}.{}", shape.name, field.name);
    HARMLESS.iter().any(|(name, _)| *name == field.name || *name == whole)
}

fn is_secret(shape: &Shape, field: &Field) -> bool {
    field.words().any(|word| HIDING.contains(&word))
        || field.is_named_secret() && field.is_plain() && !is_harmless(shape, field)
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn client_shapes() -> Vec<Shape> {
    shapes(&src())
}

/// Each type with its `Debug`, plain and indented.
#[derive(Default)]
struct Shown(Vec<(&'static str, String)>);

impl Shown {
    fn add<T: Debug>(&mut self, name: &'static str, value: &T) {
        self.0.push((name, format!("{value:?}\n{value:#?}")));
    }
}

#[test]
fn no_public_type_shows_its_secret() {
    let all = decodable().0.into_iter().chain(by_hand().0);
    let showing: Vec<_> = all.filter(|(_, text)| text.contains(MARKER)).collect();
    assert!(showing.is_empty(), "these show their secret: {showing:#?}");
}

#[cfg(feature = "fake")]
#[test]
fn the_fake_shows_no_secret_either() {
    use chatwoot_client::fake::{FakeChatwoot, FakeOutcome};

    let builder = FakeChatwoot::builder().platform_token(MARKER);
    assert!(!format!("{builder:?}").contains(MARKER), "{builder:?}");
    let fake = builder.build();
    assert!(!format!("{fake:?}").contains(MARKER), "{fake:?}");
    let answer = http::Response::new(bytes::Bytes::from_static(MARKER.as_bytes()));
    let outcome = FakeOutcome::Response(answer);
    assert!(!format!("{outcome:?}").contains(&format!("{:?}", MARKER.as_bytes())));
    assert!(!format!("{outcome:?}").contains(MARKER), "{outcome:?}");
}

/// A new type that holds a secret must be in one of the lists above.
#[test]
fn every_type_that_holds_a_secret_is_tried() {
    let tried = |shown: Shown| shown.0.into_iter().map(|(name, _)| name.to_owned());
    let tried: BTreeSet<String> = tried(decodable()).chain(tried(by_hand())).collect();
    let all = client_shapes();
    let holding = all.iter().filter(|shape| shape.fields.iter().any(|it| is_secret(shape, it)));
    let holding: BTreeSet<String> = holding
        .map(|shape| shape.name.clone())
        // Without the feature there is no such type.
        .filter(|name| cfg!(feature = "live") || !name.starts_with("live::"))
        // A call has no Debug; the builder of the fake is tried where there is a fake; the last one
        // is a macro's.
        .filter(|name| !["Call", "FakeBuilder", "webhook::name"].contains(&name.as_str()))
        .collect();
    assert!(holding.len() > 150, "the scan finds too little: {holding:?}");
    let left: Vec<_> = holding.difference(&tried).collect();
    assert!(left.is_empty(), "add these to `decodable` or `by_hand` in this file: {left:?}");
}

/// A secret that is a plain text is shown by the first `{:?}` that meets it.
#[test]
fn no_field_with_a_secret_s_name_is_a_plain_text() {
    let all = client_shapes();
    let fields = all.iter().flat_map(|shape| shape.fields.iter().map(move |field| (shape, field)));
    let plain = fields.clone().filter(|(shape, field)| {
        field.is_named_secret() && field.is_plain() && !is_harmless(shape, field)
    });
    let plain: Vec<_> = plain
        .map(|(shape, field)| format!("{}.{}: {}", shape.name, field.name, field.kind))
        .collect();
    assert!(plain.is_empty(), "make these a Secret, or say above why not: {plain:?}");
    for (name, _) in HARMLESS {
        let is = |(shape, field): (&Shape, &Field)| {
            *name == field.name || *name == format!("{}.{}", shape.name, field.name)
        };
        assert!(fields.clone().any(is), "{name} is no field: take it from the list");
    }
}

/// What has a `Display` holds no secret.
#[test]
fn nothing_that_holds_a_secret_has_a_display() {
    let all = client_shapes();
    let holding = all.iter().filter(|shape| shape.fields.iter().any(|it| is_secret(shape, it)));
    let holding: BTreeSet<&str> = holding.map(|shape| shape.name.as_str()).chain(HIDING).collect();
    let mut displays = 0;
    for (file, source) in sources(&src()) {
        for line in source.lines() {
            let Some((_, kind)) = line.split_once("Display for ") else { continue };
            displays += 1;
            let name = words(kind).next().unwrap_or_default();
            assert!(!holding.contains(name), "{}: {name} has a Display", file.display());
        }
    }
    assert!(displays > 3, "the scan finds too little");
}
