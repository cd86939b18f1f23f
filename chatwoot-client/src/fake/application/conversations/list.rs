//! Conversations: lists, their counts, search.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::fake::application::contacts::list::page;
use crate::fake::application::conversations::may_see;
use crate::fake::application::conversations::store::{Conversation, MessageType, Sender, Status};
use crate::fake::clock::epoch;
use crate::fake::http::input::{Ctx, id};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
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
            found.iter().filter(|conversation| keep(conversation, user)).count()
        };
        Self {
            mine: count(|conversation, user| conversation.assignee == Some(user)),
            unassigned: count(|conversation, _| conversation.assignee.is_none()),
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
fn selected<'a>(ctx: &'a Ctx<'_>) -> Result<Vec<&'a Conversation>, ErrorResponse> {
    let status = ctx.query("status").unwrap_or("open");
    let status = match (ctx.query("q").is_some(), status) {
        (true, _) | (_, "all") => None,
        (_, word) => Some(Status::read(word).ok_or_else(ErrorResponse::internal_server_error)?),
    };
    let inbox = ctx.query("inbox_id").map(id);
    let team = ctx.query("team_id").map(id);
    if team.is_some_and(|team| ctx.state.teams.get(ctx.account, team).is_none()) {
        return Err(ErrorResponse::not_found());
    }
    let labels = ctx.query_all("labels");
    let source = ctx.query("source_id");
    let words = ctx.query("q").map(str::to_lowercase);
    let unattended = ctx.query("conversation_type") == Some("unattended");
    let fits = |conversation: &Conversation| {
        status.is_none_or(|status| conversation.status == status)
            && inbox.is_none_or(|inbox| conversation.inbox == inbox)
            && team.is_none_or(|team| conversation.team == Some(team))
            && (labels.iter().all(|label| label.is_empty())
                || conversation.labels.iter().any(|label| labels.contains(&label.as_str())))
            && source.is_none_or(|source| {
                let link = ctx
                    .state
                    .contacts
                    .inboxes
                    .get(conversation.account, conversation.contact_inbox);
                link.is_some_and(|link| link.source_id == source)
            })
            && (!unattended
                || conversation.first_reply_created_at.is_none()
                || conversation.waiting_since.is_some())
            && words.as_ref().is_none_or(|words| has_text(ctx, conversation, words))
    };
    Ok(ctx
        .state
        .conversations
        .of(ctx.account)
        .filter(|conversation| may_see(ctx, conversation) && fits(conversation))
        .collect())
}

fn has_text(ctx: &Ctx<'_>, conversation: &Conversation, words: &str) -> bool {
    ctx.state.conversations.messages(conversation).any(|message| {
        matches!(message.kind, MessageType::Incoming | MessageType::Outgoing)
            && message.content.as_ref().is_some_and(|text| text.to_lowercase().contains(words))
    })
}

fn sort(found: &mut [&Conversation], by: &str) {
    let rank = |conversation: &Conversation| match conversation.priority.as_deref() {
        Some("low") => 1,
        Some("medium") => 2,
        Some("high") => 3,
        Some("urgent") => 4,
        _ => 0,
    };
    match by {
        "last_activity_at_asc" => found.sort_by_key(|it| it.last_activity_at),
        "created_at_asc" | "sort_on_created_at" => {
            found.sort_by_key(|it| it.created_at);
        }
        "created_at_desc" => found.sort_by_key(|it| Reverse(it.created_at)),
        "priority_asc" => {
            found.sort_by_key(|it| (rank(it) == 0, rank(it), Reverse(it.last_activity_at)));
        }
        "priority_desc" | "sort_on_priority" => {
            found.sort_by_key(|it| Reverse((rank(it), it.last_activity_at)));
        }
        "priority_desc_created_at_asc" => {
            found.sort_by_key(|it| (Reverse(rank(it)), it.created_at));
        }
        "waiting_since_asc" | "sort_on_waiting_since" => {
            found.sort_by_key(|it| (it.waiting_since.is_none(), it.waiting_since));
        }
        "waiting_since_desc" => {
            found.sort_by_key(|it| Reverse(it.waiting_since));
        }
        _ => found.sort_by_key(|it| Reverse((it.last_activity_at, it.id))),
    }
}

/// Returns the views of these conversations; an error if the contact of one was deleted, as on the
/// server.
pub(in crate::fake) fn shown<'a>(
    ctx: &Ctx<'_>,
    conversations: impl Iterator<Item = &'a Conversation>,
) -> Result<Vec<Value>, ErrorResponse> {
    conversations
        .map(|conversation| {
            if ctx.state.conversations.is_orphan(conversation.account, conversation.id) {
                return Err(ErrorResponse::internal_server_error());
            }
            Ok(shapes::conversation(ctx.state, conversation, ctx.user()))
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
    let mut found = selected(ctx)?;
    let user = ctx.user();
    let counts = Counts::of(&found, user);
    match ctx.query("assignee_type") {
        Some("me") => found.retain(|conversation| conversation.assignee == Some(user)),
        Some("unassigned") => found.retain(|conversation| conversation.assignee.is_none()),
        Some("assigned") => found.retain(|conversation| conversation.assignee.is_some()),
        _ => {}
    }
    sort(&mut found, ctx.query("sort_by").unwrap_or_default());
    let within = ctx.query("updated_within").filter(|text| !text.is_empty()).map(id);
    let payload = match within {
        // The complete list, without pages.
        Some(seconds) => {
            let now = ctx.state.now();
            let since = now.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(now);
            shown(ctx, found.into_iter().filter(|conversation| conversation.updated_at > since))?
        }
        None => shown(ctx, paged(ctx, found))?,
    };
    Ok(FakeResponse::json(&json!({ "data": { "meta": counts.whole(), "payload": payload } })))
}

pub(in crate::fake) fn meta(ctx: &mut Ctx<'_>) -> Outcome {
    let counts = Counts::of(&selected(ctx)?, ctx.user());
    Ok(FakeResponse::json(&json!({ "meta": counts.whole() })))
}

/// Returns the newest 20 conversations of a contact.
pub(in crate::fake) fn of_contact(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    ctx.state.contacts.find(ctx.account, contact)?;
    let conversations = ctx.state.conversations.of_contact(ctx.account, contact);
    let mut found: Vec<&Conversation> =
        conversations.filter(|conversation| may_see(ctx, conversation)).collect();
    sort(&mut found, "");
    let payload = shown(ctx, found.into_iter().take(OF_CONTACT))?;
    Ok(FakeResponse::json(&json!({ "payload": payload })))
}

/// Searches messages by their text; the response has another, smaller form of a conversation.
pub(in crate::fake) fn search(ctx: &mut Ctx<'_>) -> Outcome {
    let mut found = selected(ctx)?;
    let counts = Counts::of(&found, ctx.user());
    sort(&mut found, "");
    let words = ctx.query("q").unwrap_or_default().to_lowercase();
    let payload: Vec<Value> =
        paged(ctx, found).map(|conversation| search_result(ctx, conversation, &words)).collect();
    Ok(FakeResponse::json(&json!({ "meta": counts.short(), "payload": payload })))
}

fn search_result(ctx: &Ctx<'_>, conversation: &Conversation, words: &str) -> Value {
    let contact = ctx.state.contacts.get(conversation.account, conversation.contact);
    let inbox = ctx.state.inboxes.get(conversation.account, conversation.inbox);
    let name = |sender: Option<Sender>| match sender? {
        Sender::User(id) => ctx.state.users.get(&id).map(|user| user.name.clone()),
        Sender::Contact(id) => ctx.state.contacts.get(conversation.account, id)?.name.clone(),
    };
    let messages = ctx.state.conversations.messages(conversation).filter(|message| {
        message.content.as_ref().is_some_and(|text| text.to_lowercase().contains(words))
    });
    let messages: Vec<Value> = messages
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
        "id": conversation.id,
        "uuid": conversation.uuid,
        "created_at": epoch(conversation.created_at),
        "contact": contact.map(|contact| json!({ "id": contact.id, "name": contact.name })),
        "inbox": inbox.map(|inbox| json!({
            "id": inbox.id,
            "channel_type": shapes::channel_type(inbox),
            "name": inbox.name,
        })),
        "messages": messages,
        "account_id": conversation.account,
    })
}
