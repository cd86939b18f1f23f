//! Contact inboxes: the links between contacts and inboxes.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fake::application::contacts::store::ContactStore;
use crate::fake::http::input::{Ctx, id_of, text};
use crate::fake::http::response::{ErrorResponse, FakeResponse, Outcome};
use crate::fake::shapes;
use crate::fake::state::{State, secret, uuid};

#[derive(Clone, Debug)]
pub(in crate::fake) struct ContactInbox {
    pub(in crate::fake) id: i64,
    pub(in crate::fake) account: i64,
    pub(in crate::fake) contact: i64,
    pub(in crate::fake) inbox: i64,
    pub(in crate::fake) source_id: String,
    pub(in crate::fake) hmac_verified: bool,
    pub(in crate::fake) pubsub_token: String,
    pub(in crate::fake) created_at: Timestamp,
    pub(in crate::fake) updated_at: Timestamp,
}

/// The reason why there is no contact inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum LinkError {
    /// The source id belongs to another contact.
    Taken,
    /// An e-mail inbox, and a contact without an e-mail address.
    NoEmail,
    /// A channel without generated source ids.
    Unsupported,
}

impl ContactStore {
    /// Returns the contact inboxes of a contact, oldest first.
    pub(in crate::fake) fn links(
        &self,
        account: i64,
        contact: i64,
    ) -> impl Iterator<Item = &ContactInbox> {
        let ids = self.inboxes_of.get(&contact).into_iter().flatten();
        ids.filter_map(move |id| self.inboxes.get(account, *id))
    }

    pub(in crate::fake) fn link_by_source(
        &self,
        account: i64,
        inbox: i64,
        source: &str,
    ) -> Option<&ContactInbox> {
        let id = self.inbox_by_source.get(&(inbox, source.to_owned()))?;
        self.inboxes.get(account, *id)
    }

    /// Stores a contact inbox under an unused source id.
    pub(in crate::fake) fn link(&mut self, mut link: ContactInbox) -> i64 {
        link.id = self.inboxes.next_id();
        self.inbox_by_source.insert((link.inbox, link.source_id.clone()), link.id);
        self.inboxes_of.entry(link.contact).or_default().push(link.id);
        let (account, id) = (link.account, link.id);
        self.inboxes.put(account, id, link);
        id
    }

    /// Removes the contact inboxes of a contact.
    pub(in crate::fake) fn unlink(&mut self, account: i64, contact: i64) {
        for id in self.inboxes_of.remove(&contact).unwrap_or_default() {
            if let Some(link) = self.inboxes.remove(account, id) {
                self.inbox_by_source.remove(&(link.inbox, link.source_id));
            }
        }
    }

    /// Removes the contact inboxes of a deleted inbox.
    pub(in crate::fake) fn remove_inbox(&mut self, account: i64, inbox: i64) {
        let removed: Vec<(i64, i64)> = self
            .inboxes
            .of(account)
            .filter(|link| link.inbox == inbox)
            .map(|link| (link.id, link.contact))
            .collect();
        for (id, contact) in removed {
            if let Some(link) = self.inboxes.remove(account, id) {
                self.inbox_by_source.remove(&(link.inbox, link.source_id));
            }
            if let Some(ids) = self.inboxes_of.get_mut(&contact) {
                ids.retain(|other| *other != id);
            }
        }
    }

    /// Moves the contact inboxes of one contact to another.
    pub(in crate::fake) fn move_links(&mut self, account: i64, from: i64, to: i64, now: Timestamp) {
        let moved = self.inboxes_of.remove(&from).unwrap_or_default();
        for id in &moved {
            if let Some(link) = self.inboxes.get_mut(account, *id) {
                link.contact = to;
                link.updated_at = now;
            }
        }
        self.inboxes_of.entry(to).or_default().extend(moved);
    }
}

