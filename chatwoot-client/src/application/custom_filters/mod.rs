//! Custom filters: filters that a user saves, as folders of conversations and segments of contacts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::{Account, Filter};
use crate::http::Call;
use crate::http::Op;
use crate::types::CustomFilterId;
use crate::types::Patch;
use crate::types::Time;
use crate::types::{Extra, open_enum};

const LIST: Op = Op::get("custom_filters.list", "/api/v1/accounts/{account_id}/custom_filters");
const GET: Op = Op::get(
    "custom_filters.get",
    "/api/v1/accounts/{account_id}/custom_filters/{custom_filter_id}",
);
const CREATE: Op =
    Op::post("custom_filters.create", "/api/v1/accounts/{account_id}/custom_filters");
const UPDATE: Op = Op::patch(
    "custom_filters.update",
    "/api/v1/accounts/{account_id}/custom_filters/{custom_filter_id}",
);
const DELETE: Op = Op::delete(
    "custom_filters.delete",
    "/api/v1/accounts/{account_id}/custom_filters/{custom_filter_id}",
);

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

account_handle! {
    /// The saved filters of the token's user; from [`Account::custom_filters`]. Agents and
    /// administrators; nobody sees another user's filters.
    CustomFilters
}

impl<'a> CustomFilters<'a> {
    /// Returns the user's filters of one type.
    ///
    /// `GET /api/v1/accounts/{account_id}/custom_filters`.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::custom_filters::CustomFilterType;
    ///
    /// for segment in account.custom_filters().list(CustomFilterType::Contact).await? {
    ///     println!("{}", segment.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, kind: CustomFilterType) -> Call<'a, Vec<CustomFilter>> {
        self.account.call(LIST).query(&ListQuery { filter_type: kind })
    }

    /// Returns one filter.
    ///
    /// `GET /api/v1/accounts/{account_id}/custom_filters/{custom_filter_id}`.
    ///
    /// # Errors
    /// `NotFound` if the user has no such filter.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let filter = account.custom_filters().get(3.into()).await?;
    /// println!("{}: {}", filter.name, filter.query);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: CustomFilterId) -> Call<'a, CustomFilter> {
        self.account.call(GET).path("custom_filter_id", id)
    }

    /// Creates a filter.
    ///
    /// `POST /api/v1/accounts/{account_id}/custom_filters`.
    ///
    /// Names are not unique.
    ///
    /// # Errors
    /// `Invalid` for a user who has 1,000 filters in this account; `Server` for a type that
    /// Chatwoot does not know. The server does not check the *contents* of the filter.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::{Filter, FilterCondition};
    /// use chatwoot_client::application::custom_filters::{CustomFilterType, NewCustomFilter};
    ///
    /// let open = Filter::new(FilterCondition::equal_to("status", ["open"]));
    /// let folder = NewCustomFilter::new("Open", CustomFilterType::Conversation, &open);
    /// account.custom_filters().create(&folder).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, filter: &NewCustomFilter) -> Call<'a, CustomFilter> {
        self.account.call(CREATE).json(filter)
    }

    /// Updates a filter; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/custom_filters/{custom_filter_id}`.
    ///
    /// # Errors
    /// `NotFound` if the user has no such filter; `Invalid` for a user who has 1,000 filters in
    /// this account, even for an update.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::custom_filters::CustomFilterPatch;
    ///
    /// let renamed = CustomFilterPatch { name: "Open orders".into(), ..Default::default() };
    /// account.custom_filters().update(3.into(), &renamed).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(self, id: CustomFilterId, to: &CustomFilterPatch) -> Call<'a, CustomFilter> {
        self.account.call(UPDATE).path("custom_filter_id", id).json(to)
    }

    /// Deletes a filter.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/custom_filters/{custom_filter_id}`.
    ///
    /// # Errors
    /// `NotFound` if the user has no such filter.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.custom_filters().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: CustomFilterId) -> Call<'a, ()> {
        self.account.done(DELETE).path("custom_filter_id", id)
    }
}

#[derive(Serialize)]
struct ListQuery {
    filter_type: CustomFilterType,
}

open_enum! {
    /// The type of a custom filter.
    pub enum CustomFilterType {
        /// A filter of conversations: a folder.
        Conversation = "conversation",
        /// A filter of contacts: a segment.
        Contact = "contact",
        /// A filter of a report.
        Report = "report",
    }
}

impl Default for CustomFilterType {
    /// Returns the server's default, [`CustomFilterType::Conversation`].
    fn default() -> Self {
        Self::Conversation
    }
}

/// A filter as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomFilter {
    /// Its id.
    pub id: CustomFilterId,
    /// Its name.
    pub name: String,
    /// Its type.
    pub filter_type: Option<CustomFilterType>,
    /// Its conditions, as they were given; under the key `payload` for a folder or segment.
    #[serde(default)]
    pub query: Value,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A filter to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewCustomFilter {
    /// Its name.
    pub name: String,
    /// Its type. Chatwoot's published API calls this field `type`, which servers ignore.
    pub filter_type: CustomFilterType,
    /// Its conditions: a JSON object, which the server stores unchanged.
    pub query: Value,
}

impl NewCustomFilter {
    /// Creates a filter with this name, type and conditions.
    pub fn new(name: impl Into<String>, kind: CustomFilterType, filter: &Filter) -> Self {
        // A filter consists of JSON values, so it always serializes.
        let query = serde_json::to_value(filter).unwrap_or_default();
        Self { name: name.into(), filter_type: kind, query }
    }
}

/// The changes to make to a filter.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CustomFilterPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its conditions, which replace all present ones: an object such as a [`Filter`] serializes
    /// to.
    #[serde(rename = "query", skip_serializing_if = "Patch::is_keep")]
    pub replace_query: Patch<Value>,
}
