//! Macros: sequences of actions that an agent runs on a conversation.

use serde::{Deserialize, Serialize};

use crate::application::Account;
use crate::application::agents::Agent;
use crate::application::automation_rules::{Action, ActionFile};
use crate::http::Call;
use crate::http::Op;
use crate::types::Patch;
use crate::types::{AccountId, ConversationId, MacroId};
use crate::types::{Extra, NullAsEmpty, open_enum};

const LIST: Op =
    Op::get("macros.list", "/api/v1/accounts/{account_id}/macros").inside(&["payload"]);
const GET: Op =
    Op::get("macros.get", "/api/v1/accounts/{account_id}/macros/{id}").inside(&["payload"]);
const CREATE: Op =
    Op::post("macros.create", "/api/v1/accounts/{account_id}/macros").inside(&["payload"]);
const UPDATE: Op =
    Op::patch("macros.update", "/api/v1/accounts/{account_id}/macros/{id}").inside(&["payload"]);
const DELETE: Op = Op::delete("macros.delete", "/api/v1/accounts/{account_id}/macros/{id}");
const EXECUTE: Op = Op::post("macros.execute", "/api/v1/accounts/{account_id}/macros/{id}/execute");

pub(crate) const OPERATIONS: &[Op] = &[LIST, GET, CREATE, UPDATE, DELETE, EXECUTE];

account_handle! {
    /// The macros of an account; from [`Account::macros`]. Not in Chatwoot's published API.
    ///
    /// An agent may use the account's macros and their own, and update their own; only an administrator
    /// may update the account's.
    Macros
}

impl<'a> Macros<'a> {
    /// Returns the account's macros and the user's own.
    ///
    /// `GET /api/v1/accounts/{account_id}/macros`. Agents and administrators.
    ///
    /// # Errors
    /// None beyond those of every [`Call`].
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// for known in account.macros().list().await? {
    ///     println!("{} {}", known.id, known.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self) -> Call<'a, Vec<Macro>> {
        self.account.call(LIST)
    }

    /// Returns one macro.
    ///
    /// `GET /api/v1/accounts/{account_id}/macros/{id}`.
    ///
    /// # Errors
    /// `NotFound` if the account has no such macro; `Unauthorized` for another user's personal
    /// macro.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let known = account.macros().get(5.into()).await?;
    /// println!("{} does {} things", known.name, known.actions.len());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, id: MacroId) -> Call<'a, Macro> {
        self.account.call(GET).path("id", id)
    }

    /// Creates a macro.
    ///
    /// `POST /api/v1/accounts/{account_id}/macros`. Agents and administrators; a macro of an agent
    /// is always personal, whatever the request says.
    ///
    /// Names are not unique: a repeated request creates a second one.
    ///
    /// # Errors
    /// `Invalid` for an action that the server does not know, or for a file to send that was not
    /// uploaded.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::automation_rules::{Action, ActionName};
    /// use chatwoot_client::application::macros::{MacroVisibility, NewMacro};
    ///
    /// let done = NewMacro {
    ///     name: "Done".into(),
    ///     visibility: MacroVisibility::Global,
    ///     actions: vec![
    ///         Action::add_labels(["done"]),
    ///         Action::plain(ActionName::ResolveConversation),
    ///     ],
    /// };
    /// let done = account.macros().create(&done).await?;
    /// account.macros().execute(done.id, &[12.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create(self, new: &NewMacro) -> Call<'a, Macro> {
        self.account.call(CREATE).json(new)
    }

    /// Updates a macro; fields left as [`Patch::Keep`] keep their value.
    ///
    /// `PATCH /api/v1/accounts/{account_id}/macros/{id}`.
    ///
    /// The visibility must be given with each update: without it the server clears it, and then no
    /// list includes the macro.
    ///
    /// # Errors
    /// `Unauthorized` for another user's personal macro, and for an agent who updates one of the
    /// account. `Invalid` for an action that the server does not know, or for a file to send that
    /// was not uploaded. `Server` (500) if there is no such macro.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::macros::{MacroPatch, MacroVisibility};
    ///
    /// let named = MacroPatch { name: "Close".into(), ..Default::default() };
    /// account.macros().update(5.into(), MacroVisibility::Global, &named).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn update(
        self,
        id: MacroId,
        visibility: MacroVisibility,
        to: &MacroPatch,
    ) -> Call<'a, Macro> {
        self.account.call(UPDATE).path("id", id).json(&Change { visibility, to })
    }

    /// Deletes a macro.
    ///
    /// `DELETE /api/v1/accounts/{account_id}/macros/{id}`.
    ///
    /// # Errors
    /// `Unauthorized` for another user's personal macro, and for an agent who deletes one of the
    /// account. `Server` (500) if there is no such macro.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.macros().delete(5.into()).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn delete(self, id: MacroId) -> Call<'a, ()> {
        self.account.done(DELETE).path("id", id)
    }

    /// Runs the macro's actions on these conversations, as the token's user.
    ///
    /// `POST /api/v1/accounts/{account_id}/macros/{id}/execute`.
    ///
    /// The server responds at once and runs the actions in the background; it does not report
    /// actions that fail. Not idempotent: a macro may send messages.
    ///
    /// # Errors
    /// `Unauthorized` for another user's personal macro. A macro that does not exist is not an
    /// error: nothing happens.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// account.macros().execute(5.into(), &[12.into(), 13.into()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn execute(self, id: MacroId, conversations: &[ConversationId]) -> Call<'a, ()> {
        let body = Execution { conversation_ids: conversations };
        self.account.done(EXECUTE).path("id", id).json(&body)
    }
}

#[derive(Serialize)]
struct Change<'a> {
    visibility: MacroVisibility,
    #[serde(flatten)]
    to: &'a MacroPatch,
}

#[derive(Serialize)]
struct Execution<'a> {
    conversation_ids: &'a [ConversationId],
}

open_enum! {
    /// Who may use a macro.
    pub enum MacroVisibility {
        /// Its author only.
        Personal = "personal",
        /// Every user of the account.
        Global = "global",
    }
}

impl Default for MacroVisibility {
    /// Returns [`MacroVisibility::Personal`], the only one that an agent can create.
    fn default() -> Self {
        Self::Personal
    }
}

/// A macro as the server returns it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Macro {
    /// Its id.
    pub id: MacroId,
    /// The id of its account.
    pub account_id: Option<AccountId>,
    /// Its name.
    pub name: String,
    /// Who may use it; `None` after an update without a visibility.
    pub visibility: Option<MacroVisibility>,
    /// Its actions, in the order they are taken.
    #[serde(default)]
    pub actions: NullAsEmpty<Vec<Action>>,
    /// Its author.
    pub created_by: Option<Agent>,
    /// The user who last updated it.
    pub updated_by: Option<Agent>,
    /// The files it sends; absent if there are none.
    pub files: Option<Vec<ActionFile>>,
    /// Fields that this version of the client does not name.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A macro to create.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewMacro {
    /// Its name.
    pub name: String,
    /// Who may use it.
    pub visibility: MacroVisibility,
    /// Its actions, in the order they are taken.
    pub actions: Vec<Action>,
}

/// The changes to make to a macro.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MacroPatch {
    /// Its name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<String>,
    /// Its actions, which replace all present ones.
    #[serde(rename = "actions", skip_serializing_if = "Patch::is_keep")]
    pub replace_actions: Patch<Vec<Action>>,
}
