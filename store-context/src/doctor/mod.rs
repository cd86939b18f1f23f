//! Checks that a host runs against its live Chatwoot server.

mod widget;
mod widget_report;

pub use self::widget::check_widget;
pub use self::widget_report::{Finding, Leftover, Verdict, Way, WidgetReport};
