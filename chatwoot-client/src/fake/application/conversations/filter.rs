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
use crate::fake::http::response::{Answer, Outcome};

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
        .talk
        .of(account)
        .filter(|talk| may_see(ctx, talk))
        .filter(|talk| passes(&conditions, now, |condition| value(talk, condition)))
        .collect();
    found.sort_by_key(|talk| Reverse((talk.last_activity_at, talk.id)));
    let counts = Counts::of(&found, ctx.user());
    let payload = shown(ctx, paged(ctx, found))?;
    Ok(Answer::json(&json!({ "meta": counts.short(), "payload": payload })))
}

fn value(talk: &Conversation, condition: &Condition) -> Value {
    let key = condition.key.as_str();
    if condition.custom {
        return talk.custom.get(key).cloned().unwrap_or_default();
    }
    match key {
        // "all" matches every status.
        "status" if condition.values.iter().any(|word| word == "all") => Value::from("all"),
        "status" => Value::from(talk.status.as_str()),
        "assignee_id" => json!(talk.assignee),
        "inbox_id" => Value::from(talk.inbox),
        "team_id" => json!(talk.team),
        "contact_id" => Value::from(talk.contact),
        "priority" => json!(talk.priority),
        "display_id" => Value::from(talk.id),
        "campaign_id" => Value::Null,
        "labels" => json!(talk.labels),
        "created_at" => Value::from(talk.created_at.as_second()),
        "last_activity_at" => Value::from(talk.last_activity_at.as_second()),
        other => talk.additional.get(other).cloned().unwrap_or_default(),
    }
}
