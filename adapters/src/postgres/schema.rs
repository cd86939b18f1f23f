//! The schema that the tables are in.

use std::fmt;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// The name of the schema that holds the tables: 1 to 40 lower-case letters, digits and
/// underscores, not beginning with a digit. The default is `store_context`.
///
/// ```
/// use store_context_adapters::postgres::Schema;
///
/// assert_eq!(Schema::default().as_str(), "store_context");
/// assert_eq!(Schema::new("support").unwrap().as_str(), "support");
/// assert!(Schema::new("Support; DROP").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Schema(Arc<str>);

/// The error for a text that is no name of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a schema has 1 to 40 lower-case letters, digits and underscores, and begins with \
     no digit"
)]
pub struct InvalidSchema;

const DEFAULT: &str = "store_context";

impl Default for Schema {
    fn default() -> Self {
        Self(DEFAULT.into())
    }
}

impl Schema {
    /// Creates the name of a schema.
    ///
    /// # Errors
    /// Returns an error if the text is no valid name.
    pub fn new(name: &str) -> Result<Self, InvalidSchema> {
        if is_identifier(name) { Ok(Self(name.into())) } else { Err(InvalidSchema) }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns a statement in which the default schema's name is replaced by this one. Statements
    /// are written for the default schema: `store_context.stores`.
    pub(crate) fn sql(&self, statement: &'static str) -> SqlStr {
        if &*self.0 == DEFAULT {
            statement.into_sql_str()
        } else {
            // The name is a plain identifier, and the statement is our own.
            AssertSqlSafe(self.text(statement)).into_sql_str()
        }
    }

    /// Returns the text of [`Schema::sql`].
    pub(crate) fn text(&self, statement: &str) -> String {
        statement.replace("store_context.", &format!("{self}."))
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns whether a text is an identifier that needs no quotes in SQL.
pub(super) fn is_identifier(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '_'))
}
