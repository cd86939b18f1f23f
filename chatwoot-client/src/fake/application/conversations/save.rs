//! Saving a conversation, with the events and activity messages of every change.

use serde_json::{Value, json};

use crate::fake::application::conversations::store::{Conversation, Status};
use crate::fake::application::messages::save::write_activities;
use crate::fake::clock::iso;
use crate::fake::event::{self, Change, Changes, EventName};
use crate::fake::state::State;

/// The author of a change, who is named in the activity message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Actor {
    User(i64),
    /// The contact, through the public API.
    Contact,
    /// A new message of the contact.
    Message,
    /// The server itself, without an activity message.
    Server,
}

/// The columns whose change emits `conversation_updated`, which then contains all changed columns.
const EVENT_COLUMNS: [&str; 9] = [
    "status",
    "assignee_id",
    "team_id",
    "snoozed_until",
    "custom_attributes",
    "first_reply_created_at",
    "priority",
    "waiting_since",
    "label_list",
];

/// Stores a changed conversation; does nothing without a change.
pub(in crate::fake) fn save(state: &mut State, mut draft: Conversation, by: Actor) {
    let Some(old) = state.conversations.get(draft.account, draft.id).cloned() else { return };
    if draft.status != Status::Snoozed {
        draft.snoozed_until = None;
    }
    if draft.team != old.team {
        let members = draft.team.and_then(|team| state.teams.get(draft.account, team));
        if members.is_some_and(|team| draft.assignee.is_some_and(|id| !team.members.contains(&id)))
        {
            draft.assignee = None;
        }
    }
    if changes(&old, &draft).is_empty() {
        return;
    }
    draft.updated_at = state.now();
    let changed = changes(&old, &draft);
    let status_changed = draft.status != old.status;
    if status_changed && draft.status == Status::Resolved {
        draft.waiting_since = None;
    }
    let (account, id) = (draft.account, draft.id);
    let new = draft.clone();
    if let Some(row) = state.conversations.get_mut(account, id) {
        *row = draft;
    }
    if status_changed {
        // Agent bots would receive `conversation_opened` and `conversation_resolved`; there are
        // none.
        let name = EventName::ConversationStatusChanged;
        event::conversation(state, account, id, name, Changes::Null);
    }
    let seen = new.contact_last_seen_at != old.contact_last_seen_at;
    if seen {
        event::conversation(state, account, id, EventName::ConversationRead, Changes::Untold);
    }
    for text in activities(state, &old, &new, by) {
        state.conversations.activities.push((account, id, text));
    }
    write_activities(state);
    if changed.iter().any(|(column, ..)| EVENT_COLUMNS.contains(column)) {
        let columns = Changes::Columns(changed);
        event::conversation(state, account, id, EventName::ConversationUpdated, columns);
    }
    if new.assignee != old.assignee {
        event::conversation(state, account, id, EventName::AssigneeChanged, Changes::Untold);
    }
    if new.team != old.team {
        event::conversation(state, account, id, EventName::TeamChanged, Changes::Untold);
    }
}

fn changes(old: &Conversation, new: &Conversation) -> Vec<Change> {
    let time = |at: Option<jiff::Timestamp>| at.map_or(Value::Null, iso);
    let columns = [
        ("status", json!(old.status.as_str()), json!(new.status.as_str())),
        ("assignee_id", json!(old.assignee), json!(new.assignee)),
        ("updated_at", iso(old.updated_at), iso(new.updated_at)),
        ("contact_last_seen_at", time(old.contact_last_seen_at), time(new.contact_last_seen_at)),
        ("additional_attributes", json!(old.additional), json!(new.additional)),
        ("team_id", json!(old.team), json!(new.team)),
        ("snoozed_until", time(old.snoozed_until), time(new.snoozed_until)),
        ("custom_attributes", json!(old.custom), json!(new.custom)),
        (
            "first_reply_created_at",
            time(old.first_reply_created_at),
            time(new.first_reply_created_at),
        ),
        ("priority", json!(old.priority), json!(new.priority)),
        ("waiting_since", time(old.waiting_since), time(new.waiting_since)),
        ("cached_label_list", json!(old.labels.join(", ")), json!(new.labels.join(", "))),
        ("label_list", json!(old.labels), json!(new.labels)),
    ];
    columns.into_iter().filter(|(_, before, after)| before != after).collect()
}

