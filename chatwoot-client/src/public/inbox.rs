//! Inbox details: the public information about an API inbox.

use serde::{Deserialize, Serialize};

use crate::http::Call;
use crate::http::Op;
use crate::public::PublicInbox;
use crate::types::{Extra, NullAsEmpty};

const DETAILS: Op = Op::get("public_inbox.details", "/public/api/v1/inboxes/{inbox_identifier}");

pub(super) const OPERATIONS: &[Op] = &[DETAILS];

impl PublicInbox {
    /// Returns the inbox's name and opening hours.
    ///
    /// `GET /public/api/v1/inboxes/{inbox_identifier}`. Anyone may call it, without a token.
    ///
    /// # Errors
    /// `NotFound` if there is no API inbox with this identifier.
    ///
    /// ```
    /// # async fn example(inbox: chatwoot_client::PublicInbox) -> Result<(), chatwoot_client::Error> {
    /// let details = inbox.details().await?;
    /// println!("{:?}, proof wanted: {:?}", details.name, details.identity_validation_enabled);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn details(&self) -> Call<'_, PublicInboxDetails> {
        self.call(DETAILS)
    }
}

/// The public information about an API inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicInboxDetails {
    /// Its identifier, as in the path.
    pub identifier: String,
    /// Its name.
    pub name: Option<String>,
    /// The name of its time zone.
    pub timezone: Option<String>,
    /// Whether contacts must prove their identity.
    pub identity_validation_enabled: Option<bool>,
    /// Whether a satisfaction survey is sent after a conversation.
    pub csat_survey_enabled: Option<bool>,
    /// Whether a greeting is sent.
    pub greeting_enabled: Option<bool>,
    /// Whether its opening hours are enabled.
    pub working_hours_enabled: Option<bool>,
    /// Its opening hours, one entry per day.
    #[serde(default)]
    pub working_hours: NullAsEmpty<Vec<OpeningHours>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The opening hours of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpeningHours {
    /// The day of the week, 0 for Sunday.
    pub day_of_week: u8,
    /// Whether it is closed all day.
    pub closed_all_day: Option<bool>,
    /// Whether it is open all day.
    pub open_all_day: Option<bool>,
    /// The hour it opens; `None` on a closed day.
    pub open_hour: Option<u8>,
    /// The minute it opens.
    pub open_minutes: Option<u8>,
    /// The hour it closes.
    pub close_hour: Option<u8>,
    /// The minute it closes.
    pub close_minutes: Option<u8>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}
