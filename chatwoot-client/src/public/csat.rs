//! CSAT survey: what a customer is asked after a conversation, and answers.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::call::Call;
use crate::client::Client;
use crate::ids::MessageId;
use crate::model::Extra;
use crate::op::Op;
use crate::time::Time;

const GET: Op = Op::get("csat_survey.get", "/public/api/v1/csat_survey/{conversation_uuid}");
const ANSWER: Op = Op::put("csat_survey.answer", "/public/api/v1/csat_survey/{conversation_uuid}");
const PAGE: Op = Op::get("csat_survey.page", "/survey/responses/{conversation_uuid}");

pub(super) const OPERATIONS: &[Op] = &[GET, ANSWER, PAGE];

/// The satisfaction survey of a conversation; from [`Client::csat_survey`].
///
/// Whoever knows the conversation's uuid may. A conversation without a survey is
/// [not found](crate::Error::is_not_found).
#[derive(Clone, Copy, Debug)]
pub struct CsatSurvey<'a> {
    client: &'a Client,
}

impl<'a> CsatSurvey<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// `GET /public/api/v1/csat_survey/{conversation_uuid}`: what is asked, and what was answered.
    /// Undocumented.
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
        self.client.call(GET).path("conversation_uuid", conversation_uuid)
    }

    /// `PUT /public/api/v1/csat_survey/{conversation_uuid}`: answers the survey; a second answer
    /// takes the place of the first. Undocumented.
    ///
    /// # Errors
    /// `NotFound` without such a conversation, or when it has no survey. `Invalid` more than 14
    /// days after it was asked.
    ///
    /// ```
    /// # async fn example(client: chatwoot_client::Client) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::CsatAnswer;
    ///
    /// let answer = CsatAnswer { rating: 5, feedback_message: Some("quick".into()) };
    /// client.csat_survey().answer("cd7da430-0507-48be-8e08-72c346129922", &answer).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn answer(self, conversation_uuid: &str, answer: &CsatAnswer) -> Call<'a, PublicCsat> {
        let values = json!({"csat_survey_response": answer});
        self.client
            .call(ANSWER)
            .path("conversation_uuid", conversation_uuid)
            .json(&json!({"message": {"submitted_values": values}}))
    }

    /// `GET /survey/responses/{conversation_uuid}`: the survey as a web page: HTML, whatever the
    /// published document says. It is the same page for each uuid, and looks for the survey by
    /// itself.
    ///
    /// # Errors
    /// None of its own, and none for an unknown uuid; see [`Call`](crate::Call).
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
        self.client.page(PAGE).path("conversation_uuid", conversation_uuid)
    }
}

/// A survey as its customer sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PublicCsat {
    /// The message that asks.
    pub id: MessageId,
    /// What was answered; `None` while nothing was.
    #[serde(default)]
    pub csat_survey_response: Option<CsatSurveyResult>,
    /// How it asks: `emoji` or `star`; 4.9.1 does not say.
    #[serde(default)]
    pub display_type: Option<String>,
    /// What it asks.
    #[serde(default)]
    pub content: Option<String>,
    /// Where the inbox's picture is; empty for none.
    #[serde(default)]
    pub inbox_avatar_url: Option<String>,
    /// The inbox's name.
    #[serde(default)]
    pub inbox_name: Option<String>,
    /// The account's language.
    #[serde(default)]
    pub locale: Option<String>,
    /// The server's own key of the conversation: *not* the number that the Application API names
    /// it by.
    #[serde(default)]
    pub conversation_id: Option<u64>,
    /// When it was asked.
    #[serde(default)]
    pub created_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What was answered to a survey, as the server stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CsatSurveyResult {
    /// The rating, 1 to 5.
    #[serde(default)]
    pub rating: Option<u8>,
    /// What the customer wrote.
    #[serde(default)]
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
