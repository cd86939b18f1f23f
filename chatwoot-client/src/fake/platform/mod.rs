//! The Platform API of the fake.

pub(in crate::fake) mod accounts;
pub(in crate::fake) mod users;
