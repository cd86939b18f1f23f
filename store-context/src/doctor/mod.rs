//! Checks of a live host and its stores' Chatwoot servers.
//!
//! A [`Doctor`] makes named checks of one store or of all and returns a [`Report`]. Each check
//! passes, warns, fails or is skipped, and says what to do. It is skipped if a check without which it
//! could not tell anything failed, so that one fault is reported once.
//!
//! | check | what it proves |
//! |---|---|
//! | `store` | The store is known, has an account and keys, and its token is for the server of its account. |
//! | `base_url` | The base URL is reached, a Chatwoot answers there, and its database and Redis work. |
//! | `clock` | The server's clock and this host's agree, so that signatures are in time. |
//! | `version` | The server's version is one that this crate was measured with. |
//! | `user_token` | The server knows the user's token, and its user is an administrator of the account. |
//! | `platform_token` | The server knows the platform app's token, and the app may use the store's account. |
//! | `account` | The account exists, is active, and has the features that the store needs. |
//! | `inboxes` | The remembered inboxes exist and are of their kinds. |
//! | `widget` | The remembered website token is the inbox's, and the widget's script loads. |
//! | `hmac` | The website and API inboxes require a proof of identity, and their keys are the remembered ones. |
//! | `attributes` | The custom attributes are defined in the account as declared. |
//! | `webhook` | The account's webhook has this host's address, all events and the remembered secret, and the address is answered by this host. |
//! | `round_trip` | A change in Chatwoot arrives in the ledger as a signed webhook. |
//! | `panel` | The dashboard app shows this host's panel, and the panel may be framed by Chatwoot. |
//! | `widget_csp` | The website's Content-Security-Policy allows the widget. |
//! | `ledger_lag` | Customers and events wait no longer than they should. |
//! | `parked_rows` | No customer and no event is set aside, and the store is not paused. |
//! | `last_delivery` | The newest activity in Chatwoot came as a webhook. |
//! | `credentials` | No replaced secret is overdue or ends soon, and the panel's address is not too old. |
//!
//! [`check_round_trip`] is what `round_trip` does, on its own.
//!
//! [`check_widget`] is separate, because it creates visitors: it tells whether a visitor of a
//! website inbox can become another contact without a proof.

mod attributes;
mod check;
mod config;
mod credentials;
mod finding;
mod inboxes;
mod ledgers;
mod pages;
mod panel;
mod report;
mod round_trip;
mod run;
mod scrub;
mod server;
mod tokens;
mod webhook;
mod widget;
mod widget_csp;
mod widget_report;

pub use self::check::{Check, UnknownCheck};
pub use self::config::DoctorConfig;
pub use self::report::{CheckResult, CheckStatus, Report, StoreReport};
pub use self::round_trip::{RoundTrip, RoundTripError, check_round_trip};
pub use self::run::Doctor;
pub use self::widget::check_widget;
pub use self::widget_report::{Finding, Leftover, Verdict, Way, WidgetReport};
