//! Notifications: messages of the dashboard to one user.

pub(super) mod settings;

pub use self::settings::*;

use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::http::page::Rows;
use crate::http::{Page, page};
use crate::types::NotificationId;
use crate::types::Time;
use crate::types::{Attributes, Extra, open_enum};
use crate::webhook::{Conversation, Party};

const LIST: Op =
    Op::get("notifications.list", "/api/v1/accounts/{account_id}/notifications").inside(&["data"]);
const UNREAD_COUNT: Op = Op::get(
    "notifications.unread_count",
    "/api/v1/accounts/{account_id}/notifications/unread_count",
);
// Idempotent: read notifications stay read.
const READ_ALL: Op =
    Op::post("notifications.read_all", "/api/v1/accounts/{account_id}/notifications/read_all")
        .idempotent();

pub(crate) const OPERATIONS: &[Op] = &[LIST, UNREAD_COUNT, READ_ALL];

account_handle! {
    /// The notifications of the token's user; from [`Account::notifications`]. Agents and
    /// administrators. Not in Chatwoot's published API.
    Notifications
}

impl<'a> Notifications<'a> {
    /// Returns one page of 15 notifications; a page past the end is empty.
    ///
    /// `GET /api/v1/accounts/{account_id}/notifications`. `meta.extra` has `unread_count`.
    ///
    /// # Errors
    /// `Server` (500) for an order that the server does not know.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::notifications::NotificationsQuery;
    ///
    /// let page = account.notifications().list(&NotificationsQuery::default()).await?;
    /// for notification in page.payload {
    ///     println!("{:?}", notification.push_message_title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &NotificationsQuery) -> Call<'a, Page<Notification>> {
        self.account.call(LIST).query(query)
    }

    /// Streams every notification that matches the query.
    ///
    /// `GET /api/v1/accounts/{account_id}/notifications`, page by page. The query's page is
    /// ignored.
    ///
    /// Notifications that are marked as read while the stream runs leave the list, and others move
    /// up: include read ones in the query, or mark them afterwards.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of
    /// [`Notifications::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let mut unread = account.notifications().all(Default::default());
    /// while let Some(notification) = unread.try_next().await? {
    ///     println!("{:?}", notification.push_message_title);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self, query: NotificationsQuery) -> BoxStream<'a, Result<Notification, Error>> {
        let rows = Rows {
            key: |row: &Notification| row.id,
            total: |page: &Page<Notification>| page.meta.count,
            touched: None,
        };
        page::stream(
            move |number| self.list(&NotificationsQuery { page: Some(number), ..query.clone() }),
            rows,
        )
    }

    /// Returns the number of unread notifications, without the snoozed ones.
    ///
    /// `GET /api/v1/accounts/{account_id}/notifications/unread_count`.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let unread = account.notifications().unread_count().await?;
    /// println!("{unread} unread");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn unread_count(self) -> Call<'a, u64> {
        self.account.call(UNREAD_COUNT)
    }

    /// Marks all notifications as read.
    ///
    /// `POST /api/v1/accounts/{account_id}/notifications/read_all`.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.notifications().read_all().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn read_all(self) -> Call<'a, ()> {
        self.account.done(READ_ALL)
    }
}

/// Which notifications to list, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NotificationsQuery {
    /// What to list besides the unread notifications that are not snoozed.
    #[serde(rename = "includes[]", skip_serializing_if = "Vec::is_empty")]
    pub includes: Vec<NotificationsInclude>,
    /// The sort order; most recently active first if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_order: Option<NotificationsOrder>,
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

open_enum! {
    /// Notifications to list besides the unread ones.
    pub enum NotificationsInclude {
        /// Read notifications.
        Read = "read",
        /// Snoozed notifications.
        Snoozed = "snoozed",
    }

    /// The direction of sorting.
    pub enum NotificationsOrder {
        /// Ascending: oldest first.
        Ascending = "asc",
        /// Descending: newest first.
        Descending = "desc",
    }

    /// The event that a notification is about.
    pub enum NotificationType {
        /// A conversation was created.
        ConversationCreation = "conversation_creation",
        /// A conversation was assigned to them.
        ConversationAssignment = "conversation_assignment",
        /// A message was created in a conversation assigned to them.
        AssignedConversationNewMessage = "assigned_conversation_new_message",
        /// Another user mentioned them.
        ConversationMention = "conversation_mention",
        /// A message was created in a conversation they participate in.
        ParticipatingConversationNewMessage = "participating_conversation_new_message",
        /// The first response was not in time.
        SlaMissedFirstResponse = "sla_missed_first_response",
        /// A later response was not in time.
        SlaMissedNextResponse = "sla_missed_next_response",
        /// The conversation was not resolved in time.
        SlaMissedResolution = "sla_missed_resolution",
    }
}

/// A notification as the server returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// The event it is about.
    pub notification_type: NotificationType,
    /// Its title, in the account's language.
    pub push_message_title: Option<String>,
    /// Its text.
    pub push_message_body: Option<String>,
    /// The type of its primary record: `Conversation` is the only one.
    pub primary_actor_type: Option<String>,
    /// The database id of the conversation, which is not its number; the number is in
    /// `primary_actor`.
    pub primary_actor_id: Option<u64>,
    /// The conversation, in the form that webhooks use.
    pub primary_actor: Option<Box<Conversation>>,
    /// The message, if it is about one.
    pub secondary_actor: Option<Extra>,
    /// The user it is for.
    pub user: Option<Party>,
    /// When it was read.
    pub read_at: Option<Time>,
    /// The time until which it is snoozed.
    pub snoozed_until: Option<Time>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When its conversation was last active.
    pub last_activity_at: Option<Time>,
    /// Other data that the server stores with it.
    pub meta: Option<Attributes>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
