//! The commands of a line, and the one channel that it can subscribe to.

use serde_json::{Map, Value, json};

use crate::fake::http::input::id_of;
use crate::fake::live::controls::LiveSubscription;
use crate::fake::live::feed::{Channel, Frame};
use crate::fake::live::frames;
use crate::fake::state::State;

/// The one who has subscribed.
#[derive(Clone, Copy)]
enum Subscriber {
    User { account: i64, user: i64 },
    Contact { account: i64, contact: i64 },
}

/// Handles a command of a line; what the server does not understand it ignores.
pub(super) fn command(state: &mut State, line: u64, text: &str) {
    let Ok(Value::Object(sent)) = serde_json::from_str::<Value>(text) else { return };
    let word = |name: &str| sent.get(name).and_then(Value::as_str);
    let Some(identifier) = word("identifier") else { return };
    match word("command") {
        Some("subscribe") => subscribe(state, line, identifier),
        Some("unsubscribe") => state.feed.leave(line, identifier),
        Some("message") => {
            let data: Value =
                serde_json::from_str(word("data").unwrap_or_default()).unwrap_or_default();
            let renews = data.get("action").and_then(Value::as_str) == Some("update_presence");
            if renews && !state.feed.channels(line, identifier).is_empty() {
                let params = serde_json::from_str(identifier).unwrap_or_default();
                if let Some(subscriber) = subscriber(state, &params) {
                    be_present(state, line, identifier, subscriber);
                }
            }
        }
        _ => {}
    }
}

/// Confirms a subscription with a right token, once; a wrong one gets no response.
fn subscribe(state: &mut State, line: u64, identifier: &str) {
    let Ok(params) = serde_json::from_str::<Value>(identifier) else { return };
    let is_room = params.get("channel").and_then(Value::as_str) == Some("RoomChannel");
    if !is_room || state.feed.is_used(line, identifier) || !state.feed.is_open(line) {
        return;
    }
    let found = subscriber(state, &params);
    let confirmed = found.is_some() && !state.feed.faults.withhold_confirmation;
    let id = |name: &str| params.get(name).and_then(id_of).map(i64::unsigned_abs);
    let mut entry = LiveSubscription {
        line,
        account: id("account_id"),
        user: id("user_id"),
        contact: None,
        confirmed,
        at: state.now(),
    };
    let mut channels = Vec::new();
    if let Some(subscriber) = found {
        if let Some(token) = params.get("pubsub_token").and_then(Value::as_str) {
            channels.push(Channel::Token(token.to_owned()));
        }
        match subscriber {
            Subscriber::User { account, .. } => channels.push(Channel::Account(account)),
            Subscriber::Contact { account, contact } => {
                entry.account = Some(account.unsigned_abs());
                entry.contact = Some(contact.unsigned_abs());
            }
        }
    }
    let (account, user, contact) = (entry.account, entry.user, entry.contact);
    state.feed.record(entry);
    if !confirmed {
        state.feed.listen(line, identifier, Vec::new());
        return;
    }
    state.feed.belongs(line, |line| {
        (line.account, line.user, line.contact) = (account, user, contact);
    });
    state.feed.listen(line, identifier, channels);
    let confirmation = json!({ "identifier": identifier, "type": "confirm_subscription" });
    state.feed.send(line, Frame::Whole(confirmation.to_string()));
    if let Some(subscriber) = found {
        be_present(state, line, identifier, subscriber);
    }
}

/// Returns whom the token of a subscription belongs to: a user of the account, or with a token
/// alone, a contact.
fn subscriber(state: &State, params: &Value) -> Option<Subscriber> {
    let token = params.get("pubsub_token").and_then(Value::as_str)?;
    let given = |name: &str| params.get(name).filter(|value| !value.is_null() && *value != "");
    let Some(user) = given("user_id") else {
        let link = state.contacts.inboxes.all().find(|link| link.pubsub_token == token)?;
        let contact = state.contacts.get(link.account, link.contact)?;
        return Some(Subscriber::Contact { account: contact.account, contact: contact.id });
    };
    let user = state.users.get(&id_of(user)?).filter(|user| user.pubsub_token == token)?;
    let account = given("account_id").and_then(id_of)?;
    state.role(account, user.id)?;
    Some(Subscriber::User { account, user: user.id })
}

/// Counts the subscriber as present, and tells whoever has the same token who is.
fn be_present(state: &mut State, line: u64, identifier: &str, subscriber: Subscriber) {
    let now = state.now();
    let account = match subscriber {
        Subscriber::User { account, user } => {
            state.feed.presence.renew_user(account, user, now);
            account
        }
        Subscriber::Contact { account, contact } => {
            state.feed.presence.renew_contact(account, contact, now);
            account
        }
    };
    let users: Map<String, Value> = state
        .memberships
        .range((account, i64::MIN)..=(account, i64::MAX))
        .filter(|((_, user), member)| !member.auto_offline || state.is_present(account, *user))
        .map(|((_, user), member)| (user.to_string(), json!(member.availability)))
        .collect();
    let mut data = json!({ "account_id": account, "users": users });
    if let (Subscriber::User { .. }, Value::Object(map)) = (subscriber, &mut data) {
        let mut online = state.feed.presence.contacts(account, now);
        let made = state.contacts.online.range((account, i64::MIN)..=(account, i64::MAX));
        online.extend(made.map(|(_, contact)| contact));
        let contacts: Map<String, Value> =
            online.iter().map(|contact| (contact.to_string(), json!("online"))).collect();
        map.insert("contacts".to_owned(), Value::Object(contacts));
    }
    let own = state.feed.channels(line, identifier).iter();
    let own: Vec<Channel> =
        own.filter(|channel| matches!(channel, Channel::Token(_))).cloned().collect();
    let message = frames::message("presence.update", &data);
    state.feed.broadcast(&own, &message);
}
