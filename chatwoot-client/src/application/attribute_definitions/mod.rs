//! Custom attributes: definitions of the attributes that contacts, conversations and companies may
//! have.

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

account_handle! {
    /// The attribute definitions of an account; from [`Account::attribute_definitions`].
    AttributeDefinitions
}

impl<'a> AttributeDefinitions<'a> {
    /// Returns the definitions for one kind of record, or for every kind with `None`.
    ///
    /// `GET /api/v1/accounts/{account_id}/custom_attribute_definitions`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
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
    /// `NotFound` if the account has no such definition.
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

    /// Creates a definition.
    ///
    /// `POST /api/v1/accounts/{account_id}/custom_attribute_definitions`. Administrators only.
    ///
    /// # Errors
    /// `Conflict` for a key that exists for that kind of record; `Invalid` for a key that Chatwoot
    /// uses itself, such as `email`, for a key with characters other than letters, digits, `_`, `-`
    /// and `.`, and for an empty name; `Unauthorized` for an agent.
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

    /// Updates a definition; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/custom_attribute_definitions/{id}`. Administrators
    /// only.
    ///
    /// Values that are already stored do not change.
    ///
    /// # Errors
    /// `NotFound` if the account has no such definition; `Conflict` for a key that exists for that
    /// kind of record; `Invalid` for a malformed key or an empty name; `Unauthorized` for an agent.
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

    /// Deletes a definition; stored values stay.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/custom_attribute_definitions/{id}`. Administrators
    /// only.
    ///
    /// # Errors
    /// `NotFound` if the account has no such definition; `Unauthorized` for an agent.
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
    /// The kind of record an attribute belongs to.
    pub enum AttributeModel {
        /// Conversations.
        Conversation = "conversation_attribute",
        /// Contacts.
        Contact = "contact_attribute",
        /// Companies (not on 4.9.1).
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
        /// One of a list of texts.
        List = "list",
        /// A boolean.
        Checkbox = "checkbox",
    }
}

/// A definition as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttributeDefinition {
    /// Its id.
    pub id: AttributeDefinitionId,
    /// Its key in `custom_attributes`.
    #[serde(rename = "attribute_key")]
    pub key: String,
    /// The name shown to agents.
    #[serde(rename = "attribute_display_name")]
    pub display_name: Option<String>,
    /// Its description.
    #[serde(rename = "attribute_description")]
    pub description: Option<String>,
    /// How the dashboard shows it.
    #[serde(rename = "attribute_display_type")]
    pub display_type: AttributeType,
    /// The kind of record it belongs to.
    #[serde(rename = "attribute_model")]
    pub model: AttributeModel,
    /// The values to choose from, for an attribute of type list: usually texts, but the server
    /// stores any value.
    #[serde(rename = "attribute_values")]
    pub values: Option<Vec<Value>>,
    /// Its default value.
    pub default_value: Option<Value>,
    /// A regular expression that a text value must match.
    pub regex_pattern: Option<String>,
    /// The hint shown to the agent if a value does not match.
    pub regex_cue: Option<String>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A definition to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewAttributeDefinition {
    /// Its key in `custom_attributes`.
    #[serde(rename = "attribute_key")]
    pub key: String,
    /// The name shown to agents.
    #[serde(rename = "attribute_display_name")]
    pub display_name: String,
    /// How the dashboard shows it.
    #[serde(rename = "attribute_display_type")]
    pub display_type: AttributeType,
    /// The kind of record it belongs to.
    #[serde(rename = "attribute_model")]
    pub model: AttributeModel,
    /// Its description; required in the dashboard.
    #[serde(rename = "attribute_description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The texts to choose from, for an attribute of type list.
    #[serde(rename = "attribute_values", skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// A regular expression that a text value must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_pattern: Option<String>,
    /// The hint shown to the agent if a value does not match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_cue: Option<String>,
}

impl NewAttributeDefinition {
    /// Creates a text attribute with this key and name.
    pub fn new(
        model: AttributeModel,
        key: impl Into<String>,
        display_name: impl Into<String>,
    ) -> Self {
        Self { model, key: key.into(), display_name: display_name.into(), ..Self::default() }
    }
}

impl Default for AttributeModel {
    /// Returns the server's default, [`AttributeModel::Conversation`].
    fn default() -> Self {
        Self::Conversation
    }
}

impl Default for AttributeType {
    /// Returns the server's default, [`AttributeType::Text`].
    fn default() -> Self {
        Self::Text
    }
}

/// The changes to make to a definition.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AttributeDefinitionPatch {
    /// Its key in `custom_attributes`; stored values keep the old one.
    #[serde(rename = "attribute_key", skip_serializing_if = "Patch::is_keep")]
    pub key: Patch<String>,
    /// The name shown to agents.
    #[serde(rename = "attribute_display_name", skip_serializing_if = "Patch::is_keep")]
    pub display_name: Patch<String>,
    /// How the dashboard shows it.
    #[serde(rename = "attribute_display_type", skip_serializing_if = "Patch::is_keep")]
    pub display_type: Patch<AttributeType>,
    /// Its description.
    #[serde(rename = "attribute_description", skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// The texts to choose from, for an attribute of type list.
    #[serde(rename = "attribute_values", skip_serializing_if = "Patch::is_keep")]
    pub values: Patch<Vec<String>>,
    /// A regular expression that a text value must match.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub regex_pattern: Patch<String>,
    /// The hint shown to the agent if a value does not match.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub regex_cue: Patch<String>,
}
