//! CSAT: customers' responses to satisfaction surveys.

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::application::agents::Agent;
use crate::application::contacts::Contact;
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::http::page;
use crate::http::page::Rows;
use crate::types::Time;
use crate::types::{AccountId, ConversationId, CsatResponseId, InboxId, MessageId, TeamId, UserId};
use crate::types::{Extra, NullAsEmpty, OpenMap, open_enum};

const LIST: Op = Op::get("csat.list", "/api/v1/accounts/{account_id}/csat_survey_responses");
const METRICS: Op =
    Op::get("csat.metrics", "/api/v1/accounts/{account_id}/csat_survey_responses/metrics");

pub(crate) const OPERATIONS: &[Op] = &[LIST, METRICS];

account_handle! {
    /// The responses to satisfaction surveys; from [`Account::csat`]. Administrators only.
    Csat
}

impl<'a> Csat<'a> {
    /// Returns one page of 25 responses; a page past the end is empty.
    ///
    /// `GET /api/v1/accounts/{account_id}/csat_survey_responses`. Not in Chatwoot's published API.
    /// Without a sort order the order is undefined.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::csat::{CsatQuery, CsatSort};
    ///
    /// let newest = CsatQuery { sort: Some(CsatSort::CreatedAtDescending), ..Default::default() };
    /// for answer in account.csat().list(&newest).await? {
    ///     println!("{} stars: {:?}", answer.rating, answer.feedback_message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &CsatQuery) -> Call<'a, Vec<CsatResponse>> {
        self.account.call(LIST).query(query)
    }

    /// Returns the number of surveys sent, and of responses by rating.
    ///
    /// `GET /api/v1/accounts/{account_id}/csat_survey_responses/metrics`. Not in Chatwoot's
    /// published API.
    ///
    /// # Errors
    /// `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::csat::CsatQuery;
    ///
    /// let metrics = account.csat().metrics(&CsatQuery::default()).await?;
    /// println!("{:?} of {:?} answered", metrics.total_count, metrics.total_sent_messages_count);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn metrics(self, query: &CsatQuery) -> Call<'a, CsatMetrics> {
        self.account.call(METRICS).query(query)
    }
}

/// Which responses to list or count.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CsatQuery {
    /// Given from this time on; ignored unless `until` is set too.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub since: Option<Timestamp>,
    /// Given before this time.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub until: Option<Timestamp>,
    /// About the agents with these ids.
    #[serde(rename = "user_ids[]", skip_serializing_if = "Vec::is_empty")]
    pub user_ids: Vec<UserId>,
    /// In the inbox with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// Of the team with this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<TeamId>,
    /// With this rating, 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// The sort order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<CsatSort>,
    /// The page number, from 1; a page has 25 responses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

#[expect(clippy::ref_option, reason = "serde asks so")]
fn seconds<S: serde::Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    at.map(Timestamp::as_second).serialize(to)
}

open_enum! {
    /// The order of survey responses.
    pub enum CsatSort {
        /// Oldest first.
        CreatedAt = "created_at",
        /// Newest first.
        CreatedAtDescending = "-created_at",
    }
}

/// A response to a survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CsatResponse {
    /// Its id.
    pub id: CsatResponseId,
    /// The rating, 1 to 5.
    pub rating: u8,
    /// The customer's comment.
    pub feedback_message: Option<String>,
    /// The review notes on it.
    pub csat_review_notes: Option<String>,
    /// When the review notes were last updated.
    pub review_notes_updated_at: Option<Time>,
    /// The user who updated the review notes; absent if there are none.
    pub review_notes_updated_by: Option<Extra>,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// The id of the survey's message.
    pub message_id: Option<MessageId>,
    /// The customer.
    pub contact: Option<Contact>,
    /// The number of the conversation it is about.
    pub conversation_id: ConversationId,
    /// The agent it is about; absent if the conversation had none.
    pub assigned_agent: Option<Agent>,
    /// When the response was given.
    pub created_at: Time,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Numbers of surveys and of responses by rating.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CsatMetrics {
    /// The number of responses.
    pub total_count: Option<u64>,
    /// The number of responses by rating; ratings without responses are absent.
    #[serde(default)]
    pub ratings_count: NullAsEmpty<OpenMap<u8, u64>>,
    /// The number of surveys sent.
    pub total_sent_messages_count: Option<u64>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<'a> Csat<'a> {
    /// Streams every survey response, each once; newest first, unless the query sets an order.
    ///
    /// `GET /api/v1/accounts/{account_id}/csat_survey_responses`, page by page. The query's page is
    /// ignored.
    ///
    /// # Errors
    /// The stream ends with the first error of a page; its errors are those of [`Csat::list`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::csat::CsatQuery;
    /// use futures_util::TryStreamExt;
    ///
    /// let mut answers = account.csat().all(CsatQuery::default());
    /// while let Some(answer) = answers.try_next().await? {
    ///     println!("{:?} stars", answer.rating);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self, query: CsatQuery) -> BoxStream<'a, Result<CsatResponse, Error>> {
        let sort = query.sort.clone().or(Some(CsatSort::CreatedAtDescending));
        let query = CsatQuery { sort, ..query };
        let rows = Rows {
            key: |answer: &CsatResponse| answer.id,
            total: |_: &Vec<CsatResponse>| None,
            touched: None,
        };
        let fetch = move |page| self.list(&CsatQuery { page: Some(page), ..query.clone() });
        page::stream(fetch, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_and_the_counts_keep_all_they_came_with() {
        // In the form that the server's views write; the recorded account has no responses.
        let answer = serde_json::json!({
            "id": 3, "rating": 4, "feedback_message": "quick", "csat_review_notes": null,
            "review_notes_updated_at": null, "account_id": 2, "message_id": 9,
            "conversation_id": 12, "created_at": 1_795_221_283, "later_key": [1],
            "assigned_agent": {"id": 2, "name": "Ada", "role": "agent"},
        });
        let read: CsatResponse = serde_json::from_value(answer.clone()).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        for (key, value) in answer.as_object().unwrap() {
            if key != "assigned_agent" {
                assert_eq!(&written[key], value, "{key}");
            }
        }
        assert_eq!(read.assigned_agent.unwrap().id, UserId(2));
        let counts =
            r#"{"total_count":3,"ratings_count":{"1":1,"5":2},"total_sent_messages_count":7}"#;
        let read: CsatMetrics = serde_json::from_str(counts).unwrap();
        assert_eq!(read.ratings_count.get(&5), Some(&2));
        assert_eq!(serde_json::to_string(&read).unwrap(), counts);
        let odd = r#"{"total_count":3,"ratings_count":{"5":2,"none":1}}"#;
        let read: CsatMetrics = serde_json::from_str(odd).unwrap();
        assert_eq!(read.ratings_count.get(&5), Some(&2));
        assert_eq!(read.ratings_count.other()["none"], 1);
    }

    #[test]
    fn a_query_writes_epoch_seconds() {
        let since = Timestamp::from_second(1_795_221_283).ok();
        let query = CsatQuery { since, user_ids: vec![UserId(2), UserId(3)], ..Default::default() };
        let written = serde_html_form::to_string(&query).unwrap();
        assert_eq!(written, "since=1795221283&user_ids%5B%5D=2&user_ids%5B%5D=3");
    }
}