/// Returns the contact inbox of a contact in an inbox with a source id; without a source id,
/// creates one with a generated id.
///
/// A contact therefore has as many contact inboxes in an API inbox as conversations were created
/// for it there without a source id.
pub(in crate::fake) fn link(
    state: &mut State,
    account: i64,
    contact: i64,
    inbox: i64,
    source: Option<String>,
) -> Result<i64, LinkError> {
    let channel = state.inboxes.get(account, inbox).map(shapes::channel_type).unwrap_or_default();
    let source_id = match (source.filter(|text| !text.is_empty()), channel) {
        (Some(source), _) => source,
        (None, "Channel::Api" | "Channel::WebWidget") => uuid(),
        (None, "Channel::Email") => state
            .contacts
            .get(account, contact)
            .and_then(|contact| contact.email.clone())
            .ok_or(LinkError::NoEmail)?,
        (None, _) => return Err(LinkError::Unsupported),
    };
    if let Some(found) = state.contacts.link_by_source(account, inbox, &source_id) {
        return if found.contact == contact { Ok(found.id) } else { Err(LinkError::Taken) };
    }
    let now = state.now();
    Ok(state.contacts.link(ContactInbox {
        id: 0,
        account,
        contact,
        inbox,
        source_id,
        hmac_verified: false,
        pubsub_token: secret(),
        created_at: now,
        updated_at: now,
    }))
}

/// Returns the error response for a contact inbox that cannot be created.
pub(in crate::fake) fn link_error(why: LinkError) -> ErrorResponse {
    match why {
        LinkError::NoEmail => ErrorResponse::unprocessable(
            "param is missing or the value is empty or invalid: contact email",
        ),
        LinkError::Taken | LinkError::Unsupported => ErrorResponse::internal_server_error(),
    }
}

/// Creates a contact inbox: `POST contacts/{id}/contact_inboxes`.
pub(in crate::fake) fn create(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    let account = ctx.account;
    ctx.state.contacts.find(account, contact)?;
    let inbox = inbox_of(ctx)?;
    let source = text(ctx.body(), "source_id");
    let id = link(ctx.state, account, contact, inbox, source).map_err(link_error)?;
    let link = ctx.state.contacts.inboxes.get(account, id).ok_or_else(ErrorResponse::not_found)?;
    Ok(FakeResponse::json(&shapes::contact_inbox(ctx.state, link)))
}

/// Returns the inbox of the body's `inbox_id`.
pub(in crate::fake) fn inbox_of(ctx: &Ctx<'_>) -> Result<i64, ErrorResponse> {
    ctx.body()
        .get("inbox_id")
        .and_then(id_of)
        .filter(|id| ctx.state.inboxes.get(ctx.account, *id).is_some())
        .ok_or_else(ErrorResponse::not_found)
}

/// Returns the contact with a source id: `POST contact_inboxes/filter`.
pub(in crate::fake) fn filter(ctx: &mut Ctx<'_>) -> Outcome {
    let inbox = inbox_of(ctx)?;
    let source = text(ctx.body(), "source_id").unwrap_or_default();
    let contacts = &ctx.state.contacts;
    let link = contacts
        .link_by_source(ctx.account, inbox, &source)
        .ok_or_else(ErrorResponse::not_found)?;
    let contact = contacts.find(ctx.account, link.contact)?;
    Ok(FakeResponse::json(&shapes::contact(ctx.state, contact, true)))
}

/// Returns the inboxes through which a contact can be reached: `GET
/// contacts/{id}/contactable_inboxes`.
pub(in crate::fake) fn contactable(ctx: &mut Ctx<'_>, contact: i64) -> Outcome {
    let account = ctx.account;
    let contact = ctx.state.contacts.find(account, contact)?;
    let mut found = Vec::new();
    for inbox in ctx.state.inboxes.of(account) {
        let last = || {
            ctx.state
                .contacts
                .links(account, contact.id)
                .filter(|link| link.inbox == inbox.id)
                .last()
                .map(|link| link.source_id.clone())
        };
        let source = match shapes::channel_type(inbox) {
            "Channel::Api" => Some(last().unwrap_or_else(uuid)),
            "Channel::Email" => contact.email.clone(),
            "Channel::WebWidget" => last().filter(|source| {
                ctx.state.contacts.link_by_source(account, inbox.id, source).is_some_and(|link| {
                    ctx.state.conversations.of_link(account, link).next().is_none()
                })
            }),
            _ => None,
        };
        if let Some(source_id) = source {
            let inbox: Value = shapes::inbox_slim(inbox);
            found.push(json!({ "source_id": source_id, "inbox": inbox }));
        }
    }
    Ok(FakeResponse::json(&json!({ "payload": found })))
}
