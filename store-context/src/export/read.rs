//! Reads an export page by page.

use std::collections::VecDeque;

use chatwoot_client::application::contacts::ContactKey;
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::types::MessageId;
use chatwoot_client::{ContactId, ConversationId};
use serde::Serialize;
use serde_json::json;

use super::scrub::scrub;
use super::{Export, ExportError, ExportItem, ExportPart};
use crate::accounts::OpenAccount;
use crate::ports::{ActivityRecord, AuditRecord, AuditSubject, PortResult, Ports};

/// The number of entries that are read at once.
const PAGE: usize = 100;

/// The number of conversations of a contact that Chatwoot lists at most.
const LISTED: usize = 20;

/// What is read next.
pub(super) enum Stage {
    Shop,
    Activity {
        before: Option<ActivityRecord>,
    },
    Engine,
    Audit {
        before: Option<u64>,
        looked: usize,
    },
    Contact,
    Events {
        contact: ContactId,
        after: Option<u64>,
    },
    /// The messages of the first conversation, and then those of the others.
    Messages {
        conversations: VecDeque<ConversationId>,
        after: MessageId,
    },
    End,
}

/// A page, and what follows it.
type Page = (Vec<ExportItem>, Stage);

fn item(part: ExportPart, data: impl Serialize) -> Result<ExportItem, ExportError> {
    let mut data = serde_json::to_value(data)?;
    scrub(&mut data);
    Ok(ExportItem { part, data })
}

fn truncated(part: ExportPart, limit: usize) -> Result<ExportItem, ExportError> {
    item(ExportPart::Truncated, json!({ "part": part, "limit": limit }))
}

impl Export {
    pub(super) async fn read(&mut self) -> Result<Page, ExportError> {
        match &self.stage {
            Stage::Shop => self.shop().await,
            Stage::Activity { before } => self.activity(before.as_ref()).await,
            Stage::Engine => self.engine().await,
            Stage::Audit { before, looked } => self.audit(*before, *looked).await,
            Stage::Contact => self.contact().await,
            Stage::Events { contact, after } => self.events(*contact, *after).await,
            Stage::Messages { conversations, after } => {
                self.messages(conversations.clone(), *after).await
            }
            Stage::End => Ok((Vec::new(), Stage::End)),
        }
    }

    /// Reads the host's own data.
    async fn shop(&self) -> Result<Page, ExportError> {
        let Self { store, customer, .. } = self;
        let Ports { customers, orders, carts, .. } = &self.of.ports;
        let mut page = Vec::new();
        let named = |port| move |error: crate::ports::PortError| error.named(port);
        if let Some(found) =
            customers.customer(store, customer).await.map_err(named("customers"))?
        {
            page.push(item(ExportPart::Customer, found)?);
        }
        let totals = orders.order_totals(store, customer).await.map_err(named("orders"))?;
        page.push(item(ExportPart::OrderTotals, totals)?);
        let limit = self.of.config.orders;
        let recent = orders.recent_orders(store, customer, limit).await.map_err(named("orders"))?;
        let is_full = recent.len() >= limit;
        for order in recent {
            page.push(item(ExportPart::Order, order)?);
        }
        if is_full {
            page.push(truncated(ExportPart::Order, limit)?);
        }
        if let Some(carts) = carts
            && let Some(cart) = carts.cart(store, customer).await.map_err(named("carts"))?
        {
            page.push(item(ExportPart::Cart, cart)?);
        }
        Ok((page, Stage::Activity { before: None }))
    }

    /// Reads a page of what the customer did in the shop, if the host records it.
    async fn activity(&self, before: Option<&ActivityRecord>) -> Result<Page, ExportError> {
        let Some(log) = &self.of.ports.activity else { return Ok((Vec::new(), Stage::Engine)) };
        let mut records = log.activities(&self.store, &self.customer, before, PAGE).await?;
        let page = records.iter().map(|record| item(ExportPart::Activity, &record.activity));
        let page = page.collect::<Result<Vec<ExportItem>, ExportError>>()?;
        Ok((
            page,
            records.pop().map_or(Stage::Engine, |last| Stage::Activity { before: Some(last) }),
        ))
    }

    /// Reads what the engine keeps by the customer's id.
    async fn engine(&mut self) -> Result<Page, ExportError> {
        let Self { store, customer, .. } = &*self;
        let Ports { sync, erasures, .. } = &self.of.ports;
        let mut page = Vec::new();
        let link = sync.link(store, customer).await?;
        if let Some(link) = &link {
            page.push(item(ExportPart::Link, link)?);
        }
        if let Some(receipt) = erasures.receipt(store, customer).await? {
            page.push(item(ExportPart::Erasure, receipt)?);
        }
        self.open = Some(self.of.accounts.open(store).await?);
        self.link = link;
        Ok((page, Stage::Audit { before: None, looked: 0 }))
    }

