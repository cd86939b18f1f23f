//! The pages that the fake serves: the widget, and an agent's.

pub(in crate::fake) mod agent;
