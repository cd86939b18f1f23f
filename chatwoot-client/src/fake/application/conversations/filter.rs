//! The route `POST conversations/filter`.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::fake::application::conversations::list::{Counts, paged, shown};
use crate::fake::application::conversations::may_see;
use crate::fake::application::conversations::store::Conversation;
use crate::fake::application::filter::{
    Condition, DATE, EQUAL, Field, Kind, PRESENCE, TEXT, passes, read,
};
use crate::fake::http::input::Ctx;
use crate::fake::http::response::{FakeResponse, Outcome};

const FIELDS: &[Field] = &[
    Field { key: "status", kind: Kind::Exact, operators: EQUAL },
    Field { key: "assignee_id", kind: Kind::Exact, operators: PRESENCE },
    Field { key: "inbox_id", kind: Kind::Exact, operators: PRESENCE },
    Field { key: "team_id", kind: Kind::Exact, operators: PRESENCE },
    Field { key: "contact_id", kind: Kind::Exact, operators: EQUAL },
    Field { key: "priority", kind: Kind::Exact, operators: EQUAL },
    Field { key: "display_id", kind: Kind::Exact, operators: TEXT },
    Field { key: "campaign_id", kind: Kind::Exact, operators: PRESENCE },
    Field { key: "labels", kind: Kind::Labels, operators: PRESENCE },
    Field { key: "browser_language", kind: Kind::Exact, operators: EQUAL },
    Field { key: "conversation_language", kind: Kind::Exact, operators: EQUAL },
    Field { key: "referer", kind: Kind::Exact, operators: TEXT },
    Field { key: "created_at", kind: Kind::Date, operators: DATE },
    Field { key: "last_activity_at", kind: Kind::Date, operators: DATE },
    Field { key: "mail_subject", kind: Kind::Exact, operators: TEXT },
];

pub(in crate::fake) fn filter(ctx: &mut Ctx<'_>) -> Outcome {
    let account = ctx.account;
    let conditions = read(ctx.body(), FIELDS, |key| {
        let mut defined = ctx.state.definitions.of(account);
        let is_this = |model: &str| model == "conversation_attribute";
        defined
            .find(|definition| is_this(definition.model) && definition.key == key)
            .map(|definition| definition.kind)
    })?;
    let now = ctx.state.now();
    let mut found: Vec<&Conversation> = ctx
        .state
        .conversations
        .of(account)
        .filter(|conversation| may_see(ctx, conversation))
        .filter(|conversation| passes(&conditions, now, |condition| value(conversation, condition)))
        .collect();
    found.sort_by_key(|conversation| Reverse((conversation.last_activity_at, conversation.id)));
    let counts = Counts::of(&found, ctx.user());
    let payload = shown(ctx, paged(ctx, found))?;
    Ok(FakeResponse::json(&json!({ "meta": counts.short(), "payload": payload })))
}

fn value(conversation: &Conversation, condition: &Condition) -> Value {
    let key = condition.key.as_str();
    if condition.custom {
        return conversation.custom.get(key).cloned().unwrap_or_default();
    }
    match key {
        // "all" matches every status.
        "status" if condition.values.iter().any(|word| word == "all") => Value::from("all"),
        "status" => Value::from(conversation.status.as_str()),
        "assignee_id" => json!(conversation.assignee),
        "inbox_id" => Value::from(conversation.inbox),
        "team_id" => json!(conversation.team),
        "contact_id" => Value::from(conversation.contact),
        "priority" => json!(conversation.priority),
        "display_id" => Value::from(conversation.id),
        "campaign_id" => Value::Null,
        "labels" => json!(conversation.labels),
        "created_at" => Value::from(conversation.created_at.as_second()),
        "last_activity_at" => Value::from(conversation.last_activity_at.as_second()),
        other => conversation.additional.get(other).cloned().unwrap_or_default(),
    }
}
