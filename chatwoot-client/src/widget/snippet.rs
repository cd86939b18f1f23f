//! The script: what a page carries so that the widget is there and knows the visitor.

use std::fmt::Write;

use serde::Serialize;
use url::Url;

use super::settings::WidgetSettings;
use super::{WidgetError, WidgetUser};
use crate::model::Attributes;

/// The HTML that loads the widget, for a page's `head` or `body`: one script element.
///
/// It sets `window.chatwootSettings`, loads `/packs/js/sdk.js` from `base_url` once the page is
/// read, and when the widget is ready tells it the user, the contact's custom attributes (none if
/// empty) and the language. Every value is written so that it can end neither a text nor the
/// script. A page with a Content-Security-Policy gives the `nonce` of this very answer.
///
/// The page of one customer holds that customer's proof: do not let it be cached for others.
///
/// ```
/// use chatwoot_client::Secret;
/// use chatwoot_client::widget::{WidgetSettings, WidgetUser, snippet};
///
/// let mut user = WidgetUser::proven("customer-17", &Secret::new("the inbox's hmac_token"))?;
/// user.name = Some("Ada </script>".into());
/// let html = snippet(
///     "https://desk.example.com",
///     "the-website-token",
///     &WidgetSettings::default(),
///     Some(&user),
///     &Default::default(),
///     Some("r4nd0m"),
/// )?;
/// assert!(html.starts_with(r#"<script nonce="r4nd0m">"#));
/// assert!(html.contains(r#"setUser("customer-17", {"name":"Ada \u003c/script\u003e""#));
/// # Ok::<(), chatwoot_client::widget::WidgetError>(())
/// ```
pub fn snippet(
    base_url: &str,
    website_token: &str,
    settings: &WidgetSettings,
    user: Option<&WidgetUser>,
    custom_attributes: &Attributes,
    nonce: Option<&str>,
) -> Result<String, WidgetError> {
    let base_url = base(base_url)?;
    if website_token.trim().is_empty() {
        return Err(WidgetError::EmptyWebsiteToken);
    }

    let mut ready = String::new();
    if let Some(user) = user {
        if !user.is_named() {
            return Err(WidgetError::NamelessUser);
        }
        let (identifier, user) = (js(user.identifier())?, js(user)?);
        line(&mut ready, format_args!("    window.$chatwoot.setUser({identifier}, {user});"));
    }
    // The widget throws on an empty object.
    if !custom_attributes.is_empty() {
        let attributes = js(custom_attributes)?;
        line(&mut ready, format_args!("    window.$chatwoot.setCustomAttributes({attributes});"));
    }
    if let Some(locale) = &settings.locale
        && settings.use_browser_language != Some(true)
    {
        let locale = js(locale)?;
        line(&mut ready, format_args!("    window.$chatwoot.setLocale({locale});"));
    }

    let settings = js(settings)?;
    let source = js(&format!("{base_url}/packs/js/sdk.js"))?;
    let run = js(&serde_json::json!({"websiteToken": website_token, "baseUrl": base_url}))?;
    // A policy with nonces alone also asks for one on a script that a script adds.
    let nonce_line = match nonce {
        Some(nonce) => format!("    script.nonce = {};\n", js(nonce)?),
        None => String::new(),
    };
    Ok(element(
        nonce,
        &format!(
            r#"  window.chatwootSettings = {settings};
  window.addEventListener("chatwoot:ready", function () {{
{ready}  }});
  function load() {{
    var script = document.createElement("script");
    script.src = {source};
    script.async = true;
{nonce_line}    script.onload = function () {{
      window.chatwootSDK.run({run});
    }};
    document.head.appendChild(script);
  }}
  if (document.readyState === "loading") {{
    document.addEventListener("DOMContentLoaded", load);
  }} else {{
    load();
  }}
"#
        ),
    ))
}

