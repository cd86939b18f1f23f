//! The Content-Security-Policy of a page with the widget.

use std::fmt;

use url::Url;

use super::WidgetError;
use super::snippet::base;

/// The sources that a page's Content-Security-Policy must allow for the widget of one Chatwoot
/// server, as data, and merged into a host's own policy.
///
/// These are the requests of the page itself, read in the widget's script of Chatwoot 4.9.1 to
/// 4.15.1. Everything else (the conversation, its pictures, the WebSocket) is loaded by the
/// widget's frame, which has Chatwoot's own policy. The inline script of a
/// [`Snippet`](crate::widget::Snippet) needs a [nonce](crate::widget::Snippet::nonce) besides, which
/// the snippet also gives to the script that it adds.
///
/// ```
/// use chatwoot_client::widget::WidgetCsp;
///
/// let csp = WidgetCsp::new("https://chatwoot.example.com")?;
/// let own = "default-src 'self'; script-src 'self' 'nonce-r4nd0m'; object-src 'none'";
/// assert_eq!(
///     csp.merged_into(own),
///     "default-src 'self'; script-src 'self' 'nonce-r4nd0m' https://chatwoot.example.com; \
///      object-src 'none'; frame-src 'self' https://chatwoot.example.com; \
///      style-src 'self' 'unsafe-inline'; connect-src 'self' https://chatwoot.example.com"
/// );
/// let page = "https://shop.example.com/".parse().unwrap();
/// assert!(csp.missing_in(&csp.merged_into(own), &page).is_empty());
/// let missing = csp.missing_in(own, &page);
/// assert_eq!(missing[0].to_string(), "frame-src https://chatwoot.example.com");
/// # Ok::<(), chatwoot_client::widget::WidgetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidgetCsp {
    sources: [CspSource; 4],
}

/// A source that one directive must allow. `Display` writes `frame-src https://chatwoot.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CspSource {
    /// The directive's name, such as `frame-src`.
    pub directive: &'static str,
    /// The source: the server's origin, or `'unsafe-inline'`.
    pub source: String,
    /// What the page loads with it.
    pub loads: &'static str,
    /// Whether the widget does not work without it. Without the others it has no sound.
    pub essential: bool,
    /// The address that is loaded; `None` for inline styles.
    loaded_from: Option<Url>,
    /// The directives that decide, the first that the policy has.
    chains: &'static [&'static [&'static str]],
}

impl fmt::Display for CspSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.directive, self.source)
    }
}

/// The `frame-ancestors` of a policy: the pages that may embed a page. `Display` writes the directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameAncestors(Vec<String>);

impl FrameAncestors {
    /// Returns whether a page may be embedded by one with the origin of `ancestor`.
    pub fn allows(&self, ancestor: &Url, page: &Url) -> bool {
        let mut origin = ancestor.clone();
        origin.set_path("/");
        self.0.iter().any(|source| matches(source, &origin, Some(page)))
    }
}

impl fmt::Display for FrameAncestors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame-ancestors {}", self.0.join(" "))
    }
}

/// The source that allows style elements and attributes.
const INLINE: &str = "'unsafe-inline'";

impl WidgetCsp {
    /// Creates the sources for the Chatwoot server at a base URL.
    ///
    /// # Errors
    /// Returns an error if the base URL is not a plain `http` or `https` URL.
    pub fn new(base_url: &str) -> Result<Self, WidgetError> {
        let base_url = base(base_url)?;
        let at = |path: &str| Url::parse(&format!("{base_url}{path}"));
        let (script, frame, sound) =
            (at("/packs/js/sdk.js"), at("/widget"), at("/audio/widget/ding.mp3"));
        let (Ok(script), Ok(frame), Ok(sound)) = (script, frame, sound) else {
            return Err(WidgetError::BaseUrl);
        };
        let origin = script.origin().ascii_serialization();
        let source = |directive, loads, essential, url, chains| CspSource {
            directive,
            source: origin.clone(),
            loads,
            essential,
            loaded_from: Some(url),
            chains,
        };
        Ok(Self {
            sources: [
                source(
                    "script-src",
                    "the widget's script",
                    true,
                    script,
                    &[&["script-src-elem", "script-src", "default-src"]],
                ),
                source(
                    "frame-src",
                    "the widget's frame",
                    true,
                    frame,
                    &[&["frame-src", "child-src", "default-src"]],
                ),
                CspSource {
                    directive: "style-src",
                    source: INLINE.to_owned(),
                    loads: "the widget's styles, which the script adds without a nonce",
                    essential: true,
                    loaded_from: None,
                    chains: &[
                        &["style-src-elem", "style-src", "default-src"],
                        &["style-src-attr", "style-src", "default-src"],
                    ],
                },
                source(
                    "connect-src",
                    "the sound of a new message",
                    false,
                    sound,
                    &[&["connect-src", "default-src"]],
                ),
            ],
        })
    }

