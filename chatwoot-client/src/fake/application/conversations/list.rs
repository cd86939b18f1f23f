//! Conversations: lists, their counts, search.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::fake::application::contacts::list::page;
use crate::fake::application::conversations::may_see;
use crate::fake::application::conversations::store::{Conversation, MessageType, Sender, Status};
use crate::fake::clock::epoch;
use crate::fake::http::input::{Ctx, id};
use crate::fake::http::response::{Answer, Outcome, Refusal};
use crate::fake::shapes;

const PAGE: usize = 25;
const OF_CONTACT: usize = 20;

/// The counts of conversations by assignment.
#[derive(Clone, Copy, Debug)]
pub(in crate::fake) struct Counts {
    mine: usize,
    unassigned: usize,
    all: usize,
}

impl Counts {
    pub(in crate::fake) fn of(found: &[&Conversation], user: i64) -> Self {
        let count = |keep: fn(&Conversation, i64) -> bool| {
            found.iter().filter(|talk| keep(talk, user)).count()
        };
        Self {
            mine: count(|talk, user| talk.assignee == Some(user)),
            unassigned: count(|talk, _| talk.assignee.is_none()),
            all: found.len(),
        }
    }

    /// Returns the counts as the list has them.
    fn whole(self) -> Value {
        json!({
            "mine_count": self.mine,
            "assigned_count": self.all - self.unassigned,
            "unassigned_count": self.unassigned,
            "all_count": self.all,
        })
    }

    /// Returns the counts as filter and search have them.
    pub(in crate::fake) fn short(self) -> Value {
        json!({
            "mine_count": self.mine,
            "unassigned_count": self.unassigned,
            "all_count": self.all,
        })
    }
}

/// Returns the conversations that match the query, except for the assignee; without a status, the
/// open ones.
fn asked<'a>(ctx: &'a Ctx<'_>) -> Result<Vec<&'a Conversation>, Refusal> {
    let status = ctx.query("status").unwrap_or("open");
    let status = match (ctx.query("q").is_some(), status) {
        (true, _) | (_, "all") => None,
        (_, word) => Some(Status::read(word).ok_or_else(Refusal::crash)?),
    };
    let inbox = ctx.query("inbox_id").map(id);
    let team = ctx.query("team_id").map(id);
    if team.is_some_and(|team| ctx.state.teams.get(ctx.account, team).is_none()) {
        return Err(Refusal::not_found());
    }
    let labels = ctx.query_all("labels");
    let source = ctx.query("source_id");
    let words = ctx.query("q").map(str::to_lowercase);
    let unattended = ctx.query("conversation_type") == Some("unattended");
    let fits = |talk: &Conversation| {
        status.is_none_or(|status| talk.status == status)
            && inbox.is_none_or(|inbox| talk.inbox == inbox)
            && team.is_none_or(|team| talk.team == Some(team))
            && (labels.iter().all(|label| label.is_empty())
                || talk.labels.iter().any(|label| labels.contains(&label.as_str())))
            && source.is_none_or(|source| {
                let link = ctx.state.contacts.inboxes.get(talk.account, talk.contact_inbox);
                link.is_some_and(|link| link.source_id == source)
            })
            && (!unattended
                || talk.first_reply_created_at.is_none()
                || talk.waiting_since.is_some())
            && words.as_ref().is_none_or(|words| says(ctx, talk, words))
    };
    Ok(ctx.state.talk.of(ctx.account).filter(|talk| may_see(ctx, talk) && fits(talk)).collect())
}

fn says(ctx: &Ctx<'_>, talk: &Conversation, words: &str) -> bool {
    ctx.state.talk.messages(talk).any(|message| {
        matches!(message.kind, MessageType::Incoming | MessageType::Outgoing)
            && message.content.as_ref().is_some_and(|text| text.to_lowercase().contains(words))
    })
}

fn sort(found: &mut [&Conversation], by: &str) {
    let rank = |talk: &Conversation| match talk.priority.as_deref() {
        Some("low") => 1,
        Some("medium") => 2,
        Some("high") => 3,
        Some("urgent") => 4,
        _ => 0,
    };
    match by {
        "last_activity_at_asc" => found.sort_by_key(|talk| talk.last_activity_at),
        "created_at_asc" | "sort_on_created_at" => found.sort_by_key(|talk| talk.created_at),
        "created_at_desc" => found.sort_by_key(|talk| Reverse(talk.created_at)),
        "priority_asc" => {
            found.sort_by_key(|talk| (rank(talk) == 0, rank(talk), Reverse(talk.last_activity_at)));
        }
        "priority_desc" | "sort_on_priority" => {
            found.sort_by_key(|talk| Reverse((rank(talk), talk.last_activity_at)));
        }
        "priority_desc_created_at_asc" => {
            found.sort_by_key(|talk| (Reverse(rank(talk)), talk.created_at));
        }
        "waiting_since_asc" | "sort_on_waiting_since" => {
            found.sort_by_key(|talk| (talk.waiting_since.is_none(), talk.waiting_since));
        }
        "waiting_since_desc" => found.sort_by_key(|talk| Reverse(talk.waiting_since)),
        _ => found.sort_by_key(|talk| Reverse((talk.last_activity_at, talk.id))),
    }
}

