//! Filters: conditions that contacts and conversations are looked up by.

use serde::Serialize;
use serde_json::Value;

use crate::types::open_enum;

/// Conditions, joined by "and" and "or". There are no brackets: "and" binds tighter, as in SQL.
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
    /// A filter of one condition.
    pub fn new(condition: FilterCondition) -> Self {
        Self { conditions: vec![condition] }
    }

    /// A row must also meet this condition.
    pub fn and(self, condition: FilterCondition) -> Self {
        self.join("AND", condition)
    }

    /// A row may meet this condition instead.
    pub fn or(self, condition: FilterCondition) -> Self {
        self.join("OR", condition)
    }

    /// The conditions.
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

/// One condition: an attribute, how to compare it, and with what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilterCondition {
    attribute_key: String,
    filter_operator: FilterOperator,
    values: Vec<Value>,
    // What joins it to the next one; null on the last.
    query_operator: Option<&'static str>,
}

impl FilterCondition {
    /// Any comparison. Which ones an attribute allows differs: a wrong one is
    /// [invalid](crate::error::ErrorKind::Invalid).
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

    /// The attribute is one of these values.
    ///
    /// For contacts only the first value counts, and texts compare without regard to case.
    pub fn equal_to<V: Into<Value>>(
        attribute: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::new(attribute, FilterOperator::EqualTo, values)
    }

    /// The attribute has this text in it.
    pub fn contains(attribute: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(attribute, FilterOperator::Contains, [text.into()])
    }

    /// The attribute has a value.
    pub fn is_present(attribute: impl Into<String>) -> Self {
        Self::new(attribute, FilterOperator::IsPresent, [] as [Value; 0])
    }

    /// The attribute has no value.
    pub fn is_not_present(attribute: impl Into<String>) -> Self {
        Self::new(attribute, FilterOperator::IsNotPresent, [] as [Value; 0])
    }
}

open_enum! {
    /// How a condition compares.
    pub enum FilterOperator {
        /// Is one of the values.
        EqualTo = "equal_to",
        /// Is none of the values.
        NotEqualTo = "not_equal_to",
        /// Has the text in it.
        Contains = "contains",
        /// Does not have the text in it.
        DoesNotContain = "does_not_contain",
        /// Begins with the text.
        StartsWith = "starts_with",
        /// Has a value.
        IsPresent = "is_present",
        /// Has no value.
        IsNotPresent = "is_not_present",
        /// Is later or more than the value.
        IsGreaterThan = "is_greater_than",
        /// Is earlier or less than the value.
        IsLessThan = "is_less_than",
        /// Is more than so many days ago.
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
