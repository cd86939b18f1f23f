//! Without `--once` the pages are served until Ctrl-C.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::browser::Browser;
use crate::program::{PATIENCE, command};

/// The program while it serves.
struct Served {
    child: Child,
    storefronts: Vec<String>,
    dashboards: Vec<String>,
}

impl Served {
    async fn start() -> Self {
        let mut command = command(&[]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut storefronts, mut dashboards) = (Vec::new(), Vec::new());
        let told = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let address = || line.split_whitespace().last().unwrap().to_owned();
                match line.trim_start() {
                    text if text.starts_with("storefront ") => storefronts.push(address()),
                    text if text.starts_with("agents' dashboard ") => dashboards.push(address()),
                    text if text.starts_with("Serving until Ctrl-C") => return,
                    _ => {}
                }
            }
            panic!("the program ended before it served");
        });
        told.await.expect("the pages are not served");
        // A program whose stderr is closed would fail at its next write.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, storefronts, dashboards }
    }

    /// Sends the program Ctrl-C and waits for its end.
    async fn end(self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
        let output = tokio::time::timeout(PATIENCE, self.child.wait_with_output()).await;
        let output = output.expect("Ctrl-C does not end the program").unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "stdout is for --once");
    }
}

async fn status(url: &str) -> u16 {
    reqwest::get(url).await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_served_until_ctrl_c() {
    let served = Served::start().await;
    assert_eq!((served.storefronts.len(), served.dashboards.len()), (2, 2));
    for url in served.storefronts.iter().chain(&served.dashboards) {
        assert_eq!(status(url).await, 200, "{url}");
    }
    let shop = &served.storefronts[0];
    assert_eq!(status(&format!("{shop}?customer=nobody")).await, 403);
    assert_eq!(status(&format!("{shop}-none")).await, 404);
    served.end().await;
}

/// Visits a page; returns the session that its response begins.
async fn visit(url: &str, session: &str) -> String {
    let client = reqwest::Client::new();
    let answer = client.get(url).header("cookie", format!("session={session}")).send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let (session, rest) = cookie.strip_prefix("session=").unwrap().split_once(';').unwrap();
    assert!(rest.contains("HttpOnly") && rest.contains("Max-Age="), "{rest}");
    session.to_owned()
}

/// Returns whether the shop responds to a session with the customer's own context.
async fn is_signed_in(shop: &str, session: &str) -> bool {
    let mut url = reqwest::Url::parse(shop).unwrap();
    url.set_path("/api/support/context");
    let asked = reqwest::Client::new().get(url).header("cookie", format!("session={session}"));
    match asked.send().await.unwrap().status().as_u16() {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_the_next_sign_in_and_on_the_guests_page() {
    let served = Served::start().await;
    let shop = &served.storefronts[0];
    let emile = format!("{shop}?customer=emile");
    let first = visit(&emile, "").await;
    assert!(is_signed_in(shop, &first).await);
    let second = visit(&emile, &first).await;
    assert_eq!(
        (is_signed_in(shop, &first).await, is_signed_in(shop, &second).await),
        (false, true)
    );
    assert_eq!(visit(shop, &second).await, "");
    assert!(!is_signed_in(shop, &second).await, "the session outlives the sign-out");
    served.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_who_is_known_and_what_they_bought() {
    let served = Served::start().await;
    let mut browser = Browser::start().await;

    browser.open(&served.storefronts[0]).await;
    browser.shows(&["You are a guest."]).await;

    browser.open(&format!("{}?customer=emile", served.storefronts[0])).await;
    browser.shows(&["Known as Émile Laurent", "✓ proof of identity is right"]).await;
    let user = "JSON.stringify(__chatwootCalls.find((call) => call.name === 'setUser').args)";
    let args = browser.value(user).await;
    let args: serde_json::Value = serde_json::from_str(args.as_str().unwrap()).unwrap();
    let identifier = args[0].as_str().unwrap();
    assert!(identifier.len() == 32 && identifier != "emile", "a pseudonym: {args}");
    assert_eq!(args[1]["identifier_hash"].as_str().unwrap().len(), 64, "{args}");

    // The page after a sign-out: the widget resets its user.
    browser.open(&served.storefronts[0]).await;
    browser.shows(&["You are a guest."]).await;
    browser.until("!document.cookie.includes('cw_user_')").await;

    // The newest conversation of each account belongs to a proven customer: its panel shows what
    // they bought.
    let told = [("brons", "zilver", "goud"), ("bronze", "silver", "gold")];
    for (chatwoot, tiers) in served.dashboards.iter().zip(told) {
        browser.open(chatwoot).await;
        browser.shows(&["Recent orders", "delivered", "Where is my parcel?"]).await;
        let tiers = [tiers.0, tiers.1, tiers.2];
        let ask = "JSON.parse(document.getElementById('data').textContent)\
                   .contact.custom_attributes.customer_tier";
        let tier = browser.value(ask).await;
        let tier = tier.as_str().unwrap();
        assert!(tiers.contains(&tier), "{tier}");
        browser.shows(&[tier]).await;
    }
    served.end().await;
}