/// Returns the views of these conversations; an error if the contact of one was deleted, as on the
/// server.
pub(in crate::fake) fn shown<'a>(
    ctx: &Ctx<'_>,
    talks: impl Iterator<Item = &'a Conversation>,
) -> Result<Vec<Value>, Refusal> {
    talks
        .map(|talk| {
            if ctx.state.talk.is_orphan(talk.account, talk.id) {
                return Err(Refusal::crash());
            }
            Ok(shapes::conversation(ctx.state, talk, ctx.user()))
        })
        .collect()
}

/// Returns the requested page of a list.
pub(in crate::fake) fn paged<'a>(
    ctx: &Ctx<'_>,
    found: Vec<&'a Conversation>,
) -> impl Iterator<Item = &'a Conversation> {
    let (page, _) = page(ctx);
    found.into_iter().skip((page - 1) * PAGE).take(PAGE)
}

pub(in crate::fake) fn list(ctx: &mut Ctx<'_>) -> Outcome {
    let mut found = asked(ctx)?;
    let user = ctx.user();
    let counts = Counts::of(&found, user);
    match ctx.query("assignee_type") {
        Some("me") => found.retain(|talk| talk.assignee == Some(user)),
        Some("unassigned") => found.retain(|talk| talk.assignee.is_none()),
        Some("assigned") => found.retain(|talk| talk.assignee.is_some()),
        _ => {}
    }
    sort(&mut found, ctx.query("sort_by").unwrap_or_default());
    let within = ctx.query("updated_within").filter(|text| !text.is_empty()).map(id);
    let payload = match within {
        // The complete list, without pages.
        Some(seconds) => {
            let now = ctx.state.now();
            let since = now.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
            shown(ctx, found.into_iter().filter(|talk| talk.updated_at > since))?
        }
        None => shown(ctx, paged(ctx, found))?,
    };
    Ok(Answer::json(&json!({ "data": { "meta": counts.whole(), "payload": payload } })))
}

pub(in crate::fake) fn meta(ctx: &mut Ctx<'_>) -> Outcome {
    let counts = Counts::of(&asked(ctx)?, ctx.user());
    Ok(Answer::json(&json!({ "meta": counts.whole() })))
}

/// Returns the newest 20 conversations of a contact.
pub(in crate::fake) fn of_contact(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    ctx.state.contacts.find(ctx.account, contact)?;
    let talks = ctx.state.talk.of_contact(ctx.account, contact);
    let mut found: Vec<&Conversation> = talks.filter(|talk| may_see(ctx, talk)).collect();
    sort(&mut found, "");
    let payload = shown(ctx, found.into_iter().take(OF_CONTACT))?;
    Ok(Answer::json(&json!({ "payload": payload })))
}

/// Searches messages by their text; the response has another, smaller form of a conversation.
pub(in crate::fake) fn search(ctx: &mut Ctx<'_>) -> Outcome {
    let mut found = asked(ctx)?;
    let counts = Counts::of(&found, ctx.user());
    sort(&mut found, "");
    let words = ctx.query("q").unwrap_or_default().to_lowercase();
    let payload: Vec<Value> = paged(ctx, found).map(|talk| hit(ctx, talk, &words)).collect();
    Ok(Answer::json(&json!({ "meta": counts.short(), "payload": payload })))
}

fn hit(ctx: &Ctx<'_>, talk: &Conversation, words: &str) -> Value {
    let person = ctx.state.contacts.get(talk.account, talk.contact);
    let inbox = ctx.state.inboxes.get(talk.account, talk.inbox);
    let name = |sender: Option<Sender>| match sender? {
        Sender::User(id) => ctx.state.users.get(&id).map(|user| user.name.clone()),
        Sender::Contact(id) => ctx.state.contacts.get(talk.account, id)?.name.clone(),
    };
    let said = ctx.state.talk.messages(talk).filter(|message| {
        message.content.as_ref().is_some_and(|text| text.to_lowercase().contains(words))
    });
    let said: Vec<Value> = said
        .map(|message| {
            json!({
                "content": message.content,
                "id": message.id,
                "sender_name": name(message.sender),
                "message_type": message.kind.number(),
                "created_at": epoch(message.created_at),
            })
        })
        .collect();
    json!({
        "id": talk.id,
        "uuid": talk.uuid,
        "created_at": epoch(talk.created_at),
        "contact": person.map(|person| json!({ "id": person.id, "name": person.name })),
        "inbox": inbox.map(|inbox| json!({
            "id": inbox.id,
            "channel_type": shapes::channel_type(inbox),
            "name": inbox.name,
        })),
        "messages": said,
        "account_id": talk.account,
    })
}
