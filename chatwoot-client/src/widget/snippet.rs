//! The script element that loads the widget on a page and identifies the visitor.

use std::fmt::Write;

use serde::Serialize;
use url::Url;

use crate::mac::mac_digits;
use crate::types::Attributes;
use crate::types::Secret;
use crate::widget::WidgetSettings;
use crate::widget::{WidgetError, WidgetUser};

/// A JavaScript function with one parameter: the values of the page.
const SCRIPT: &str = include_str!("snippet.js");

/// The HTML that loads the widget, for a page's `head` or `body`: one script element.
///
/// Put it on every page of the website, with the user on the pages of a signed-in customer and
/// without one on the pages for guests. In the browser it does this:
///
/// - Before anything is loaded, it removes the cookies with which the widget would continue the
///   chat of another customer: on a page without a user those of a signed-in customer, on a page
///   with a user those of a different one. A guest's own chat is kept, and becomes the customer's
///   when the guest signs in. The signed-in customer is remembered in the cookie
///   `cw_customer_{website token}`: a keyed hash of the identifier for a user with a proof. For a
///   user without a proof the key is the public website token, so that anyone who reads the cookie
///   can guess identifiers.
/// - It sets `window.chatwootSettings`, and loads `/packs/js/sdk.js` from the base URL after the
///   page has been parsed.
/// - When the widget is ready, it sets the user, the contact's custom attributes and the language.
/// - It keeps the user's [conversation attributes](WidgetUser::conversation_attributes) on the
///   conversation, whatever the page sets or deletes with `window.$chatwoot`. Chatwoot has no call
///   that adds one attribute: each time, with the first message of a conversation in each tab and
///   hour, all attributes are replaced by those of the page and of the user. Conversation
///   attributes that agents and bots set are then lost.
///
/// A page that signs out a customer without loading another page, as in a single-page app, calls
/// `window.$chatwoot.reset()`, which this script extends: Chatwoot's own version does not remove
/// cookies that were written for a [base domain](WidgetSettings::base_domain). To sign in another
/// customer, load a page.
///
/// Every value is escaped so that it can end neither a string nor the script. The page of a
/// customer contains that customer's proof: do not let it be cached for others.
///
/// ```
/// use chatwoot_client::Secret;
/// use chatwoot_client::widget::{Snippet, WidgetUser};
///
/// let mut user = WidgetUser::proven("customer-17", &Secret::new("the inbox's hmac_token"))?;
/// user.name = Some("Ada </script>".into());
/// let html = Snippet::new("https://chatwoot.example.com", "the-website-token")
///     .user(Some(&user))
///     .nonce("r4nd0m")
///     .to_html()?;
/// assert!(html.starts_with(r#"<script nonce="r4nd0m">"#));
/// assert!(html.contains(r#""identifier":"customer-17","user":{"name":"Ada \u003c/script\u003e""#));
/// # Ok::<(), chatwoot_client::widget::WidgetError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Snippet<'a> {
    base_url: &'a str,
    website_token: &'a str,
    settings: Option<&'a WidgetSettings>,
    user: Option<&'a WidgetUser>,
    contact_attributes: Option<&'a Attributes>,
    nonce: Option<&'a str>,
}

impl<'a> Snippet<'a> {
    /// Creates the snippet of a page for guests: Chatwoot's base URL, and the `website_token` of
    /// the web widget's inbox.
    pub fn new(base_url: &'a str, website_token: &'a str) -> Self {
        let (settings, user, contact_attributes, nonce) = (None, None, None, None);
        Self { base_url, website_token, settings, user, contact_attributes, nonce }
    }

