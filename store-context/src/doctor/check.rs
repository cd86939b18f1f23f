//! The names of the checks, what each proves, and which others it needs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A check of a store. `Display` writes its name, such as `base_url`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// The store's record.
    Store,
    /// The base URL.
    BaseUrl,
    /// The server's clock.
    Clock,
    /// The server's version.
    Version,
    /// The user's token.
    UserToken,
    /// The platform app's token.
    PlatformToken,
    /// The account.
    Account,
    /// The inboxes.
    Inboxes,
    /// The website token and the widget's script.
    Widget,
    /// The proof of identity that inboxes require.
    Hmac,
    /// The definitions of custom attributes.
    Attributes,
    /// The account's webhook.
    Webhook,
    /// A webhook that is sent and received.
    RoundTrip,
    /// The panel beside conversations.
    Panel,
    /// The Content-Security-Policy of the website.
    WidgetCsp,
    /// The lag of the ledgers.
    LedgerLag,
    /// Parked rows and entries.
    ParkedRows,
    /// The last delivery.
    LastDelivery,
    /// Credentials that expire.
    Credentials,
}

impl Check {
    /// All checks, in the order of the report.
    pub const ALL: [Self; 19] = [
        Self::Store,
        Self::BaseUrl,
        Self::Clock,
        Self::Version,
        Self::UserToken,
        Self::PlatformToken,
        Self::Account,
        Self::Inboxes,
        Self::Widget,
        Self::Hmac,
        Self::Attributes,
        Self::Webhook,
        Self::RoundTrip,
        Self::Panel,
        Self::WidgetCsp,
        Self::LedgerLag,
        Self::ParkedRows,
        Self::LastDelivery,
        Self::Credentials,
    ];

    /// Returns the name, in the letters of an identifier.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::BaseUrl => "base_url",
            Self::Clock => "clock",
            Self::Version => "version",
            Self::UserToken => "user_token",
            Self::PlatformToken => "platform_token",
            Self::Account => "account",
            Self::Inboxes => "inboxes",
            Self::Widget => "widget",
            Self::Hmac => "hmac",
            Self::Attributes => "attributes",
            Self::Webhook => "webhook",
            Self::RoundTrip => "round_trip",
            Self::Panel => "panel",
            Self::WidgetCsp => "widget_csp",
            Self::LedgerLag => "ledger_lag",
            Self::ParkedRows => "parked_rows",
            Self::LastDelivery => "last_delivery",
            Self::Credentials => "credentials",
        }
    }

    /// Returns what the check proves when it passes.
    pub const fn proves(self) -> &'static str {
        match self {
            Self::Store => {
                "The store is known, has an account and keys, and its token is for the server of \
                 its account."
            }
            Self::BaseUrl => {
                "The base URL is reached, a Chatwoot answers there, and its database and Redis work."
            }
            Self::Clock => {
                "The server's clock and this host's agree, so that signatures are in time."
            }
            Self::Version => "The server's version is one that this crate was measured with.",
            Self::UserToken => {
                "The server knows the user's token, and its user is an administrator of the account."
            }
            Self::PlatformToken => {
                "The server knows the platform app's token, and the app may use the store's account."
            }
            Self::Account => {
                "The account exists, is active, and has the features that the store needs."
            }
            Self::Inboxes => "The remembered inboxes exist and are of their kinds.",
            Self::Widget => {
                "The remembered website token is the inbox's, and the widget's script loads."
            }
            Self::Hmac => {
                "The website and API inboxes require a proof of identity, and their keys are the \
                 remembered ones."
            }
            Self::Attributes => "The custom attributes are defined in the account as declared.",
            Self::Webhook => {
                "The account's webhook has this host's address, all events and the remembered \
                 secret, and the address is answered by this host."
            }
            Self::RoundTrip => "A change in Chatwoot arrives in the ledger as a signed webhook.",
            Self::Panel => {
                "The dashboard app shows this host's panel, and the panel may be framed by Chatwoot."
            }
            Self::WidgetCsp => "The website's Content-Security-Policy allows the widget.",
            Self::LedgerLag => "Customers and events wait no longer than they should.",
            Self::ParkedRows => {
                "No customer and no event is set aside, and the store is not paused."
            }
            Self::LastDelivery => "The newest activity in Chatwoot came as a webhook.",
            Self::Credentials => {
                "No replaced secret is overdue or ends soon, and the panel's address is not too old."
            }
        }
    }

    /// Returns the checks without which this one could not tell anything: it is skipped if one of
    /// them failed.
    pub const fn needs(self) -> &'static [Self] {
        match self {
            Self::Store => &[],
            Self::BaseUrl | Self::LedgerLag | Self::ParkedRows | Self::Credentials => {
                &[Self::Store]
            }
            Self::WidgetCsp => &[Self::Store],
            Self::Clock | Self::Version | Self::UserToken | Self::PlatformToken => &[Self::BaseUrl],
            Self::Account => &[Self::UserToken],
            Self::Inboxes | Self::Attributes | Self::Webhook | Self::Panel | Self::LastDelivery => {
                &[Self::Account]
            }
            Self::Widget | Self::Hmac => &[Self::Inboxes],
            Self::RoundTrip => &[Self::Webhook],
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for a text that is not the name of a check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no check `{name}`; the checks are: {}", Check::ALL.map(Check::name).join(", "))]
pub struct UnknownCheck {
    name: String,
}

impl FromStr for Check {
    type Err = UnknownCheck;

    /// Parses a name.
    fn from_str(text: &str) -> Result<Self, UnknownCheck> {
        let found = Self::ALL.into_iter().find(|check| check.name() == text);
        found.ok_or_else(|| UnknownCheck { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_one_name_and_needs_only_earlier_ones() {
        for (number, check) in Check::ALL.into_iter().enumerate() {
            assert_eq!(check.name().parse(), Ok(check));
            assert_eq!(serde_json::to_value(check).unwrap(), check.name());
            assert!(check.needs().iter().all(|need| Check::ALL[..number].contains(need)));
        }
        assert!("ledger".parse::<Check>().unwrap_err().to_string().contains("ledger_lag"));
    }

    /// The table in the module's documentation is the one in this file.
    #[test]
    fn the_documented_table_lists_each_check() {
        let documented = include_str!("mod.rs");
        let rows = documented.lines().filter(|line| line.starts_with("//! | `")).count();
        assert_eq!(rows, Check::ALL.len());
        for check in Check::ALL {
            let row = format!("//! | `{check}` | {} |", check.proves());
            assert!(documented.lines().any(|line| line == row), "missing: {row}");
        }
    }
}
