//! The content of the script, for any values.

use serde_json::{Value, json};

use super::*;

const BASE: &str = "https://chatwoot.example.com/";

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

/// Returns texts made of the hostile pieces in many orders, the same in each run.
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
    Snippet::new(base_url, token).to_html()
}

/// Returns the values that are passed to the script.
fn page(html: &str) -> Value {
    let line = html.lines().rev().nth(1).unwrap();
    let json = line.strip_prefix('(').unwrap().strip_suffix(");").unwrap();
    serde_json::from_str(json).expect(json)
}

#[test]
fn no_value_ends_the_script_and_each_is_read_back_as_it_was() {
    let plain = everything("x");
    let count = |html: &str| ["<", ">", "</"].map(|what| html.matches(what).count());
    for text in texts() {
        let html = everything(&text);
        // These characters only occur in the element and the script themselves.
        assert_eq!(count(&html), count(&plain), "{text}");
        assert!(!html.contains(['\u{2028}', '\u{2029}', '\0']), "{text}");
        assert_eq!(html.lines().count(), plain.lines().count(), "{text}");
        assert!(html.starts_with("<script nonce=\"") && html.ends_with("</script>\n"));

        let mut page = page(&html);
        let mark = page["customer"].take();
        assert!(mark.as_str().unwrap().bytes().all(|byte| byte.is_ascii_hexdigit()), "{mark}");
        assert_eq!(
            page,
            json!({
                "baseUrl": "https://chatwoot.example.com",
                "websiteToken": format!("t{text}"),
                "settings": { "locale": text, "welcomeTitle": text },
                "customer": null,
                "identifier": format!("id{text}"),
                "user": {
                    "name": text,
                    "email": "ada@example.com",
                    "custom_attributes": { &text: [text] },
                },
                "contactAttributes": { &text: { "deep": [text] } },
                "conversationAttributes": { &text: text },
                "locale": text,
                "nonce": text,
            })
        );
    }
}

fn everything(text: &str) -> String {
    let mut user = WidgetUser::new(format!("id{text}")).unwrap();
    user.name = Some(text.into());
    user.email = Some("ada@example.com".into());
    user.custom_attributes = attributes(json!({ text: [text] }));
    user.conversation_attributes = attributes(json!({ text: text })).into();
    let settings = WidgetSettings {
        locale: Some(text.into()),
        welcome_title: Some(text.into()),
        ..WidgetSettings::default()
    };
    let more = attributes(json!({ text: { "deep": [text] } }));
    let token = format!("t{text}");
    let snippet = Snippet::new(BASE, &token).settings(&settings).user(Some(&user));
    let html = snippet.contact_attributes(&more).nonce(text).to_html().unwrap();
    // A line break of a nonce would be in the tag, where it is harmless but counts as a line.
    let (tag, rest) = html.split_once(">\n").unwrap();
    let escaped = tag.strip_prefix("<script nonce=\"").unwrap().strip_suffix('"').unwrap();
    assert!(!escaped.contains(['"', '\'', '<', '>']), "{escaped}");
    format!("{}>\n{rest}", tag.replace(['\r', '\n', '\0', '\u{2028}', '\u{2029}'], ""))
}

#[test]
fn what_is_not_given_is_not_told() {
    let html = guest(BASE, "t").unwrap();
    assert!(html.starts_with("<script>\n"));
    let comment = |line: &&str| line.trim_start().starts_with("//");
    assert_eq!(html.lines().find(comment), None, "a comment is not sent");
    let base = "https://chatwoot.example.com";
    let told = json!({ "baseUrl": base, "websiteToken": "t", "settings": {} });
    assert_eq!(page(&html), told);
    let settings = WidgetSettings {
        locale: Some("nl".into()),
        use_browser_language: Some(true),
        ..WidgetSettings::default()
    };
    let html = Snippet::new(BASE, "t").settings(&settings).to_html().unwrap();
    assert_eq!(page(&html).get("locale"), None, "the browser's language goes first");
}

#[test]
fn what_the_browser_remembers_tells_customers_apart_and_nothing_else() {
    let mark = |token: &str, user: &WidgetUser| {
        let mut user = user.clone();
        user.name = Some("Ada".into());
        let html = Snippet::new(BASE, token).user(Some(&user)).to_html().unwrap();
        let mark = page(&html)["customer"].as_str().unwrap().to_owned();
        let proof = user.identifier_hash.as_ref().map(Secret::expose);
        assert!(!mark.contains("c-1") && proof.is_none_or(|proof| !proof.contains(&mark)));
        mark
    };
    let proven = |id: &str| WidgetUser::proven(id, &"key".into()).unwrap();
    assert_eq!(mark("t", &proven("c-1")), mark("t", &proven("c-1")));
    let mut marks = vec![mark("t", &proven("c-1")), mark("t", &proven("c-2"))];
    for (token, id) in [("t", "c-1"), ("t", "c-2"), ("other", "c-1")] {
        marks.push(mark(token, &WidgetUser::new(id).unwrap()));
    }
    let count = marks.len();
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), count, "{marks:?}");
}

#[test]
fn what_the_widget_would_refuse_is_refused_here() {
    let user = WidgetUser::new("c-1").unwrap();
    let refused = Snippet::new(BASE, "t").user(Some(&user)).to_html();
    assert!(matches!(refused, Err(WidgetError::NamelessUser)));
    assert!(matches!(guest(BASE, " "), Err(WidgetError::EmptyWebsiteToken)));
    for url in [
        "",
        "chatwoot.example.com",
        "javascript:alert(1)",
        "data:text/javascript,alert(1)",
        "https://user:key@chatwoot.example.com",
        "https://chatwoot.example.com/?x=1",
        "https://chatwoot.example.com/#x",
    ] {
        assert!(matches!(guest(url, "t"), Err(WidgetError::BaseUrl)), "{url}");
    }
    let html = guest("http://localhost:3000/server/", "t").unwrap();
    assert_eq!(page(&html)["baseUrl"], "http://localhost:3000/server");
}
