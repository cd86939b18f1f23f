//! Notification settings: the events that one user is notified of, by e-mail and by push message.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::{AccountId, UserId};
use crate::types::{Extra, NullAsEmpty};

const GET: Op =
    Op::get("notification_settings.get", "/api/v1/accounts/{account_id}/notification_settings");
const REPLACE: Op = Op::patch(
    "notification_settings.replace",
    "/api/v1/accounts/{account_id}/notification_settings",
);

pub(crate) const OPERATIONS: &[Op] = &[GET, REPLACE];

account_handle! {
    /// The notification settings of the token's user; from [`Account::notification_settings`]. Agents
    /// and administrators. Not in Chatwoot's published API.
    NotificationSettings
}

impl<'a> NotificationSettings<'a> {
    /// Returns the user's flags and all available flags.
    ///
    /// `GET /api/v1/accounts/{account_id}/notification_settings`.
    ///
    /// # Errors
    /// None beyond those of every [`Call`](crate::http::Call).
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

    /// *Replaces* both lists of flags: flags that are not named are turned off.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/notification_settings`.
    ///
    /// # Errors
    /// `Server` (500) for a flag that [`NotificationSettings::get`] does not list.
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

/// The notification settings of a user, as flags such as `email_conversation_mention`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotificationFlags {
    /// The id of the settings.
    pub id: u64,
    /// The id of the user.
    pub user_id: Option<UserId>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// All available flags for e-mail.
    pub all_email_flags: Option<Vec<String>>,
    /// The flags that are on.
    #[serde(default)]
    pub selected_email_flags: NullAsEmpty<Vec<String>>,
    /// All available flags for push messages.
    pub all_push_flags: Option<Vec<String>>,
    /// The flags that are on.
    #[serde(default)]
    pub selected_push_flags: NullAsEmpty<Vec<String>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
