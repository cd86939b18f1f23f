//! Bulk actions: one change to many conversations or contacts, made in the background.

use jiff::Timestamp;
use serde::Serialize;

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::ConversationStatus;
use crate::types::Patch;
use crate::types::{ContactId, ConversationId, TeamId, UserId};

// Idempotent: the server sets the given values and adds labels.
const CREATE: Op =
    Op::post("bulk_actions.create", "/api/v1/accounts/{account_id}/bulk_actions").idempotent();

pub(crate) const OPERATIONS: &[Op] = &[CREATE];

account_handle! {
    /// Changes to many conversations or contacts at once; from [`Account::bulk_actions`]. Not in
    /// Chatwoot's published API.
    ///
    /// The server responds at once and makes the changes in the background. It does not report ids that
    /// do not exist or that the user may not see.
    BulkActions
}

impl<'a> BulkActions<'a> {
    /// Updates many conversations.
    ///
    /// `POST /api/v1/accounts/{account_id}/bulk_actions`. Administrators, and agents for the
    /// conversations they may see.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::bulk_actions::BulkConversationPatch;
    /// use chatwoot_client::types::ConversationStatus;
    ///
    /// let change = BulkConversationPatch {
    ///     status: Some(ConversationStatus::Resolved),
    ///     add_labels: vec!["shipped".into()],
    ///     ..Default::default()
    /// };
    /// account.bulk_actions().conversations(&[12.into(), 13.into()], &change).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn conversations(
        self,
        ids: &[ConversationId],
        change: &BulkConversationPatch,
    ) -> Call<'a, ()> {
        let fields = Fields {
            status: change.status.as_ref(),
            assignee_id: change.assignee_id,
            team_id: change.team_id,
        };
        self.account.done(CREATE).json(&Body {
            kind: "Conversation",
            ids,
            fields: (!fields.is_empty()).then_some(fields),
            labels: Labels::of(&change.add_labels, &change.remove_labels),
            snoozed_until: change.snoozed_until.map(Timestamp::as_second),
            action_name: None,
        })
    }

    /// Adds labels to many contacts; the labels they have stay.
    ///
    /// `POST /api/v1/accounts/{account_id}/bulk_actions`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.bulk_actions().add_contact_labels(&[7.into(), 8.into()], &["vip".into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn add_contact_labels(self, ids: &[ContactId], labels: &[String]) -> Call<'a, ()> {
        self.contacts(ids, Labels::of(labels, &[]), None)
    }

    /// Removes labels from many contacts.
    ///
    /// `POST /api/v1/accounts/{account_id}/bulk_actions`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.bulk_actions().remove_contact_labels(&[7.into(), 8.into()], &["new".into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn remove_contact_labels(self, ids: &[ContactId], labels: &[String]) -> Call<'a, ()> {
        self.contacts(ids, Labels::of(&[], labels), None)
    }

    /// Deletes many contacts with their conversations.
    ///
    /// `POST /api/v1/accounts/{account_id}/bulk_actions`. Administrators only.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.bulk_actions().delete_contacts(&[7.into(), 8.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete_contacts(self, ids: &[ContactId]) -> Call<'a, ()> {
        self.contacts(ids, None, Some("delete"))
    }

    fn contacts(
        self,
        ids: &[ContactId],
        labels: Option<Labels<'_>>,
        action_name: Option<&'static str>,
    ) -> Call<'a, ()> {
        let (fields, snoozed_until) = (None, None);
        let body = Body { kind: "Contact", ids, fields, labels, snoozed_until, action_name };
        self.account.done(CREATE).json(&body)
    }
}

#[derive(Serialize)]
struct Body<'a, I> {
    #[serde(rename = "type")]
    kind: &'static str,
    ids: &'a [I],
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Fields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Labels<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snoozed_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_name: Option<&'static str>,
}

#[derive(Serialize)]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a ConversationStatus>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    assignee_id: Patch<UserId>,
    #[serde(skip_serializing_if = "Patch::is_keep")]
    team_id: Patch<TeamId>,
}

impl Fields<'_> {
    fn is_empty(&self) -> bool {
        self.status.is_none() && self.assignee_id.is_keep() && self.team_id.is_keep()
    }
}

#[derive(Serialize)]
struct Labels<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    add: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    remove: &'a [String],
}

impl<'a> Labels<'a> {
    fn of(add: &'a [String], remove: &'a [String]) -> Option<Self> {
        (!add.is_empty() || !remove.is_empty()).then_some(Self { add, remove })
    }
}

/// The changes to make to many conversations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkConversationPatch {
    /// Their status.
    pub status: Option<ConversationStatus>,
    /// The id of the agent they are assigned to.
    pub assignee_id: Patch<UserId>,
    /// The id of the team they are assigned to.
    pub team_id: Patch<TeamId>,
    /// Labels to add; the labels they have stay.
    pub add_labels: Vec<String>,
    /// Labels to remove.
    pub remove_labels: Vec<String>,
    /// The time until which they are snoozed; with [`ConversationStatus::Snoozed`].
    pub snoozed_until: Option<Timestamp>,
}