/// Returns the activity messages of a change.
fn activities(state: &State, old: &Conversation, new: &Conversation, by: Actor) -> Vec<String> {
    let user = match by {
        Actor::User(id) => Some(id),
        Actor::Contact | Actor::Message | Actor::Server => None,
    };
    let named = |id: Option<i64>| {
        id.and_then(|id| state.users.get(&id)).map_or_else(String::new, |user| user.name.clone())
    };
    let mut lines = Vec::new();
    if old.status != new.status {
        lines.extend(status_line(state, new, by));
    }
    let Some(user) = user else { return lines };
    let me = named(Some(user));
    match (&old.priority, &new.priority) {
        (Some(from), Some(to)) if from != to => {
            lines.push(format!("{me} changed the priority from {from} to {to}"));
        }
        (None, Some(to)) => lines.push(format!("{me} set the priority to {to}")),
        (Some(_), None) => lines.push(format!("{me} removed the priority")),
        _ => {}
    }
    let only_in = |these: &[String], those: &[String]| {
        let only: Vec<&str> =
            these.iter().filter(|label| !those.contains(label)).map(String::as_str).collect();
        only.join(", ")
    };
    for (labels, word) in [
        (only_in(&new.labels, &old.labels), "added"),
        (only_in(&old.labels, &new.labels), "removed"),
    ] {
        if !labels.is_empty() {
            lines.push(format!("{me} {word} {labels}"));
        }
    }
    let assigned = (old.assignee != new.assignee).then_some(new.assignee);
    if old.team != new.team {
        lines.push(team_line(state, old, new, &me));
    } else if let Some(assignee) = assigned {
        lines.push(match assignee {
            None => format!("Conversation unassigned by {me}"),
            Some(id) if id == user => format!("{me} self-assigned this conversation"),
            Some(_) => format!("Assigned to {} by {me}", named(assignee)),
        });
    }
    lines
}

fn status_line(state: &State, new: &Conversation, by: Actor) -> Option<String> {
    let what = match (by, new.status) {
        (Actor::User(_), Status::Resolved) => "Conversation was marked resolved by",
        (Actor::User(_), Status::Open) => "Conversation was reopened by",
        (Actor::User(_), Status::Pending) => "Conversation was marked as pending by",
        (Actor::User(_), Status::Snoozed) => "Conversation was snoozed by",
        (Actor::Contact, Status::Resolved) => "Conversation was resolved by",
        (Actor::Message, _) => {
            let line = "System reopened the conversation due to a new incoming message.";
            return Some(line.to_owned());
        }
        _ => return None,
    };
    let who = match by {
        Actor::User(id) => state.users.get(&id).map(|user| user.name.clone()),
        _ => state.contacts.get(new.account, new.contact).and_then(|contact| {
            let name = contact.name.clone()?.to_lowercase();
            let mut letters = name.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect())
        }),
    };
    Some(format!("{what} {}", who.unwrap_or_default()))
}

/// Returns the activity message of a team's change; it includes a new assignee.
pub(in crate::fake) fn team_line(
    state: &State,
    old: &Conversation,
    new: &Conversation,
    me: &str,
) -> String {
    let name = |team: Option<i64>| {
        let team = team.and_then(|team| state.teams.get(new.account, team));
        team.map_or_else(String::new, |team| team.name.clone())
    };
    let assignee = new.assignee.filter(|_| old.assignee != new.assignee);
    let assignee = assignee.and_then(|id| state.users.get(&id));
    match (new.team, assignee) {
        (None, _) => format!("Unassigned from {} by {me}", name(old.team)),
        (team, Some(user)) => format!("Assigned to {} via {} by {me}", user.name, name(team)),
        (team, None) => format!("Assigned to {} by {me}", name(team)),
    }
}

/// Returns the activity messages of a conversation that is created with an assignee or a team.
pub(in crate::fake) fn first_line(state: &State, new: &Conversation, user: i64) -> Option<String> {
    let nobody = Conversation { assignee: None, team: None, ..new.clone() };
    activities(state, &nobody, new, Actor::User(user)).into_iter().next_back()
}
