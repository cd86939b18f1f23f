//! The errors of the storage in Postgres.

use store_context::ports::PortError;

/// The failure of a statement.
///
/// It keeps the server's message and code. It drops the details that a server adds to them, because
/// these may quote whole rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The server refused the statement.
    #[error("the database answered {code}: {message}")]
    Refused {
        /// The five characters of SQLSTATE, for example `42P01` for a missing table.
        code: String,
        /// The server's message, without its details.
        message: String,
    },
    /// No connection, a connection that was lost, or an answer that could not be read.
    #[error("the database could not be used: {0}")]
    Unavailable(String),
    /// A stored value cannot be read.
    #[error("the database holds an invalid value of {what}")]
    Invalid {
        /// The table and column.
        what: &'static str,
    },
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::Refused {
                code: error.code().unwrap_or_default().into_owned(),
                message: error.message().to_owned(),
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl DatabaseError {
    /// Returns whether the server refused the statement with this SQLSTATE.
    pub fn is(&self, sqlstate: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == sqlstate)
    }
}

/// Converts a failure of sqlx into the error of a port.
pub(super) fn failed(error: sqlx::Error) -> PortError {
    DatabaseError::from(error).into()
}

/// Returns the error for a stored value that cannot be read.
pub(super) fn invalid(what: &'static str) -> PortError {
    DatabaseError::Invalid { what }.into()
}
