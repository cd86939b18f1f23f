//! What the fake sends: events, their payloads, their deliveries.

pub(in crate::fake) mod deliver;
pub(in crate::fake) mod events;
pub(in crate::fake) mod payloads;
