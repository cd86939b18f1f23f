//! Satisfaction (CSAT) survey: the questions to a customer after a conversation, and the response.

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

/// A handle for the satisfaction survey of a conversation; from
/// [`Client::csat_survey`](crate::Client::csat_survey).
///
/// Anyone who knows the conversation's UUID may call it. A conversation without a survey is [not
/// found](crate::error::Error::is_not_found).
#[derive(Clone, Copy, Debug)]
pub struct CsatSurvey<'a> {
    http: &'a Http,
}

impl<'a> CsatSurvey<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Self { http }
    }

    /// Returns the survey with the customer's response.
    ///
    /// `GET /public/api/v1/csat_survey/{conversation_uuid}`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the conversation does not exist or has no survey.
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

    /// Submits a response and returns the survey; a second response replaces the first.
    ///
    /// `PUT /public/api/v1/csat_survey/{conversation_uuid}`. Not in Chatwoot's published API.
    ///
    /// # Errors
    /// `NotFound` if the conversation does not exist or has no survey. `Invalid` more than 14 days
    /// after the survey was sent.
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

    /// Returns the survey as a web page.
    ///
    /// `GET /survey/responses/{conversation_uuid}`. It is HTML, in contrast to the published
    /// document. The page is the same for each UUID, and loads the survey itself.
    ///
    /// # Errors
    /// No specific ones, not even for an unknown UUID; see [`Call`](crate::http::Call).
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
    /// The id of the message with the survey.
    pub id: MessageId,
    /// The customer's response; `None` until there is one.
    pub csat_survey_response: Option<CsatSurveyResult>,
    /// The display type: `emoji` or `star`; 4.9.1 does not send it.
    pub display_type: Option<String>,
    /// The text of the question.
    pub content: Option<String>,
    /// The URL of the inbox's picture; empty if there is none.
    pub inbox_avatar_url: Option<String>,
    /// The inbox's name.
    pub inbox_name: Option<String>,
    /// The account's language.
    pub locale: Option<String>,
    /// The server's internal id of the conversation: *not* the number that the Application API
    /// uses.
    pub conversation_id: Option<u64>,
    /// When the survey was sent.
    pub created_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The response to a survey, as the server stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CsatSurveyResult {
    /// The rating, 1 to 5.
    pub rating: Option<u8>,
    /// The customer's comment.
    pub feedback_message: Option<String>,
    /// The other columns of the record: its ids, which are internal to the server, and times.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A response to submit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CsatAnswer {
    /// The rating, 1 to 5.
    pub rating: u8,
    /// The customer's comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback_message: Option<String>,
}
