//! What customers do in the shop: pages and products they view, carts and orders.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use super::text::open_words;

open_words! {
    /// What a customer did.
    ActivityKind {
        /// A page was viewed.
        PageViewed = "page_viewed",
        /// A product was viewed.
        ProductViewed = "product_viewed",
        /// The cart was changed.
        CartChanged = "cart_changed",
        /// An order was placed.
        OrderPlaced = "order_placed",
    }
}

/// Something that a customer did in the shop.
///
/// Its texts are bounded, so that what a browser sends can be kept: a kind of the host's own has at
/// most 64 characters, a title 255, and a URL 2,048 bytes; control characters are removed. Times have
/// microseconds and are not before 1970.
///
/// ```
/// use store_context::model::{Activity, ActivityKind};
///
/// let at = "2026-11-21T12:00:00Z".parse()?;
/// let url = "https://shop.example.com/tea?session=s3cret#reviews".parse()?;
/// let viewed = Activity::new(at, ActivityKind::ProductViewed, "Darjeeling").with_url(url);
/// assert_eq!(viewed.title(), "Darjeeling");
/// assert_eq!(viewed.url().map(|url| url.as_str()), Some("https://shop.example.com/tea"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Unbounded")]
pub struct Activity {
    at: Timestamp,
    kind: ActivityKind,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Url>,
}

impl Activity {
    /// The maximum number of characters of a title.
    pub const TITLE: usize = 255;
    /// The maximum number of bytes of a URL.
    pub const URL: usize = 2_048;

    const KIND: usize = 64;

    /// Creates an activity without a URL. Texts that are too long are cut.
    pub fn new(at: Timestamp, kind: ActivityKind, title: impl AsRef<str>) -> Self {
        let kind = match kind {
            ActivityKind::Other(word) => ActivityKind::from(cut(&word, Self::KIND)),
            known => known,
        };
        Self { at: micros(at), kind, title: cut(title.as_ref(), Self::TITLE), url: None }
    }

    /// Sets the URL of the page or the product, without its query, fragment and credentials, which may
    /// hold what nobody else should read. A URL that is too long, or is neither `http` nor `https`,
    /// is left out.
    pub fn with_url(self, mut url: Url) -> Self {
        url.set_query(None);
        self.with_exact_url(url)
    }

    /// Sets the URL with its query, for a shop that names its products there. Fragment and credentials
    /// are removed. As for [`Activity::with_url`] otherwise.
    pub fn with_exact_url(self, mut url: Url) -> Self {
        url.set_fragment(None);
        // Fails only for URLs without a host, which have no credentials.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        let fits = is_web(&url) && url.as_str().len() <= Self::URL;
        Self { url: fits.then_some(url), ..self }
    }

    /// Returns when it was done.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns what was done.
    pub const fn kind(&self) -> &ActivityKind {
        &self.kind
    }

    /// Returns the title of the page or the product, or whatever the host calls it.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the URL of the page or the product.
    pub const fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    /// Returns the activity with this time if its own is later. A storage uses it with its own clock:
    /// what is in the future would outlive every retention.
    #[must_use]
    pub fn not_after(self, now: Timestamp) -> Self {
        Self { at: self.at.min(micros(now)), ..self }
    }
}

/// Returns whether a browser may follow the URL: other schemes may run code.
pub(crate) fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Returns a time in whole microseconds, which is not before 1970.
fn micros(at: Timestamp) -> Timestamp {
    let at = at.max(Timestamp::UNIX_EPOCH);
    let rest = SignedDuration::from_nanos(i64::from(at.subsec_nanosecond() % 1_000));
    at.checked_sub(rest).unwrap_or(at)
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().filter(|character| !character.is_control()).take(limit).collect()
}

/// An activity as somebody wrote it.
#[derive(Deserialize)]
struct Unbounded {
    at: Timestamp,
    kind: ActivityKind,
    title: String,
    #[serde(default)]
    url: Option<Url>,
}

impl From<Unbounded> for Activity {
    fn from(Unbounded { at, kind, title, url }: Unbounded) -> Self {
        let bounded = Self::new(at, kind, title);
        match url {
            Some(url) => bounded.with_exact_url(url),
            None => bounded,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_browser_sends_is_bounded() {
        let json = json!({
            "at": "-009999-01-02T01:59:59Z",
            "kind": format!("\u{0}page_viewed"),
            "title": format!("Tea\u{0}\n{}", "é".repeat(300)),
            "url": format!("https://ada:pass@shop.example/?id=1{}#top", "x".repeat(100)),
        });
        let read: Activity = serde_json::from_value(json).unwrap();
        assert_eq!(read.at(), Timestamp::UNIX_EPOCH);
        assert_eq!(read.kind(), &ActivityKind::PageViewed);
        assert_eq!(read.title().chars().count(), 255);
        assert!(read.title().starts_with("Teaéé"));
        let url = read.url().unwrap().as_str();
        assert!(url.starts_with("https://shop.example/?id=1x") && url.ends_with('x'), "{url}");

        let last = Activity::new(Timestamp::MAX, ActivityKind::PageViewed, "").at();
        assert_eq!(last.to_string(), "9999-12-30T22:00:00.999999Z");

        let page = |url: &str| {
            let url = url.parse().unwrap();
            let page = Activity::new(Timestamp::MAX, ActivityKind::PageViewed, "").with_url(url);
            page.url().map(|url| url.as_str().len())
        };
        assert_eq!(page("javascript:alert(1)"), None);
        assert_eq!(page("data:text/html,x"), None);
        assert_eq!(page(&format!("https://a.example/{}", "x".repeat(3_000))), None);
        assert_eq!(page("https://a.example/?token=s3cret"), Some(18));
    }

    proptest! {
        #[test]
        fn an_activity_comes_back_from_json(
            micros in -1_000_000_i64..4_000_000_000_000_000,
            kind in ".{0,80}",
            title in ".{0,300}",
            path in "[a-z?=#/]{0,30}",
        ) {
            let at = Timestamp::from_microsecond(micros).unwrap();
            let url = format!("https://shop.example/{path}").parse().unwrap();
            let made = Activity::new(at, ActivityKind::from(kind), title).with_exact_url(url);
            let json = serde_json::to_string(&made).unwrap();
            prop_assert_eq!(serde_json::from_str::<Activity>(&json).unwrap(), made.clone());
            prop_assert!(made.clone().not_after(Timestamp::UNIX_EPOCH).at() == Timestamp::UNIX_EPOCH);
            prop_assert_eq!(made.clone().not_after(Timestamp::MAX), made);
        }
    }
}
