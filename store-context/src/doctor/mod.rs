//! Checks that a host runs against its live Chatwoot server.

mod round_trip;
mod widget;
mod widget_report;

pub use self::round_trip::{RoundTrip, RoundTripError, check_round_trip};
pub use self::widget::check_widget;
pub use self::widget_report::{Finding, Leftover, Verdict, Way, WidgetReport};
