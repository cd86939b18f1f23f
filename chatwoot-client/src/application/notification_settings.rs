//! Notification settings: what one user wants to be told of, and how.

use serde::{Deserialize, Serialize};

use super::Account;
use crate::call::Call;
use crate::ids::{AccountId, UserId};
use crate::model::{Extra, OrEmpty};
use crate::op::Op;

const GET: Op =
    Op::get("notification_settings.get", "/api/v1/accounts/{account_id}/notification_settings");
const REPLACE: Op = Op::patch(
    "notification_settings.replace",
    "/api/v1/accounts/{account_id}/notification_settings",
);

pub(super) const OPERATIONS: &[Op] = &[GET, REPLACE];

/// What the token's user wants to be told of; from [`Account::notification_settings`]. Agents and
/// administrators may call everything here. Undocumented in Chatwoot.
#[derive(Clone, Copy, Debug)]
pub struct NotificationSettings<'a> {
    account: &'a Account,
}

impl<'a> NotificationSettings<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/notification_settings`: the user's flags, and all there
    /// are.
    ///
    /// # Errors
    /// None of its own; see [`Call`](crate::Call).
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let now = account.notification_settings().get().await?;
    /// println!("e-mail for {:?}", now.selected_email_flags);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self) -> Call<'a, NotificationFlags> {
        self.account.call(GET)
    }

    /// `PATCH /api/v1/accounts/{account_id}/notification_settings`: sets both lists of flags whole:
    /// what is not named is off.
    ///
    /// # Errors
    /// `Server` (500) for a flag that is none of those that [`NotificationSettings::get`] names.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let push = ["push_conversation_assignment", "push_conversation_mention"];
    /// account.notification_settings().replace(&[], &push).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn replace(self, email: &[&str], push: &[&str]) -> Call<'a, NotificationFlags> {
        let selected = Selected { selected_email_flags: email, selected_push_flags: push };
        self.account.call(REPLACE).json(&Body { notification_settings: selected })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    notification_settings: Selected<'a>,
}

#[derive(Serialize)]
struct Selected<'a> {
    selected_email_flags: &'a [&'a str],
    selected_push_flags: &'a [&'a str],
}

/// What a user wants to be told of: flags such as `email_conversation_mention`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotificationFlags {
    /// The record's id.
    pub id: u64,
    /// The user.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// The account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Every flag there is for e-mail.
    #[serde(default)]
    pub all_email_flags: Option<Vec<String>>,
    /// Those that are on.
    #[serde(default)]
    pub selected_email_flags: OrEmpty<Vec<String>>,
    /// Every flag there is for push messages.
    #[serde(default)]
    pub all_push_flags: Option<Vec<String>>,
    /// Those that are on.
    #[serde(default)]
    pub selected_push_flags: OrEmpty<Vec<String>>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}
