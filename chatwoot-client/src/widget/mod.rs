//! The widget on a website: the visitor's identity, the settings, the script that loads it, and the
//! Content-Security-Policy of its page.

mod csp;
mod identity;
mod settings;
mod snippet;

pub use self::csp::{CspSource, FrameAncestors, WidgetCsp};
pub use self::identity::{WidgetUser, identifier_hash};
pub use self::settings::{BubbleType, ColorScheme, Position, WidgetSettings, WidgetStyle};
pub use self::snippet::Snippet;

/// The reason why a script for the widget could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WidgetError {
    /// The identifier is empty: all visitors with an empty one would be one contact.
    #[error("the identifier is empty: give the customer's id in the shop, or no user for a guest")]
    EmptyIdentifier,
    /// The user has no name, e-mail address or picture: the widget rejects such a user.
    #[error(
        "the user has none of name, email and avatar_url: the widget requires at least one of them"
    )]
    NamelessUser,
    /// The inbox's key is empty: anyone could compute such a proof.
    #[error(
        "the inbox's hmac_token is empty: read it from the response that creates or lists inboxes"
    )]
    EmptyHmacToken,
    /// The base URL is invalid.
    #[error(
        "the base URL must be http or https and carry no user, password, query or fragment: write \
         it as https://chatwoot.example.com"
    )]
    BaseUrl,
    /// The website token is empty.
    #[error("the website token is empty: it is the `website_token` of the web widget's inbox")]
    EmptyWebsiteToken,
    /// A value could not be written as JSON.
    #[error("a setting or attribute could not be written as JSON")]
    Json(#[source] Box<dyn std::error::Error + Send + Sync>),
}