/// The HTML that makes the widget forget the visitor, for the page after a logout: one script
/// element. The page needs the [`snippet`] too, without a user.
///
/// Without it the next customer at the same browser reads the last one's conversation.
///
/// ```
/// let html = chatwoot_client::widget::reset_script(None);
/// assert!(html.contains("window.$chatwoot.reset()"));
/// ```
pub fn reset_script(nonce: Option<&str>) -> String {
    element(
        nonce,
        r#"  function reset() {
    window.$chatwoot.reset();
  }
  if (window.$chatwoot && window.$chatwoot.hasLoaded) {
    reset();
  } else {
    window.addEventListener("chatwoot:ready", reset, { once: true });
  }
"#,
    )
}

fn element(nonce: Option<&str>, body: &str) -> String {
    let nonce = nonce.map(|nonce| format!(r#" nonce="{}""#, attribute(nonce))).unwrap_or_default();
    format!("<script{nonce}>\n(function () {{\n{body}}})();\n</script>\n")
}

fn line(to: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a text cannot fail.
    let _ = writeln!(to, "{text}");
}

/// A value as JavaScript that is safe inside a script element: JSON, in which these characters
/// stand only inside texts, so that an escape in their place means the same.
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

/// A text as the value of an attribute in double quotes.
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

/// The address without its last slash; only a web address, for the page will load code from it.
fn base(text: &str) -> Result<String, WidgetError> {
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
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BASE: &str = "https://desk.example.com/";

    const HOSTILE: &[&str] = &[
        "</script><script>alert(1)</script>",
        "</SCRIPT >",
        "<!--<script>",
        "-->",
        "]]>",
        "\"); alert(1); (\"",
        "'); alert(1); ('",
        "\\\"); alert(1)//",
        "\\",
        "\u{2028}alert(1)\u{2029}",
        "\r\nalert(1)",
        "${alert(1)}`",
        "&lt;/script&gt;&quot;",
        "\u{0}\u{1f}\u{7f}",
        "{settings}{}{{",
        "Zo\u{eb} \u{1f6d2} \u{645}\u{631}",
    ];

    /// Texts made of the hostile pieces in many orders, the same in each run.
    fn texts() -> Vec<String> {
        let mut texts: Vec<String> = HOSTILE.iter().map(|&text| text.to_owned()).collect();
        let mut state: usize = 7;
        for _ in 0..300 {
            let mut text = String::new();
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
                text.push_str(HOSTILE[(state >> 33) % HOSTILE.len()]);
            }
            texts.push(text);
        }
        texts
    }

    fn attributes(value: Value) -> Attributes {
        serde_json::from_value(value).unwrap()
    }

    fn guest(base_url: &str, token: &str) -> Result<String, WidgetError> {
        snippet(base_url, token, &WidgetSettings::default(), None, &Attributes::new(), None)
    }

    /// The text after `start` in the line that has it, up to the line's `end`.
    fn between<'a>(html: &'a str, start: &str, end: &str) -> &'a str {
        let line = html.lines().find(|line| line.trim_start().starts_with(start)).expect(start);
        line.trim_start().strip_prefix(start).unwrap().strip_suffix(end).expect(end)
    }

    #[test]
    fn no_value_ends_the_script_and_each_is_read_back_as_it_was() {
        let plain = everything("x");
        for text in texts() {
            let html = everything(&text);
            // The only angle brackets are those of the one element, whatever the values are.
            assert_eq!(html.matches('<').count(), 2, "{text}");
            assert_eq!(html.matches('>').count(), 2, "{text}");
            assert!(!html.contains(['\u{2028}', '\u{2029}', '\0']), "{text}");
            assert_eq!(html.lines().count(), plain.lines().count(), "{text}");
            assert!(html.starts_with("<script nonce=\"") && html.ends_with("</script>\n"));

            let read = |json: &str| serde_json::from_str::<Value>(json).expect(json);
            let settings = read(between(&html, "window.chatwootSettings = ", ";"));
            assert_eq!(settings, json!({"locale": text, "welcomeTitle": text}));
            let user = read(&format!("[{}]", between(&html, "window.$chatwoot.setUser(", ");")));
            assert_eq!(user[0], json!(format!("id{text}")));
            assert_eq!(user[1]["name"], json!(text));
            assert_eq!(user[1]["custom_attributes"][&text], json!([text]));
            let more = read(between(&html, "window.$chatwoot.setCustomAttributes(", ");"));
            assert_eq!(more, json!({ &text: { "deep": [text] } }));
            assert_eq!(read(between(&html, "window.$chatwoot.setLocale(", ");")), json!(text));
            let run = read(between(&html, "window.chatwootSDK.run(", ");"));
            assert_eq!(
                run,
                json!({"websiteToken": format!("t{text}"), "baseUrl": "https://desk.example.com"})
            );
            assert_eq!(read(between(&html, "script.nonce = ", ";")), json!(text));
        }
    }

    fn everything(text: &str) -> String {
        let mut user = WidgetUser::new(format!("id{text}")).unwrap();
        user.name = Some(text.into());
        user.email = Some("ada@example.com".into());
        user.custom_attributes = attributes(json!({ text: [text] }));
        let settings = WidgetSettings {
            locale: Some(text.into()),
            welcome_title: Some(text.into()),
            ..WidgetSettings::default()
        };
        let more = attributes(json!({ text: { "deep": [text] } }));
        // A line break of a nonce would stand in the tag, where it is harmless but counts as a line.
        let html = snippet(BASE, &format!("t{text}"), &settings, Some(&user), &more, Some(text));
        let html = html.unwrap();
        let (tag, rest) = html.split_once(">\n").unwrap();
        let escaped = tag.strip_prefix("<script nonce=\"").unwrap().strip_suffix('"').unwrap();
        assert!(!escaped.contains(['"', '\'', '<', '>']), "{escaped}");
        format!("{}>\n{rest}", tag.replace(['\r', '\n', '\0', '\u{2028}', '\u{2029}'], ""))
    }

    #[test]
    fn what_is_not_given_is_not_called() {
        let html = guest(BASE, "t").unwrap();
        assert!(html.starts_with("<script>\n"));
        for absent in ["setUser", "setCustomAttributes", "setLocale", "nonce", "{}{"] {
            assert!(!html.contains(absent), "{absent}");
        }
        assert!(html.contains(r#"script.src = "https://desk.example.com/packs/js/sdk.js";"#));
        assert!(html.contains("window.chatwootSettings = {};"));
        let settings = WidgetSettings {
            locale: Some("nl".into()),
            use_browser_language: Some(true),
            ..WidgetSettings::default()
        };
        let html = snippet(BASE, "t", &settings, None, &Attributes::new(), None).unwrap();
        assert!(!html.contains("setLocale"), "the browser's language goes first");
    }

    #[test]
    fn what_the_widget_would_refuse_is_refused_here() {
        let user = WidgetUser::new("c-1").unwrap();
        let settings = WidgetSettings::default();
        let refused = snippet(BASE, "t", &settings, Some(&user), &Attributes::new(), None);
        assert!(matches!(refused, Err(WidgetError::NamelessUser)));
        assert!(matches!(guest(BASE, " "), Err(WidgetError::EmptyWebsiteToken)));
        for url in [
            "",
            "desk.example.com",
            "javascript:alert(1)",
            "data:text/javascript,alert(1)",
            "https://user:key@desk.example.com",
            "https://desk.example.com/?x=1",
            "https://desk.example.com/#x",
        ] {
            assert!(matches!(guest(url, "t"), Err(WidgetError::BaseUrl)), "{url}");
        }
        let html = guest("http://localhost:3000/desk/", "t").unwrap();
        assert!(html.contains(r#""http://localhost:3000/desk/packs/js/sdk.js""#));
    }

    #[test]
    fn the_reset_carries_the_nonce_escaped() {
        for text in texts() {
            let html = reset_script(Some(&text));
            assert_eq!((html.matches('<').count(), html.matches('>').count()), (2, 2), "{text}");
            assert_eq!(html.matches('"').count(), 2 + 2, "{text}");
        }
        assert!(reset_script(None).starts_with("<script>\n"));
    }
}
