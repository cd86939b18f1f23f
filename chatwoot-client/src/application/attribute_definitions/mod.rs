//! Custom attributes: definitions of the attributes that contacts and conversations may have.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::AttributeDefinitionId;
use crate::types::Patch;
use crate::types::Time;
use crate::types::{Extra, open_enum};

const LIST: Op = Op::get(
    "attribute_definitions.list",
    "/api/v1/accounts/{account_id}/custom_attribute_definitions",
);
const GET: Op = Op::get(
    "attribute_definitions.get",
    "/api/v1/accounts/{account_id}/custom_attribute_definitions/{id}",
);
const CREATE: Op = Op::post(
    "attribute_definitions.create",
    "/api/v1/accounts/{account_id}/custom_attribute_definitions",
);
const UPDATE: Op = Op::patch(
    "attribute_definitions.update",
    "/api/v1/accounts/{account_id}/custom_attribute_definitions/{id}",
);
const DELETE: Op = Op::delete(
    "attribute_definitions.delete",
    "/api/v1/accounts/{account_id}/custom_attribute_definitions/{id}",
);

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE];

/// The attribute definitions of an account; from [`Account::attribute_definitions`].
#[derive(Clone, Copy, Debug)]
pub struct AttributeDefinitions<'a> {
    account: &'a Account,
}

impl<'a> AttributeDefinitions<'a> {
    pub(crate) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// Returns the definitions for one kind of thing, or with `None` for every kind.
    ///
    /// `GET /api/v1/accounts/{account_id}/custom_attribute_definitions`. Agents and administrators.
    ///
    /// # Errors
    /// None of its own; see [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::attribute_definitions::AttributeModel;
    ///
    /// for definition in account.attribute_definitions().list(Some(AttributeModel::Contact)).await? {
    ///     println!("{} is a {}", definition.key, definition.display_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, model: Option<AttributeModel>) -> Call<'a, Vec<AttributeDefinition>> {
        self.account.call(LIST).query(&Query { attribute_model: model })
    }

    /// Returns one definition.
    ///
    /// `GET /api/v1/accounts/{account_id}/custom_attribute_definitions/{id}`. Agents and
    /// administrators.
    ///
    /// # Errors
    /// `NotFound` without such a definition in this account.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let definition = account.attribute_definitions().get(3.into()).await?;
    /// println!("{} is shown as {:?}", definition.key, definition.display_name);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: AttributeDefinitionId) -> Call<'a, AttributeDefinition> {
        self.account.call(GET).path("id", id)
    }

    /// Creates an attribute.
    ///
    /// `POST /api/v1/accounts/{account_id}/custom_attribute_definitions`. Administrators only.
    ///
    /// # Errors
    /// `Conflict` for a key that exists for that kind of thing; `Invalid` for a key that Chatwoot
    /// uses itself, such as `email`, one with other characters than letters, digits, `_`, `-` and
    /// `.`, and an empty name; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::attribute_definitions::{
    ///     AttributeModel, AttributeType, NewAttributeDefinition,
    /// };
    ///
    /// let new = NewAttributeDefinition {
    ///     display_type: AttributeType::Number,
    ///     ..NewAttributeDefinition::new(AttributeModel::Contact, "orders", "Orders")
    /// };
    /// account.attribute_definitions().create(&new).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, definition: &NewAttributeDefinition) -> Call<'a, AttributeDefinition> {
        self.account.call(CREATE).json(definition)
    }

    /// Updates a definition; what is left as [`Patch::Keep`] stays.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/custom_attribute_definitions/{id}`. Administrators
    /// only.
    ///
    /// Values that are stored already stay as they are.
    ///
    /// # Errors
    /// `NotFound` without such a definition in this account; `Conflict` for a key that exists for
    /// that kind of thing; `Invalid` for an ill-formed key or an empty name; `Unauthorized` for an
    /// agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::attribute_definitions::AttributeDefinitionPatch;
    ///
    /// let points = AttributeDefinitionPatch { key: "points".into(), ..Default::default() };
    /// account.attribute_definitions().update(3.into(), &points).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(
        self,
        id: AttributeDefinitionId,
        to: &AttributeDefinitionPatch,
    ) -> Call<'a, AttributeDefinition> {
        self.account.call(UPDATE).path("id", id).json(to)
    }

    /// Deletes a definition, not the values.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/custom_attribute_definitions/{id}`. Administrators
    /// only.
    ///
    /// # Errors
    /// `NotFound` without such a definition in this account; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.attribute_definitions().delete(3.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: AttributeDefinitionId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }
}

