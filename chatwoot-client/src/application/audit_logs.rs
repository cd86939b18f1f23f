//! Audit logs: who changed which setting of the account, and when.

use std::fmt;

use futures_util::Stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Account;
use crate::call::Call;
use crate::error::Error;
use crate::ids::{AuditLogId, UserId};
use crate::model::{Attributes, Extra};
use crate::op::Op;
use crate::page::{self, Paged, Rows};
use crate::time::Time;

const LIST: Op = Op::get("audit_logs.list", "/api/v1/accounts/{account_id}/audit_logs");

pub(super) const OPERATIONS: &[Op] = &[LIST];

/// The audit log of an account; from [`Account::audit_logs`].
#[derive(Clone, Copy, Debug)]
pub struct AuditLogs<'a> {
    account: &'a Account,
}

impl<'a> AuditLogs<'a> {
    pub(super) fn new(account: &'a Account) -> Self {
        Self { account }
    }

    /// `GET /api/v1/accounts/{account_id}/audit_logs`: one page of the log, newest first, from page
    /// 1; past the end it is empty. An administrator may.
    ///
    /// Only servers with that feature keep a log.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `NotFound` from a server without the feature, where it does not
    /// answer an empty log.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// let newest = account.audit_logs().list(1).await?;
    /// println!("{:?} entries in all", newest.total_entries);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, page: u32) -> Call<'a, AuditLogPage> {
        self.account.call(LIST).query(&PageQuery { page })
    }

    /// `GET /api/v1/accounts/{account_id}/audit_logs`, page after page: every entry, newest first.
    /// What is written while the stream runs is not in it, and nothing is repeated.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `NotFound` from a server without the feature, where it does not
    /// answer an empty log. The stream ends with the first failure.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use std::pin::pin;
    ///
    /// use futures_util::TryStreamExt;
    ///
    /// let mut log = pin!(account.audit_logs().all());
    /// while let Some(entry) = log.try_next().await? {
    ///     println!("{:?} {:?} {:?}", entry.username, entry.action, entry.auditable_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self) -> impl Stream<Item = Result<AuditLog, Error>> + Send + 'a {
        let rows = Rows {
            key: |entry: &AuditLog| entry.id,
            total: |page: &AuditLogPage| page.total_entries,
            touched: None,
        };
        page::stream(move |number| self.list(number), rows)
    }
}

#[derive(Serialize)]
struct PageQuery {
    page: u32,
}

/// One page of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditLogPage {
    /// The entries, newest first.
    pub audit_logs: Vec<AuditLog>,
    /// This page, from 1. Some lists write it as text.
    #[serde(default)]
    pub current_page: Option<Value>,
    /// How many entries a page has: 25 on 4.15.1, 15 on 4.9.1.
    #[serde(default)]
    pub per_page: Option<u64>,
    /// Entries in all.
    #[serde(default)]
    pub total_entries: Option<u64>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Paged for AuditLogPage {
    type Row = AuditLog;

    fn rows(self) -> Vec<AuditLog> {
        self.audit_logs
    }
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditLog {
    /// Its id; a later entry has a higher one.
    pub id: AuditLogId,
    /// `create`, `update`, `destroy`, `sign_in` or `sign_out`.
    #[serde(default)]
    pub action: Option<String>,
    /// What kind of record was changed, such as `Inbox`.
    #[serde(default)]
    pub auditable_type: Option<String>,
    /// That record's id.
    #[serde(default)]
    pub auditable_id: Option<u64>,
    /// That record in short; only of some kinds, and while it is there.
    #[serde(default)]
    pub auditable: Option<Extra>,
    /// What kind of record it belongs to: `Account` as a rule.
    #[serde(default)]
    pub associated_type: Option<String>,
    /// The id of what it belongs to.
    #[serde(default)]
    pub associated_id: Option<u64>,
    /// The fields: a value of what was made or destroyed, old and new value of what was changed.
    #[serde(default)]
    pub audited_changes: Option<AuditedChanges>,
    /// What version of the record this made.
    #[serde(default)]
    pub version: Option<u64>,
    /// A remark.
    #[serde(default)]
    pub comment: Option<String>,
    /// Who did it; `None` for the server itself.
    #[serde(default)]
    pub user_id: Option<UserId>,
    /// What they are: `User` as a rule.
    #[serde(default)]
    pub user_type: Option<String>,
    /// Their e-mail address.
    #[serde(default)]
    pub username: Option<String>,
    /// The address it came from.
    #[serde(default)]
    pub remote_address: Option<String>,
    /// The server's own name for the request.
    #[serde(default)]
    pub request_uuid: Option<String>,
    /// When it was done.
    #[serde(default)]
    pub created_at: Option<Time>,
    /// What else the server sends.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The fields of an audited change. They may hold a bot's secret, so `Debug` shows only their
/// names.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuditedChanges(pub Attributes);

impl fmt::Debug for AuditedChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_names_the_fields_and_shows_no_value() {
        let json = r#"{"name":["a","b"],"secret":"s3cr3t"}"#;
        let changes: AuditedChanges = serde_json::from_str(json).unwrap();
        assert_eq!(format!("{changes:?}"), r#"{"name", "secret"}"#);
        assert_eq!(serde_json::to_string(&changes).unwrap(), json);
    }
}
