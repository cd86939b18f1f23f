//! Nothing that holds a secret shows it: each public type, filled with a marker, in `Debug`.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use chatwoot_client::webhook::{self, Verifier};
use chatwoot_client::widget::WidgetUser;
use chatwoot_client::{
    AgentBot, AgentBotToken, AgentBotTokenRecord, ChannelPatch, Client, Contact, Inbox,
    IssuedToken, NewPublicContact, NewUser, Patch, PlatformToken, PublicContact,
    PublicContactChange, Secret, SsoLink, TokenOwner, User, UserPatch, UserToken, Webhook,
    WidgetChannel, WidgetConfigContact, WidgetContact,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) const MARKER: &str = "m4rk3r";

/// Each type with its `Debug`, plain and indented.
#[derive(Default)]
struct Shown(Vec<(&'static str, String)>);

impl Shown {
    fn add<T: Debug>(&mut self, name: &'static str, value: &T) {
        self.0.push((name, format!("{value:?}\n{value:#?}")));
    }

    /// As the server sends it: every text is the marker, and all of it is in the value.
    fn decoded<T: Debug + DeserializeOwned>(&mut self, name: &'static str, json: Value) {
        assert!(json.to_string().contains(MARKER), "{name} holds no marker");
        let value: T = serde_json::from_value(json).unwrap_or_else(|why| panic!("{name}: {why}"));
        self.add(name, &value);
    }
}

fn shown() -> Shown {
    let secret = || Secret::new(MARKER);
    let mut all = Shown::default();
    all.add("Secret", &secret());
    all.add("PlatformToken", &PlatformToken::new(MARKER));
    all.add("UserToken", &UserToken::new(MARKER));

    let client = Client::builder("https://desk.test").build().unwrap();
    all.add("Client", &client);
    let account = client.account(1, MARKER);
    let platform = client.platform(MARKER);
    let profile = client.profile(MARKER);
    all.add("Contacts", &account.contacts());
    all.add("PlatformUsers", &platform.users());
    all.add("Account", &account);
    all.add("Platform", &platform);
    all.add("Profile", &profile);

    let verifier = Verifier::new(MARKER).and_then(|verifier| verifier.or_previous(MARKER));
    all.add("Verifier", &verifier.unwrap());
    all.add("NewUser", &NewUser::new("Ada", "ada@shop.example", MARKER));
    let patch = UserPatch { password: Patch::Set(secret()), ..UserPatch::default() };
    all.add("UserPatch", &patch);
    let channel = ChannelPatch {
        imap_password: Patch::Set(secret()),
        smtp_password: Patch::Set(secret()),
        ..ChannelPatch::default()
    };
    all.add("ChannelPatch", &channel);
    let contact =
        NewPublicContact { identifier_hash: Some(secret()), ..NewPublicContact::default() };
    all.add("NewPublicContact", &contact);
    let change =
        PublicContactChange { identifier_hash: Some(secret()), ..PublicContactChange::default() };
    all.add("PublicContactChange", &change);
    let mut user = WidgetUser::new("shop-1").unwrap();
    user.identifier_hash = Some(secret());
    all.add("WidgetUser", &user);

    all.add("WidgetVisitor", &client.website("public").visitor(MARKER));
    all.decoded::<WidgetChannel>(
        "WidgetChannel",
        json!({"auth_token": MARKER, "website_token": "public"}),
    );
    all.decoded::<WidgetConfigContact>(
        "WidgetConfigContact",
        json!({"id": 1, "pubsub_token": MARKER}),
    );
    all.decoded::<WidgetContact>("WidgetContact", json!({"id": 1, "widget_auth_token": MARKER}));

    let owner = json!({"id": 1, "pubsub_token": MARKER});
    all.decoded::<TokenOwner>("TokenOwner", owner.clone());
    all.decoded::<IssuedToken>("IssuedToken", json!({"access_token": MARKER, "user": owner}));
    all.decoded::<SsoLink>("SsoLink", json!({"url": MARKER}));
    all.decoded::<User>(
        "User",
        json!({"id": 1, "name": "Ada", "access_token": MARKER, "pubsub_token": MARKER,
            "hmac_identifier": MARKER, "accounts": []}),
    );
    let record = json!({"id": 1, "token": MARKER});
    all.decoded::<AgentBotTokenRecord>("AgentBotTokenRecord", record.clone());
    all.decoded::<AgentBotToken>("AgentBotToken", record);
    all.decoded::<AgentBot>(
        "AgentBot",
        json!({"id": 1, "name": "bot", "access_token": MARKER, "secret": MARKER}),
    );
    all.decoded::<Webhook>(
        "Webhook",
        json!({"id": 1, "url": "https://shop.example", "subscriptions": [], "secret": MARKER}),
    );
    all.decoded::<Inbox>(
        "Inbox",
        json!({"id": 1, "name": "Shop", "channel_id": 1, "channel_type": "Channel::Api",
            "hmac_token": MARKER, "secret": MARKER, "imap_password": MARKER,
            "smtp_password": MARKER, "auth_token": MARKER, "provider_config": {"api_key": MARKER}}),
    );
    all.decoded::<PublicContact>(
        "PublicContact",
        json!({"id": 1, "source_id": "s", "pubsub_token": MARKER}),
    );
    all.decoded::<webhook::ContactInbox>(
        "ContactInbox",
        json!({"id": 1, "contact_id": 1, "inbox_id": 1, "pubsub_token": MARKER}),
    );
    all.decoded::<webhook::Channel>(
        "Channel",
        json!({"id": 1, "hmac_token": MARKER, "secret": MARKER, "page_access_token": MARKER}),
    );
    // A server up to 4.5 sends the whole inbox here; no type names these fields.
    all.decoded::<Contact>(
        "Contact",
        json!({"id": 1, "contact_inboxes": [{"source_id": "s", "inbox": {
            "id": 1, "hmac_token": MARKER, "imap_password": MARKER}}]}),
    );
    all
}

#[test]
fn no_public_type_shows_its_secret() {
    for (name, text) in shown().0 {
        assert!(!text.contains(MARKER), "{name} shows its secret: {text}");
    }
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
    let outcome = FakeOutcome::Answer(answer);
    assert!(!format!("{outcome:?}").contains(&format!("{:?}", MARKER.as_bytes())));
    assert!(!format!("{outcome:?}").contains(MARKER), "{outcome:?}");
}

/// A new type that holds a secret must be in the list above.
#[test]
fn every_type_that_holds_a_secret_is_tried() {
    let tried: BTreeSet<String> = shown().0.iter().map(|(name, _)| (*name).to_owned()).collect();
    let holding: BTreeSet<String> = sources()
        .iter()
        .flat_map(|source| structs(source))
        .filter(|shape| shape.fields.iter().any(|(_, kind)| holds_secret(kind)))
        .map(|shape| shape.name)
        // A call has no Debug; the builder of the fake is tried where there is a fake.
        .filter(|name| name != "Call" && name != "FakeBuilder")
        .collect();
    assert!(holding.len() > 15, "the scan finds too little: {holding:?}");
    let left: Vec<_> = holding.difference(&tried).collect();
    assert!(left.is_empty(), "add these to `shown()` in this file: {left:?}");
}

/// A secret that is a plain text is shown by the first `{:?}` that meets it.
#[test]
fn no_field_with_a_secret_s_name_is_a_plain_text() {
    // Public by design: it is in the page of every shop.
    const PUBLIC: [&str; 1] = ["website_token"];
    let mut plain = Vec::new();
    for shape in sources().iter().flat_map(|source| structs(source)) {
        for (field, kind) in &shape.fields {
            let named = ["token", "secret", "password", "api_key", "_hash", "hmac"];
            let named = named.iter().any(|word| field.contains(word));
            let text = ["String", "str", "Value", "Attributes", "Extra"];
            let text = text.iter().any(|word| words(kind).any(|found| found == *word));
            if named && text && !PUBLIC.contains(&field.as_str()) {
                plain.push(format!("{}.{field}: {kind}", shape.name));
            }
        }
    }
    // Private, in a type whose Debug leaves it out.
    plain.retain(|field| field != "Delivery.secret: String");
    assert!(plain.is_empty(), "make these a Secret: {plain:?}");
}

fn words(kind: &str) -> impl Iterator<Item = &str> {
    kind.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

fn holds_secret(kind: &str) -> bool {
    const HOLDERS: [&str; 5] =
        ["Secret", "UserToken", "PlatformToken", "AgentBotToken", "ProviderConfig"];
    words(kind).any(|word| HOLDERS.contains(&word))
}

struct Shape {
    name: String,
    fields: Vec<(String, String)>,
}

/// The public structs of a source file with their fields.
fn structs(source: &str) -> Vec<Shape> {
    let mut found = Vec::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.trim_start().strip_prefix("pub struct ") else { continue };
        let name = words(rest).next().unwrap().to_owned();
        if !line.ends_with('{') {
            continue;
        }
        let fields = lines.by_ref().take_while(|line| line.trim() != "}");
        let fields = fields.filter_map(|line| {
            let line = line.trim().trim_start_matches("pub ").trim_start_matches("pub(super) ");
            let (field, kind) = line.strip_suffix(',')?.split_once(": ")?;
            Some((field.to_owned(), kind.to_owned()))
        });
        found.push(Shape { name, fields: fields.collect() });
    }
    found
}

pub(crate) fn sources() -> Vec<String> {
    let mut files = Vec::new();
    below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

pub(crate) fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
}
