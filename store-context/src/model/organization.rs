//! Organizations, which stand above stores.

use super::text::text_ids;

text_ids! {
    /// The id of an organization with one or more stores, assigned by the host: a merchant with a
    /// store in each country, or a tenant of a platform.
    OrganizationId;
}
