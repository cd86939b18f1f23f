//! The documentation of a set, as a table.

use std::fmt::Write;

use super::attribute::Attribute;
use super::set::AttributeSet;
use super::value::ValueType;

impl AttributeSet {
    /// Returns the set as a table in Markdown, for the host's documentation.
    ///
    /// ```
    /// use store_context::attributes::AttributeSet;
    ///
    /// let table = AttributeSet::standard().to_markdown();
    /// let row = "| `order_count` | Orders | number | contact | How many orders count |";
    /// assert!(table.lines().any(|line| line == row));
    /// ```
    pub fn to_markdown(&self) -> String {
        let mut table =
            "| Key | Name | Type | Applies to | Description |\n|---|---|---|---|---|\n".to_owned();
        for attribute in self.iter() {
            let (key, name) = (attribute.key(), cell(attribute.name()));
            let (kind, of) = (cell(&kind(attribute)), attribute.applies_to());
            let description = cell(attribute.description_text().unwrap_or_default());
            // Writing to a string does not fail.
            let _ = writeln!(table, "| `{key}` | {name} | {kind} | {of} | {description} |");
        }
        table
    }
}

fn kind(attribute: &Attribute) -> String {
    match attribute.value_type() {
        ValueType::List(choices) => format!("list: {}", choices.join(", ")),
        ValueType::Tier => "list: the store's tiers".to_owned(),
        other => other.display_type().to_string(),
    }
}

/// Returns a text for one cell of a table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\r', '\n'], " ")
}