    /// Returns the sources, the essential ones first.
    pub fn sources(&self) -> &[CspSource] {
        &self.sources
    }

    /// Returns the sources that a policy refuses on a page, by the rules of Content Security Policy
    /// Level 3. `policy` is the value of a `Content-Security-Policy` header; if a page has several,
    /// each of them must allow all sources. An empty policy refuses nothing.
    ///
    /// A script source also counts as allowed if the policy has a nonce, as the
    /// [`Snippet`](crate::widget::Snippet) gives it to the script.
    pub fn missing_in(&self, policy: &str, page: &Url) -> Vec<&CspSource> {
        let policies: Vec<Policy<'_>> = policies(policy);
        let refused = |source: &CspSource| policies.iter().any(|one| one.refuses(source, page));
        self.sources.iter().filter(|source| refused(source)).collect()
    }

    /// Returns the `frame-ancestors` of the policies of a header's value: who may embed the page.
    /// Each of them must allow it.
    ///
    /// ```
    /// use chatwoot_client::widget::WidgetCsp;
    ///
    /// let chatwoot = "https://chatwoot.example.com".parse().unwrap();
    /// let page = "https://shop.example.com/panel".parse().unwrap();
    /// let policy = "default-src 'none'; frame-ancestors 'self' https://chatwoot.example.com";
    /// let ancestors = WidgetCsp::frame_ancestors(policy);
    /// assert!(ancestors.iter().all(|ancestors| ancestors.allows(&chatwoot, &page)));
    /// assert!(!WidgetCsp::frame_ancestors("frame-ancestors 'self'")[0].allows(&chatwoot, &page));
    /// ```
    pub fn frame_ancestors(policy: &str) -> Vec<FrameAncestors> {
        let ancestors = |policy: &Policy<'_>| {
            let at = policy.deciding(&["frame-ancestors"])?;
            Some(FrameAncestors(policy.0[at].1.iter().map(|&source| source.to_owned()).collect()))
        };
        policies(policy).iter().filter_map(ancestors).collect()
    }

    /// Returns a policy with the sources added where it does not allow them. A directive is added
    /// only if the policy restricts what it is about, with the sources that applied until then.
    ///
    /// `'unsafe-inline'` has no effect beside a nonce or a hash, so these are removed from the
    /// directives for styles.
    pub fn merged_into(&self, policy: &str) -> String {
        let mut policies = policies(policy);
        for policy in &mut policies {
            for source in &self.sources {
                for chain in source.chains {
                    policy.add(source, chain);
                }
            }
        }
        policies.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

/// One policy: its directives in order.
struct Policy<'a>(Vec<(&'a str, Vec<&'a str>)>);

/// Parses the policies of a header's value, which are separated by commas.
fn policies(text: &str) -> Vec<Policy<'_>> {
    text.split(',').map(directives).filter(|policy| !policy.0.is_empty()).collect()
}

fn directives(text: &str) -> Policy<'_> {
    let mut directives: Vec<(&str, Vec<&str>)> = Vec::new();
    for directive in text.split(';') {
        let mut words = directive.split_ascii_whitespace();
        let Some(name) = words.next() else { continue };
        // A browser ignores all but the first directive of a name.
        if directives.iter().all(|(known, _)| !known.eq_ignore_ascii_case(name)) {
            directives.push((name, words.collect()));
        }
    }
    Policy(directives)
}

impl fmt::Display for Policy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (name, sources)) in self.0.iter().enumerate() {
            let before = if number == 0 { "" } else { "; " };
            write!(f, "{before}{name}")?;
            for source in sources {
                write!(f, " {source}")?;
            }
        }
        Ok(())
    }
}

impl<'a> Policy<'a> {
    /// Returns the position of the directive that decides.
    fn deciding(&self, chain: &[&str]) -> Option<usize> {
        let find = |name: &&str| self.0.iter().position(|(is, _)| is.eq_ignore_ascii_case(name));
        chain.iter().find_map(find)
    }