    /// Reads a page of the store's audit trail, and keeps the entries of the customer.
    async fn audit(&self, before: Option<u64>, looked: usize) -> Result<Page, ExportError> {
        let limit = self.of.config.audit_entries;
        let most = (PAGE * 10).min(limit.saturating_sub(looked));
        let Some(OpenAccount { identity, .. }) = &self.open else {
            return Ok((Vec::new(), Stage::Contact));
        };
        let records = self.read_audit(before, most).await?;
        let subject = identity.audit_subject(&self.customer);
        let plain = AuditSubject::Customer(self.customer.to_string());
        let mut page = Vec::new();
        for AuditRecord { at, entry, .. } in &records {
            // An entry of the host's own may name the customer by the id.
            if entry.subject == subject || entry.subject == plain {
                let data = json!({
                    "at": at,
                    "actor": entry.actor,
                    "action": entry.action.as_str(),
                });
                page.push(item(ExportPart::AuditEntry, data)?);
            }
        }
        let looked = looked + records.len();
        let next = match records.last() {
            Some(last) if looked < limit => Stage::Audit { before: Some(last.id), looked },
            Some(_) => {
                page.push(truncated(ExportPart::AuditEntry, limit)?);
                Stage::Contact
            }
            None => Stage::Contact,
        };
        Ok((page, next))
    }

    async fn read_audit(&self, before: Option<u64>, most: usize) -> PortResult<Vec<AuditRecord>> {
        if most == 0 {
            return Ok(Vec::new());
        }
        self.of.ports.audit.entries(&self.store, before, most).await
    }

    /// Reads the contact, its notes and conversations.
    async fn contact(&self) -> Result<Page, ExportError> {
        let Some(OpenAccount { account, identity, key, .. }) = &self.open else {
            return Ok((Vec::new(), Stage::End));
        };
        let contacts = account.contacts();
        let linked = self.link.as_ref().filter(|link| link.account == *key);
        let mut found = None;
        if let Some(link) = linked {
            found = match contacts.get(link.contact).await {
                Ok(contact) => Some(contact),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error.into()),
            };
        }
        if found.is_none() {
            let own = ContactKey::Identifier(identity.identifier(&self.customer));
            found = contacts.find_exact(own).await?;
        }
        let Some(contact) = found else { return Ok((Vec::new(), Stage::End)) };
        let id = contact.id;
        let mut page = vec![item(ExportPart::Contact, contact)?];
        for note in account.contact(id).notes().list().await? {
            page.push(item(ExportPart::Note, note)?);
        }
        Ok((page, Stage::Events { contact: id, after: None }))
    }

    /// Reads a page of the contact's events, and after the last one the conversations.
    async fn events(&self, contact: ContactId, after: Option<u64>) -> Result<Page, ExportError> {
        let Some(OpenAccount { account, key, .. }) = &self.open else {
            return Ok((Vec::new(), Stage::End));
        };
        let ledger = &self.of.ports.webhooks;
        let entries = ledger.entries_of(&self.store, key, contact, after, PAGE).await?;
        let mut page = Vec::new();
        for entry in &entries {
            page.push(item(ExportPart::Event, entry)?);
        }
        if let Some(last) = entries.last() {
            return Ok((page, Stage::Events { contact, after: Some(last.id) }));
        }
        let listed = account.contact(contact).conversations().await?;
        let ids: Vec<ConversationId> = listed.iter().map(|it| it.id).collect();
        for known in ledger.states(&self.store, key, &ids).await? {
            page.push(item(ExportPart::ConversationState, known)?);
        }
        if ids.len() >= LISTED {
            page.push(truncated(ExportPart::Conversation, LISTED)?);
        }
        Ok((page, Stage::Messages { conversations: ids.into(), after: MessageId(0) }))
    }

    /// Reads a page of messages of the first conversation; before them, the conversation.
    async fn messages(
        &self,
        mut conversations: VecDeque<ConversationId>,
        after: MessageId,
    ) -> Result<Page, ExportError> {
        let (Some(OpenAccount { account, .. }), Some(&id)) = (&self.open, conversations.front())
        else {
            return Ok((Vec::new(), Stage::End));
        };
        let mut page = Vec::new();
        if after == MessageId(0) {
            page.push(item(ExportPart::Conversation, account.conversations().get(id).await?)?);
        }
        let query = MessagesQuery { after: Some(after), ..MessagesQuery::default() };
        let messages = account.conversation(id).messages().list(&query).await?.payload;
        let last = messages.iter().map(|message| message.id).max();
        for message in messages {
            page.push(item(ExportPart::Message, message)?);
        }
        let after = match last {
            Some(last) if last > after => last,
            _ => {
                conversations.pop_front();
                MessageId(0)
            }
        };
        Ok((page, Stage::Messages { conversations, after }))
    }
}
