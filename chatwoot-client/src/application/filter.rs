//! Filters: conditions by which contacts and conversations are selected.

use serde::Serialize;
use serde_json::Value;

use crate::types::open_enum;

/// Conditions joined by "and" and "or". There are no parentheses: "and" binds tighter, as in SQL.
///
/// ```
/// use chatwoot_client::application::{Filter, FilterCondition};
///
/// let filter = Filter::new(FilterCondition::equal_to("status", ["open"]))
///     .and(FilterCondition::equal_to("inbox_id", [7]));
/// let json = serde_json::to_value(&filter).unwrap();
/// assert_eq!(json["payload"][0]["query_operator"], "AND");
/// assert!(json["payload"][1]["query_operator"].is_null());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filter {
    #[serde(rename = "payload")]
    conditions: Vec<FilterCondition>,
}

impl Filter {
    /// Creates a filter with one condition.
    pub fn new(condition: FilterCondition) -> Self {
        Self { conditions: vec![condition] }
    }

    /// Adds a condition that a row must meet as well.
    pub fn and(self, condition: FilterCondition) -> Self {
        self.join("AND", condition)
    }

    /// Adds a condition that a row may meet instead.
    pub fn or(self, condition: FilterCondition) -> Self {
        self.join("OR", condition)
    }

    /// Returns the conditions.
    pub fn conditions(&self) -> &[FilterCondition] {
        &self.conditions
    }

    fn join(mut self, operator: &'static str, condition: FilterCondition) -> Self {
        if let Some(last) = self.conditions.last_mut() {
            last.query_operator = Some(operator);
        }
        self.conditions.push(condition);
        self
    }
}

/// One condition: an attribute, a comparison, and the values to compare with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilterCondition {
    attribute_key: String,
    filter_operator: FilterOperator,
    values: Vec<Value>,
    // How it is joined to the next condition; null on the last.
    query_operator: Option<&'static str>,
}

impl FilterCondition {
    /// Creates a condition from any comparison. Which comparisons an attribute allows differs: an
    /// unsupported one is [invalid](crate::error::ErrorKind::Invalid).
    pub fn new<V: Into<Value>>(
        attribute: impl Into<String>,
        operator: FilterOperator,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            attribute_key: attribute.into(),
            filter_operator: operator,
            values: values.into_iter().map(Into::into).collect(),
            query_operator: None,
        }
    }

    /// Creates a condition that the attribute is one of these values.
    ///
    /// For contacts only the first value counts, and texts are compared without regard to case.
    pub fn equal_to<V: Into<Value>>(
        attribute: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::new(attribute, FilterOperator::EqualTo, values)
    }

    /// Creates a condition that the attribute contains this text.
    pub fn contains(attribute: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(attribute, FilterOperator::Contains, [text.into()])
    }

    /// Creates a condition that the attribute has a value.
    pub fn is_present(attribute: impl Into<String>) -> Self {
        Self::new(attribute, FilterOperator::IsPresent, [] as [Value; 0])
    }

    /// Creates a condition that the attribute has no value.
    pub fn is_not_present(attribute: impl Into<String>) -> Self {
        Self::new(attribute, FilterOperator::IsNotPresent, [] as [Value; 0])
    }
}

open_enum! {
    /// The comparison of a condition.
    pub enum FilterOperator {
        /// Equals one of the values.
        EqualTo = "equal_to",
        /// Equals none of the values.
        NotEqualTo = "not_equal_to",
        /// Contains the text.
        Contains = "contains",
        /// Does not contain the text.
        DoesNotContain = "does_not_contain",
        /// Starts with the text.
        StartsWith = "starts_with",
        /// Has a value.
        IsPresent = "is_present",
        /// Has no value.
        IsNotPresent = "is_not_present",
        /// Is later or greater than the value.
        IsGreaterThan = "is_greater_than",
        /// Is earlier or less than the value.
        IsLessThan = "is_less_than",
        /// Is more than this many days ago.
        DaysBefore = "days_before",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_names_what_joins_it_to_the_next() {
        let filter = Filter::new(FilterCondition::equal_to("identifier", ["c-1"]))
            .or(FilterCondition::contains("name", "Ada"))
            .and(FilterCondition::is_present("email"));
        let joins: Vec<_> = filter.conditions().iter().map(|c| c.query_operator).collect();
        assert_eq!(joins, [Some("OR"), Some("AND"), None]);
    }
}
