//! Audit logs: who changed which setting of the account, and when.

use std::fmt;

use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::application::Account;
use crate::error::Error;
use crate::http::Call;
use crate::http::Op;
use crate::http::page;
use crate::http::page::{Paged, Rows};
use crate::types::Time;
use crate::types::{Attributes, Extra};
use crate::types::{AuditLogId, UserId};

const LIST: Op = Op::get("audit_logs.list", "/api/v1/accounts/{account_id}/audit_logs");

pub(crate) const OPERATIONS: &[Op] = &[LIST];

account_handle! {
    /// The audit log of an account; from [`Account::audit_logs`].
    AuditLogs
}

impl<'a> AuditLogs<'a> {
    /// Returns one page of the log, newest first; past the end it is empty.
    ///
    /// `GET /api/v1/accounts/{account_id}/audit_logs`. Administrators only.
    ///
    /// Only servers with that feature keep a log.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `NotFound` on a server without the feature, unless it returns
    /// an empty log.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use chatwoot_client::application::audit_logs::AuditLogsQuery;
    ///
    /// let newest = account.audit_logs().list(&AuditLogsQuery::default()).await?;
    /// println!("{:?} entries in all", newest.total_entries);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn list(self, query: &AuditLogsQuery) -> Call<'a, AuditLogPage> {
        self.account.call(LIST).query(query)
    }

    /// Streams every entry, newest first.
    ///
    /// `GET /api/v1/accounts/{account_id}/audit_logs`, each page once. Entries written while the
    /// stream runs are not included, and none is repeated.
    ///
    /// # Errors
    /// `Unauthorized` for an agent; `NotFound` on a server without the feature, unless it returns
    /// an empty log. The stream ends with the first error.
    ///
    /// ```
    /// # async fn example(account: chatwoot_client::Account) -> Result<(), chatwoot_client::Error> {
    /// use futures_util::TryStreamExt;
    ///
    /// let mut log = account.audit_logs().all();
    /// while let Some(entry) = log.try_next().await? {
    ///     println!("{:?} {:?} {:?}", entry.username, entry.action, entry.auditable_type);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn all(self) -> BoxStream<'a, Result<AuditLog, Error>> {
        let rows = Rows {
            key: |entry: &AuditLog| entry.id,
            total: |page: &AuditLogPage| page.total_entries,
            touched: None,
        };
        // Entries are never removed, and come newest first: they only move to later pages.
        let fetch = move |page| self.list(&AuditLogsQuery { page: Some(page) });
        page::stream_unguarded(fetch, rows)
    }
}

/// A query of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditLogsQuery {
    /// The page number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// One page of the log. It is not a [`Page`](crate::Page), because the server names its fields differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditLogPage {
    /// The entries, newest first.
    pub audit_logs: Vec<AuditLog>,
    /// This page's number, from 1. Some lists write it as text.
    pub current_page: Option<Value>,
    /// The number of entries on a page: 25 on 4.15.1, 15 on 4.9.1.
    pub per_page: Option<u64>,
    /// The number of entries on all pages.
    pub total_entries: Option<u64>,
    /// Fields that this version of the client does not name.
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
    /// Its id; newer entries have higher ids.
    pub id: AuditLogId,
    /// `create`, `update`, `destroy`, `sign_in` or `sign_out`.
    pub action: Option<String>,
    /// The type of the changed record, such as `Inbox`.
    pub auditable_type: Option<String>,
    /// The id of the changed record.
    pub auditable_id: Option<u64>,
    /// A summary of the changed record; only for some types, and only while the record exists.
    pub auditable: Option<Extra>,
    /// The type of the record it belongs to, usually `Account`.
    pub associated_type: Option<String>,
    /// The id of the record it belongs to.
    pub associated_id: Option<u64>,
    /// The changed fields: the value for a created or deleted record, the old and new value for an
    /// updated one.
    pub audited_changes: Option<AuditedChanges>,
    /// The version of the record that this change created.
    pub version: Option<u64>,
    /// A comment.
    pub comment: Option<String>,
    /// The id of the user who made the change; `None` for the server itself.
    pub user_id: Option<UserId>,
    /// The type of that user, usually `User`.
    pub user_type: Option<String>,
    /// The e-mail address of that user.
    pub username: Option<String>,
    /// The IP address of the request.
    pub remote_address: Option<String>,
    /// The server's id of the request.
    pub request_uuid: Option<String>,
    /// When the change was made.
    pub created_at: Option<Time>,
    /// Fields that this version of the client does not name.
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