    fn refuses(&self, source: &CspSource, page: &Url) -> bool {
        let refuses = |chain: &&[&str]| {
            self.deciding(chain).is_some_and(|at| !allows(&self.0[at].1, source, Some(page)))
        };
        source.chains.iter().any(refuses)
    }

    fn add(&mut self, source: &'a CspSource, chain: &[&str]) {
        let Some(at) = self.deciding(chain) else { return };
        let (name, sources) = &self.0[at];
        if allows(sources, source, None) {
            return;
        }
        let inline = source.loaded_from.is_none();
        let kept = |one: &&&str| !(is_none(one) || inline && is_nonce_or_hash(one));
        let mut added: Vec<&str> = sources.iter().filter(kept).copied().collect();
        added.push(&source.source);
        let shared = ["default-src", "child-src"].iter().any(|it| name.eq_ignore_ascii_case(it));
        if shared {
            self.0.push((source.directive, added));
        } else {
            self.0[at].1 = added;
        }
    }
}

fn is_none(source: &str) -> bool {
    source.eq_ignore_ascii_case("'none'")
}

fn is_nonce_or_hash(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    ["'nonce-", "'sha256-", "'sha384-", "'sha512-"].iter().any(|start| source.starts_with(start))
}

/// Returns whether a directive's sources allow what is loaded; `page` is what `'self'` means.
fn allows(sources: &[&str], wanted: &CspSource, page: Option<&Url>) -> bool {
    let has = |word: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(word));
    let marked = sources.iter().any(|source| is_nonce_or_hash(source));
    let Some(url) = &wanted.loaded_from else { return has(INLINE) && !marked };
    if wanted.directive == "script-src" && page.is_some() && marked {
        return true;
    }
    if wanted.directive == "script-src" && has("'strict-dynamic'") {
        // Sources of hosts are ignored, and the script with a nonce adds the other.
        return marked;
    }
    sources.iter().any(|source| matches(source, url, page))
}

/// Returns whether one source expression matches a URL.
fn matches(source: &str, url: &Url, page: Option<&Url>) -> bool {
    if source.eq_ignore_ascii_case("'self'") {
        return page.is_some_and(|page| page.origin() == url.origin());
    }
    if source.starts_with('\'') {
        return false;
    }
    if source == "*" {
        return true;
    }
    if let Some(scheme) = source.strip_suffix(':') {
        return scheme_matches(scheme, url);
    }
    let (scheme, rest) = match source.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (page.map(Url::scheme), source),
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    // The colons of an IPv6 address are in brackets.
    let port = authority.rfind(':').filter(|at| authority.rfind(']').is_none_or(|end| *at > end));
    let (host, port) =
        port.map_or((authority, None), |at| (&authority[..at], Some(&authority[at + 1..])));
    scheme.is_none_or(|scheme| scheme_matches(scheme, url))
        && host_matches(host, url.host_str().unwrap_or_default())
        && port_matches(port, scheme, url)
        && path_matches(path, url.path())
}

/// A source with `http` also allows `https`.
fn scheme_matches(scheme: &str, url: &Url) -> bool {
    scheme.eq_ignore_ascii_case(url.scheme())
        || scheme.eq_ignore_ascii_case("http") && url.scheme() == "https"
}

fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(domain) => {
            let (host, domain) = (host.to_ascii_lowercase(), domain.to_ascii_lowercase());
            domain.is_empty() || host.ends_with(&domain) && host != domain
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

fn port_matches(port: Option<&str>, scheme: Option<&str>, url: &Url) -> bool {
    let own = url.port_or_known_default();
    match port {
        Some("*") => true,
        Some(port) => port.parse().ok() == own,
        None => {
            let default = match scheme {
                Some(scheme) if scheme.eq_ignore_ascii_case("http") => Some(80),
                _ => Some(443),
            };
            own == default || own == Some(443) && url.scheme() == "https" || {
                scheme.is_none() && url.port().is_none()
            }
        }
    }
}

/// A path that ends with a slash allows everything below it.
fn path_matches(pattern: &str, path: &str) -> bool {
    match pattern {
        "" | "/" => true,
        below if below.ends_with('/') => path.starts_with(below),
        exact => exact == path,
    }
}

#[cfg(test)]
mod tests;
