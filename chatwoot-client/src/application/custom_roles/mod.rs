//! Custom roles: sets of permissions for agents, beyond what every agent may do.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::http::Call;
use crate::http::Op;
use crate::types::CustomRoleId;
use crate::types::Time;
use crate::types::{Extra, NullAsEmpty, open_enum};

const LIST: Op = Op::get("custom_roles.list", "/api/v1/accounts/{account_id}/custom_roles");
const CREATE: Op = Op::post("custom_roles.create", "/api/v1/accounts/{account_id}/custom_roles");

pub(crate) const OPERATIONS: &[Op] = &[LIST, CREATE];

account_handle! {
    /// The custom roles of an account; from [`Account::custom_roles`]. Only on servers with that
    /// feature. Not in Chatwoot's published API.
    CustomRoles
}

impl<'a> CustomRoles<'a> {
    /// Returns every custom role.
    ///
    /// `GET /api/v1/accounts/{account_id}/custom_roles`.
    ///
    /// # Errors
    /// `NotFound` on a server without custom roles.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for role in account.custom_roles().list().await? {
    ///     println!("{} may {:?}", role.name, role.permissions);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<CustomRole>> {
        self.account.call(LIST)
    }

    /// Creates a role.
    ///
    /// `POST /api/v1/accounts/{account_id}/custom_roles`. Administrators only.
    ///
    /// # Errors
    /// `NotFound` on a server without custom roles; `Unauthorized` for an agent.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::custom_roles::{NewCustomRole, Permission};
    ///
    /// let editor = NewCustomRole::new("editor", [Permission::KnowledgeBaseManage]);
    /// account.custom_roles().create(&editor).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, role: &NewCustomRole) -> Call<'a, CustomRole> {
        self.account.call(CREATE).json(&Body { custom_role: role })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    custom_role: &'a NewCustomRole,
}

open_enum! {
    /// A permission of a custom role.
    pub enum Permission {
        /// Manage all conversations.
        ConversationManage = "conversation_manage",
        /// Manage unassigned conversations and one's own.
        ConversationUnassignedManage = "conversation_unassigned_manage",
        /// Manage conversations one participates in, and one's own.
        ConversationParticipatingManage = "conversation_participating_manage",
        /// Manage contacts.
        ContactManage = "contact_manage",
        /// View reports.
        ReportManage = "report_manage",
        /// Manage the help center.
        KnowledgeBaseManage = "knowledge_base_manage",
    }
}

/// A role as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomRole {
    /// Its id.
    pub id: CustomRoleId,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its permissions.
    #[serde(default)]
    pub permissions: NullAsEmpty<Vec<Permission>>,
    /// When it was created.
    pub created_at: Option<Time>,
    /// When it was last updated.
    pub updated_at: Option<Time>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A role to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewCustomRole {
    /// Its name.
    pub name: String,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its permissions.
    pub permissions: Vec<Permission>,
}

impl NewCustomRole {
    /// Creates a role with this name and these permissions.
    pub fn new(name: impl Into<String>, permissions: impl IntoIterator<Item = Permission>) -> Self {
        let permissions = permissions.into_iter().collect();
        Self { name: name.into(), description: None, permissions }
    }
}
