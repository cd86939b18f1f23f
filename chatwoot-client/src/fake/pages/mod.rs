//! The web pages of the fake: the widget, and the agent's page.

pub(in crate::fake) mod agent;
