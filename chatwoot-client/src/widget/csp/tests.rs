use super::*;

fn csp() -> WidgetCsp {
    WidgetCsp::new("https://chat.example.com/desk").unwrap()
}

fn page() -> Url {
    "https://shop.example.com/cart".parse().unwrap()
}

fn missing(policy: &str) -> Vec<&'static str> {
    csp().missing_in(policy, &page()).iter().map(|source| source.directive).collect()
}

const ALL: [&str; 4] = ["script-src", "frame-src", "style-src", "connect-src"];

#[test]
fn a_policy_that_restricts_nothing_misses_nothing() {
    for policy in ["", " ; ", "object-src 'none'", "upgrade-insecure-requests; base-uri 'none'"] {
        assert!(missing(policy).is_empty(), "{policy}");
        assert_eq!(
            csp().merged_into(policy).is_empty(),
            policy.trim_matches([' ', ';']).is_empty()
        );
    }
    assert_eq!(csp().merged_into("object-src 'none'"), "object-src 'none'");
}

#[test]
fn the_directive_that_decides_is_the_first_of_its_chain() {
    assert_eq!(missing("default-src 'none'"), ALL);
    assert_eq!(missing("default-src 'self'"), ALL);
    let own = "default-src 'none'; script-src https:; child-src https://chat.example.com; \
               style-src 'unsafe-inline'; connect-src *";
    assert!(missing(own).is_empty());
    assert_eq!(missing("default-src *; frame-src 'self'; child-src *"), ["frame-src", "style-src"]);
    assert_eq!(missing("script-src-elem 'self'; script-src *"), ["script-src"]);
    assert_eq!(missing("style-src-attr 'none'; style-src 'unsafe-inline'"), ["style-src"]);
    // Only the first directive of a name counts.
    assert_eq!(missing("frame-src 'self'; FRAME-SRC *"), ["frame-src"]);
    // Each of several policies must allow it.
    assert_eq!(missing("frame-src *, frame-src 'self'"), ["frame-src"]);
}

#[test]
fn a_source_is_matched_as_browsers_do() {
    let frame = |source: &str| missing(&format!("frame-src {source}")).is_empty();
    for allowed in [
        "*",
        "https:",
        "http:",
        "https://chat.example.com",
        "HTTPS://CHAT.example.com",
        "http://chat.example.com",
        "chat.example.com",
        "chat.example.com:443",
        "chat.example.com:*",
        "*.example.com",
        "https://*.example.com",
        "https://chat.example.com/",
        "https://chat.example.com/desk/",
        "https://chat.example.com/desk/widget",
        "'none' https://chat.example.com",
    ] {
        assert!(frame(allowed), "{allowed}");
    }
    for refused in [
        "",
        "'none'",
        "'self'",
        "data:",
        "wss:",
        "https://shop.example.com",
        "https://example.com",
        "https://*.chat.example.com",
        "https://chat.example.com:8443",
        "https://chat.example.com/other/",
        "https://chat.example.com/desk",
        "https://evilchat.example.com",
    ] {
        assert!(!frame(refused), "{refused}");
    }
    // `'self'` is the page's own origin.
    let own: Url = "https://chat.example.com/shop".parse().unwrap();
    assert!(csp().missing_in("frame-src 'self'", &own).is_empty());
    let local = WidgetCsp::new("http://127.0.0.1:3000").unwrap();
    let page: Url = "http://127.0.0.1:4000/".parse().unwrap();
    assert!(local.missing_in("frame-src http://127.0.0.1:3000", &page).is_empty());
    assert!(!local.missing_in("frame-src http://127.0.0.1", &page).is_empty());
    assert!(!local.missing_in("frame-src 'self'", &page).is_empty());
    let six = WidgetCsp::new("https://[::1]:8443").unwrap();
    assert!(six.missing_in("frame-src https://[::1]:8443", &page).is_empty());
    assert!(!six.missing_in("frame-src https://[::1]", &page).is_empty());
}

#[test]
fn a_nonce_allows_the_script_and_disables_inline_styles() {
    assert!(missing("script-src 'nonce-abc'").is_empty());
    assert!(missing("script-src 'strict-dynamic' 'nonce-abc'").is_empty());
    assert_eq!(missing("script-src 'strict-dynamic' https:"), ["script-src"]);
    assert_eq!(missing("style-src 'unsafe-inline' 'nonce-abc'"), ["style-src"]);
    assert_eq!(missing("style-src 'unsafe-inline' 'sha256-abc='"), ["style-src"]);
}

/// Whatever the policy is, the merged one allows the widget, and merging it again changes nothing.
#[test]
fn a_merged_policy_allows_the_widget_and_nothing_else_is_lost() {
    for own in [
        "default-src 'none'",
        "default-src 'self'; script-src 'self' 'nonce-abc'",
        "default-src 'self'; child-src https://video.example",
        "frame-src 'none'; style-src 'self' 'nonce-abc'; style-src-attr 'none'",
        "script-src 'strict-dynamic' 'nonce-abc'; style-src-elem 'self'",
        "frame-src 'self', default-src 'self'; report-uri /csp",
        "script-src-elem 'self'; connect-src 'self' wss://live.example",
    ] {
        let merged = csp().merged_into(own);
        assert!(missing(&merged).is_empty(), "{own} -> {merged}");
        assert_eq!(csp().merged_into(&merged), merged, "{own}");
        assert!(!merged.contains("'none'") || own.contains("default-src 'none'"), "{merged}");
        for word in ["https://video.example", "report-uri /csp", "wss://live.example"] {
            assert_eq!(merged.contains(word), own.contains(word), "{merged}");
        }
    }
    assert_eq!(
        csp().merged_into("default-src 'none'; frame-src https://video.example"),
        "default-src 'none'; frame-src https://video.example https://chat.example.com; \
         script-src https://chat.example.com; style-src 'unsafe-inline'; \
         connect-src https://chat.example.com"
    );
}

#[test]
fn a_base_url_that_is_none_is_refused() {
    for text in ["chat.example.com", "mailto:a@b.example", "https://chat.example.com/?a=b"] {
        assert!(matches!(WidgetCsp::new(text), Err(WidgetError::BaseUrl)), "{text}");
    }
}