    /// Sets the appearance and behavior of the widget.
    pub fn settings(mut self, settings: &'a WidgetSettings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Sets the customer who is signed in; `None` on a page for a guest.
    pub fn user(mut self, user: Option<&'a WidgetUser>) -> Self {
        self.user = user;
        self
    }

    /// Sets custom attributes of the contact, also of a guest; the server merges them with the
    /// existing ones.
    pub fn contact_attributes(mut self, attributes: &'a Attributes) -> Self {
        self.contact_attributes = Some(attributes);
        self
    }

    /// Sets the nonce of this response, for a page with a Content-Security-Policy; see
    /// [`WidgetCsp`](crate::widget::WidgetCsp).
    pub fn nonce(mut self, nonce: &'a str) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// Returns the script element.
    ///
    /// An error names what the widget would reject: an invalid base URL, an empty website token, a
    /// user without name, e-mail address and picture.
    pub fn to_html(&self) -> Result<String, WidgetError> {
        let base_url = base(self.base_url)?;
        if self.website_token.trim().is_empty() {
            return Err(WidgetError::EmptyWebsiteToken);
        }
        if self.user.is_some_and(|user| !user.is_named()) {
            return Err(WidgetError::NamelessUser);
        }
        let default = WidgetSettings::default();
        let settings = self.settings.unwrap_or(&default);
        let page = Page {
            base_url: &base_url,
            website_token: self.website_token,
            settings,
            customer: self.user.map(|user| self.mark(user)),
            identifier: self.user.map(WidgetUser::identifier),
            user: self.user,
            // The widget throws on an empty object.
            contact_attributes: self.contact_attributes.filter(|all| !all.is_empty()),
            conversation_attributes: self
                .user
                .map(|user| &*user.conversation_attributes)
                .filter(|all| !all.is_empty()),
            locale: settings
                .locale
                .as_deref()
                .filter(|_| settings.use_browser_language != Some(true)),
            // A policy with nonces only also requires one on a script that a script adds.
            nonce: self.nonce,
        };
        let nonce =
            self.nonce.map(|nonce| format!(r#" nonce="{}""#, attribute(nonce))).unwrap_or_default();
        let mut html = format!("<script{nonce}>\n");
        for line in SCRIPT.lines().filter(|line| !line.trim_start().starts_with("//")) {
            html.push_str(line);
            html.push('\n');
        }
        // Writing to a `String` cannot fail.
        let _ = writeln!(html, "({});\n</script>", js(&page)?);
        Ok(html)
    }

    /// Returns the value by which the browser remembers the user: the same for one customer, and
    /// different for any other. It reveals neither the identifier nor its proof.
    fn mark(&self, user: &WidgetUser) -> String {
        let public = Secret::new(self.website_token);
        let key = user.identifier_hash.as_ref().unwrap_or(&public);
        let mut mark = mac_digits(key, &[user.identifier().as_bytes()]);
        mark.truncate(32);
        mark
    }
}

/// The values that are passed to the script.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    base_url: &'a str,
    website_token: &'a str,
    settings: &'a WidgetSettings,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a WidgetUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_attributes: Option<&'a Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_attributes: Option<&'a Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// Returns a value as JavaScript that is safe inside a script element: JSON, in which these
/// characters only occur inside strings, so that an escape in their place has the same meaning.
fn js<T: Serialize + ?Sized>(value: &T) -> Result<String, WidgetError> {
    let json = serde_json::to_string(value).map_err(|error| WidgetError::Json(error.into()))?;
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(safe, "\\u{:04x}", u32::from(character));
            }
            other => safe.push(other),
        }
    }
    Ok(safe)
}

/// Returns a text as the value of an attribute in double quotes.
fn attribute(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' => {
                let _ = write!(safe, "&#{};", u32::from(character));
            }
            other => safe.push(other),
        }
    }
    safe
}

/// Returns the URL without its last slash; only `http` or `https`, because the page will load code
/// from it.
pub(super) fn base(text: &str) -> Result<String, WidgetError> {
    let url = Url::parse(text).map_err(|_| WidgetError::BaseUrl)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain {
        Ok(url.as_str().trim_end_matches('/').to_owned())
    } else {
        Err(WidgetError::BaseUrl)
    }
}

#[cfg(test)]
mod tests;
