//! What is around the example `saas_tenants`: the tenants' shops, which are the host's own, and the
//! world of its story, two Chatwoots with a tenant each and the host's back office.

mod back_office;
mod shops;
pub mod story;
mod tenant;

pub use self::back_office::{BackOffice, Port};
pub use self::shops::TenantShops;
pub use self::tenant::{Late, Tenant};