#[derive(Serialize)]
struct Query {
    #[serde(skip_serializing_if = "Option::is_none")]
    attribute_model: Option<AttributeModel>,
}

open_enum! {
    /// What an attribute belongs to.
    pub enum AttributeModel {
        /// A conversation.
        Conversation = "conversation_attribute",
        /// A contact.
        Contact = "contact_attribute",
        /// A company (not on 4.9.1).
        Company = "company_attribute",
    }

    /// How the dashboard shows and edits an attribute; the API stores any value.
    pub enum AttributeType {
        /// A text.
        Text = "text",
        /// A number.
        Number = "number",
        /// An amount of money.
        Currency = "currency",
        /// A percentage.
        Percent = "percent",
        /// A link.
        Link = "link",
        /// A date.
        Date = "date",
        /// One of several texts.
        List = "list",
        /// Yes or no.
        Checkbox = "checkbox",
    }
}

/// A definition as the server answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttributeDefinition {
    /// Its id.
    pub id: AttributeDefinitionId,
    /// The key in `custom_attributes`.
    #[serde(rename = "attribute_key")]
    pub key: String,
    /// The name agents see.
    #[serde(rename = "attribute_display_name")]
    pub display_name: Option<String>,
    /// What it means.
    #[serde(rename = "attribute_description")]
    pub description: Option<String>,
    /// How it is shown.
    #[serde(rename = "attribute_display_type")]
    pub display_type: AttributeType,
    /// What it belongs to.
    #[serde(rename = "attribute_model")]
    pub model: AttributeModel,
    /// What to choose from, for a list: texts as a rule, and whatever else was given.
    #[serde(rename = "attribute_values")]
    pub values: Option<Vec<Value>>,
    /// Its default.
    pub default_value: Option<Value>,
    /// What a text must look like.
    pub regex_pattern: Option<String>,
    /// What the agent is told when it does not.
    pub regex_cue: Option<String>,
    /// When it was made.
    pub created_at: Option<Time>,
    /// When it last changed.
    pub updated_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An attribute to define.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewAttributeDefinition {
    /// The key in `custom_attributes`.
    #[serde(rename = "attribute_key")]
    pub key: String,
    /// The name agents see.
    #[serde(rename = "attribute_display_name")]
    pub display_name: String,
    /// How it is shown.
    #[serde(rename = "attribute_display_type")]
    pub display_type: AttributeType,
    /// What it belongs to.
    #[serde(rename = "attribute_model")]
    pub model: AttributeModel,
    /// What it means; the dashboard asks for one.
    #[serde(rename = "attribute_description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The texts to choose from, for a list.
    #[serde(rename = "attribute_values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// What a text must look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_pattern: Option<String>,
    /// What the agent is told when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_cue: Option<String>,
}

impl NewAttributeDefinition {
    /// A text attribute with this key and name.
    pub fn new(
        model: AttributeModel,
        key: impl Into<String>,
        display_name: impl Into<String>,
    ) -> Self {
        Self { model, key: key.into(), display_name: display_name.into(), ..Self::default() }
    }
}

impl Default for AttributeModel {
    /// The server's default, a conversation's.
    fn default() -> Self {
        Self::Conversation
    }
}

impl Default for AttributeType {
    /// The server's default, a text.
    fn default() -> Self {
        Self::Text
    }
}

/// What to change of a definition.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AttributeDefinitionPatch {
    /// The key in `custom_attributes`; stored values keep the old one.
    #[serde(rename = "attribute_key", skip_serializing_if = "Patch::is_keep")]
    pub key: Patch<String>,
    /// The name agents see.
    #[serde(rename = "attribute_display_name", skip_serializing_if = "Patch::is_keep")]
    pub display_name: Patch<String>,
    /// How it is shown.
    #[serde(rename = "attribute_display_type", skip_serializing_if = "Patch::is_keep")]
    pub display_type: Patch<AttributeType>,
    /// What it means.
    #[serde(rename = "attribute_description", skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// The texts to choose from, for a list.
    #[serde(rename = "attribute_values", skip_serializing_if = "Patch::is_keep")]
    pub values: Patch<Vec<String>>,
    /// What a text must look like.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub regex_pattern: Patch<String>,
    /// What the agent is told when it does not.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub regex_cue: Patch<String>,
}
