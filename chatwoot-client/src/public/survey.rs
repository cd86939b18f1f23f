//! CSAT survey: what a customer is asked after a conversation, and answers.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::http::Call;
use crate::http::Http;
use crate::http::Op;
use crate::types::Extra;
use crate::types::MessageId;
use crate::types::Time;

const GET: Op = Op::get("csat_survey.get", "/public/api/v1/csat_survey/{conversation_uuid}");
const ANSWER: Op = Op::put("csat_survey.answer", "/public/api/v1/csat_survey/{conversation_uuid}");
const PAGE: Op = Op::get("csat_survey.page", "/survey/responses/{conversation_uuid}");

pub(super) const OPERATIONS: &[Op] = &[GET, ANSWER, PAGE];

/// The satisfaction survey of a conversation; from [`Client::csat_survey`](crate::Client::csat_survey).
///
/// Whoever knows the conversation's uuid may. A conversation without a survey is
/// [not found](crate::error::Error::is_not_found).
#[derive(Clone, Copy, Debug)]
pub struct CsatSurvey<'a> {
    http: &'a Http,
}

impl<'a> CsatSurvey<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http }
    }

    /// Returns what is asked, and what was answered.
    ///
    /// `GET /public/api/v1/csat_survey/{conversation_uuid}`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` without such a conversation, or when it has no survey.
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// let survey = client.csat_survey().get("cd7da430-0507-48be-8e08-72c346129922").await?;
    /// println!("{:?}", survey.content);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, conversation_uuid: &str) -> Call<'a, PublicCsat> {
        self.http.call(GET).path("conversation_uuid", conversation_uuid)
    }

    /// Returns the survey; a second answer takes the place of the first.
    ///
    /// `PUT /public/api/v1/csat_survey/{conversation_uuid}`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` without such a conversation, or when it has no survey. `Invalid` more than 14
    /// days after it was asked.
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::public::CsatAnswer;
    ///
    /// let answer = CsatAnswer { rating: 5, feedback_message: Some("quick".into()) };
    /// client.csat_survey().answer("cd7da430-0507-48be-8e08-72c346129922", &answer).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn answer(self, conversation_uuid: &str, answer: &CsatAnswer) -> Call<'a, PublicCsat> {
        let values = json!({"csat_survey_response": answer});
        self.http
            .call(ANSWER)
            .path("conversation_uuid", conversation_uuid)
            .json(&json!({"message": {"submitted_values": values}}))
    }

    /// Returns the survey as a web page:
    ///
    /// `GET /survey/responses/{conversation_uuid}`. HTML, whatever the published document says. It
    /// is the same page for each uuid, and looks for the survey by itself.
    ///
    /// # Errors
    /// None of its own, and none for an unknown uuid; see [`Call`](crate::http::Call).
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// let html = client.csat_survey().page("cd7da430-0507-48be-8e08-72c346129922").await?;
    /// assert!(html.contains("<html"));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn page(self, conversation_uuid: &str) -> Call<'a, String> {
        self.http.page(PAGE).path("conversation_uuid", conversation_uuid)
    }
}

/// A survey as its customer sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicCsat {
    /// The message that asks.
    pub id: MessageId,
    /// What was answered; `None` while nothing was.
    pub csat_survey_response: Option<CsatSurveyResult>,
    /// How it asks: `emoji` or `star`; 4.9.1 does not say.
    pub display_type: Option<String>,
    /// What it asks.
    pub content: Option<String>,
    /// Where the inbox's picture is; empty for none.
    pub inbox_avatar_url: Option<String>,
    /// The inbox's name.
    pub inbox_name: Option<String>,
    /// The account's language.
    pub locale: Option<String>,
    /// The server's own key of the conversation: *not* the number that the Application API names
    /// it by.
    pub conversation_id: Option<u64>,
    /// When it was asked.
    pub created_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What was answered to a survey, as the server stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CsatSurveyResult {
    /// The rating, 1 to 5.
    pub rating: Option<u8>,
    /// What the customer wrote.
    pub feedback_message: Option<String>,
    /// The rest of the row: its ids, here the server's own keys, and times.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An answer to give.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CsatAnswer {
    /// The rating, 1 to 5.
    pub rating: u8,
    /// What the customer writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback_message: Option<String>,
}
