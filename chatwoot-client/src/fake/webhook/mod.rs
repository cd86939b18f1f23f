//! Webhooks of the fake: events, payloads, deliveries.

pub(in crate::fake) mod deliver;
pub(in crate::fake) mod events;
pub(in crate::fake) mod payloads;
