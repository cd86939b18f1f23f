//! The public API of an inbox, and the widget API.

pub(in crate::fake) mod conversations;
pub(in crate::fake) mod inbox;
pub(in crate::fake) mod widget;
pub(in crate::fake) mod widget_conversations;
