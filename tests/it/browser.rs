//! Tests of the panel in a real browser: the text that an agent sees.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a proof stops at its first fault"
)]

use std::path::PathBuf;
use std::process::Command;

use ::axum::Router;
use ::axum::response::Html;
use ::axum::routing::get;
use store_context_adapters::axum::AxumConfig;

use crate::host::{HOSTILE, Host, NL, US, ports};

/// Embeds the panel and sends it messages as Chatwoot does: on its own when the frame has loaded,
/// and again when the panel requests it. It records the frame's text each time it settles, and
/// clicks the given buttons (else "Try again" once), or switches to the `next` conversation.
const HARNESS: &str = r#"<!doctype html>
<body style="margin:0">
<iframe id="panel" style="border:0;width:100%;height:98vh"></iframe>
<pre id="out" hidden></pre>
<script>
const asked = new URLSearchParams(location.search);
const frame = document.getElementById("panel");
const out = document.getElementById("out");
let talk = asked.get("talk");
const delay = Number(asked.get("delay") ?? 0);
// A conversation from a live event has no UUID, and names its contact inbox.
const known = ({ uuid, source_id }) =>
  asked.has("keyless") ? {} : asked.has("live") ? { contact_inbox: { source_id } } : { uuid };
const talks = fetch("/talks").then((answer) => answer.json());
const tell = () => setTimeout(async () => {
  const one = (await talks)[talk];
  frame.contentWindow.postMessage(JSON.stringify({
    event: "appContext",
    data: {
      conversation: { id: one.conversation, meta: { sender: { id: one.contact } }, ...known(one) },
      contact: asked.has("bare") ? {} : { id: one.contact, name: "not to be trusted" },
      currentAgent: { id: 1, name: "Agent", email: "agent@example.com" },
    },
  }), "*");
}, delay);
addEventListener("message", (event) => {
  if (event.data === "chatwoot-dashboard-app:fetch-info") tell();
});
if (!asked.has("once")) frame.addEventListener("load", tell);
if (asked.has("embed")) frame.addEventListener("load", () => {
  out.textContent += frame.contentDocument?.getElementById("view") ? "embedded" : "refused";
});
frame.src = "/panel/" + asked.get("panel");
if (asked.has("attacker")) {
  const other = document.createElement("iframe");
  other.src = `http://localhost:${location.port}/attacker?talk=` + asked.get("attacker");
  document.body.append(other);
}
const rest = setInterval(() => {
  const inside = frame.contentDocument;
  const view = inside?.getElementById("view");
  if (view?.getAttribute("aria-busy") !== "false") return;
  const text = view.innerText;
  const facts = `[images ${inside.images.length}, display ${frame.contentWindow.getComputedStyle(view).display}, hacked ${Boolean(window.hacked || frame.contentWindow.hacked)}]`;
  const links = [...inside.links].map((link) => `[link ${link.href} ${link.target} ${link.rel}]\n`).join("");
  out.textContent += text + "\n" + links + facts + "\n";
  const button = (text) => [...inside.querySelectorAll("button")].find((b) => b.textContent === text);
  const press = asked.get("press")?.split(",") ?? ["Try again"];
  if (press[0] && button(press[0])) {
    button(press[0]).click();
    asked.set("press", press.slice(1).join(","));
  } else if (asked.has("next")) {
    talk = asked.get("next");
    asked.delete("next");
    tell();
  } else clearInterval(rest);
}, 50);
</script>
"#;

/// A page of another origin in the same window: it can access the panel's frame, like any page that
/// Chatwoot embeds.
const ATTACKER: &str = r#"<!doctype html>
<script>
const talk = new URLSearchParams(location.search).get("talk");
fetch("/talks").then((answer) => answer.json()).then((talks) => {
  const { conversation: id, contact, uuid } = talks[talk];
  const data = { conversation: { id, uuid, meta: { sender: { id: contact } } } };
  setInterval(() => parent.frames[0].postMessage(JSON.stringify({ event: "appContext", data }), "*"), 20);
});
</script>
"#;

#[tokio::test]
async fn an_agent_reads_a_dutch_stores_customer() {
    let read = read("?panel=NL&talk=nl/1").await;
    assert_eq!(
        read,
        [
            "Sanne de Vries",
            "gold",
            "sanne@example.com",
            "+31612345678",
            "Customer since 3 feb 2024",
            "Lifetime value",
            "€ 1.234,50",
            "and US$ 89,90",
            "Orders",
            "3",
            "and 1 in USD",
            "Average order",
            "€ 411,50",
            "Last order",
            // 23:30 UTC on the 20th is the next day in Amsterdam.
            "21 nov 2026",
            "RECENT ORDERS",
            "NL-1003 shipped",
            "€ 1.000,00",
            "21 nov 2026",
            "2 × Fietstas, 1 × Bel",
            "Payment: partially refunded, Fulfillment: PostNL",
            "Tracking: PostNL 3S1",
            "Return received, 21 nov 2026, € 20,00, 1 × PostNL, PostNL",
            "Refunded € 20,00, 21 nov 2026, PostNL",
            "Open in the shop",
            "NL-1002 cancelled",
            "€ 0,00",
            "1 okt 2026",
            "CART",
            "2 × Regenjas",
            "€ 59,95 each",
            "Total",
            "€ 119,90",
            "Changed 21 nov 2026, 09:15",
            "RECENT ACTIVITY",
            "wish added: Slot",
            "1 mei 2024, 12:05",
            "Viewed a product: Bel",
            "1 mei 2024, 12:00",
            "Fietsenmaker, NOW",
            "Refresh",
            "[link https://track.example/3S1 _blank noopener noreferrer]",
            "[link https://track.example/3S1 _blank noopener noreferrer]",
            "[link https://shop.example.com/bel _blank noopener noreferrer]",
            "[images 0, display grid, hacked false]",
        ]
    );
}

#[tokio::test]
async fn an_agent_reads_an_american_stores_customer_and_what_is_not_known() {
    let read = read("?panel=US&talk=us/1&bare").await;
    assert_eq!(
        read,
        [
            "Jo Smith",
            "jo@example.com (not verified)",
            "Could not be read just now: order totals, cart.",
            "Lifetime value",
            "unknown",
            "Orders",
            "unknown",
            "Average order",
            "unknown",
            "Last order",
            "unknown",
            "RECENT ORDERS",
            "US-1 paid",
            "$1,299.00",
            // 02:30 UTC on the 21st is the evening before in New York.
            "Nov 20, 2026",
            "CART",
            "unknown",
            "RECENT ACTIVITY",
            "None yet.",
            "Bike Shop, NOW",
            "Refresh",
            "[images 0, display grid, hacked false]",
        ]
    );
}

const GUEST: &str = "Identity not proven in this conversation. Anybody may be writing: the contact is \
    a guest. Find out who it is before you say anything personal.";

#[tokio::test]
async fn a_contact_who_is_no_customer_is_a_guest() {
    let read = read("?panel=NL&talk=nl/99").await;
    assert_eq!(
        read,
        [
            GUEST,
            "Guest",
            "This contact is not a customer of the store, so there are no orders to show.",
            "[images 0, display grid, hacked false]",
        ]
    );
}

#[tokio::test]
async fn a_hostile_name_is_shown_as_text() {
    let read = read("?panel=NL&talk=nl/2").await;
    assert_eq!(read[0], HOSTILE);
    // Of an order: its status, fulfillment, carrier, and the item and reasons of a return and a refund;
    // of an activity its kind and its title.
    let shown = read.iter().map(|line| line.matches(HOSTILE).count());
    assert!(shown.sum::<usize>() >= 8, "{read:?}");
    assert!(read.iter().all(|line| !line.starts_with("[link")), "{read:?}");
    assert_eq!(read.last().unwrap(), "[images 0, display grid, hacked false]");
}

#[tokio::test]
async fn a_failure_is_no_guest_and_can_be_tried_again() {
    let read = read("?panel=NL&talk=nl/3&once").await;
    assert_eq!(
        read[..4],
        [
            "The customer could not be loaded",
            "What the customer bought is not known right now.",
            "Try again",
            "[images 0, display grid, hacked false]",
        ]
    );
    assert_eq!(read[4], "Late Larry");
}

#[tokio::test]
async fn the_panel_follows_the_agent_to_another_contact() {
    let read = read("?panel=NL&talk=nl/1&next=nl/99").await;
    assert_eq!(read[0], "Sanne de Vries");
    let then = read.iter().position(|line| line.starts_with("[images")).unwrap() + 1;
    assert_eq!(read[then..then + 2], [GUEST, "Guest"], "{read:?}");
}

#[tokio::test]
async fn a_message_of_another_origin_chooses_no_contact() {
    let read = read("?panel=NL&talk=nl/1&attacker=nl/2&delay=1500").await;
    assert_eq!(read[0], "Sanne de Vries");
}

const UNPROVEN: [&str; 5] = [
    "Identity not proven in this conversation",
    "Anybody may be writing: the conversation carries no proof of the store. Find out who it is \
     before you say anything personal.",
    "Show anyway",
    "Check again",
    "[images 0, display grid, hacked false]",
];

#[tokio::test]
async fn orders_of_whom_nobody_proved_show_when_the_agent_asks() {
    let unasked = read("?panel=NL&talk=nl/1?").await;
    assert_eq!(unasked, UNPROVEN);

    let asked = read("?panel=NL&talk=nl/1?&press=Check again,Show anyway,Refresh").await;
    assert_eq!(asked[..5], UNPROVEN);
    assert_eq!(asked[5..10], UNPROVEN, "checked again, it is as before");
    let notice = format!("{}. {}", UNPROVEN[0], UNPROVEN[1]);
    assert_eq!(asked[10..12], [notice.as_str(), "Sanne de Vries"]);
    assert!(asked.contains(&"NL-1003 shipped".to_owned()), "{asked:?}");
    let shown = &asked[10..asked.len() / 2 + 5];
    assert_eq!(&asked[asked.len() / 2 + 5..], shown, "refreshed, it is as before");
}

#[tokio::test]
async fn another_conversation_is_asked_for_anew() {
    let read = read("?panel=NL&talk=nl/1?&press=Show anyway&next=nl/99").await;
    assert_eq!(read[..5], UNPROVEN);
    assert_eq!(read[6], "Sanne de Vries");
    assert_eq!(read[read.len() - 3], "Guest");
}

#[tokio::test]
async fn the_page_opens_again_when_its_token_has_expired() {
    let host = serve_with(|config| {
        let service = config.panel.service.clone();
        config.panel.service = service.token_lifetime(std::time::Duration::ZERO);
    })
    .await;
    let read = read_at(&host, "?panel=NL&talk=nl/1&press=Refresh").await;
    assert_eq!(read[0], "Sanne de Vries");
    assert_eq!(read[..read.len() / 2], read[read.len() / 2..], "{read:?}");
}

#[tokio::test]
async fn a_live_conversation_opens_by_its_contact_inbox() {
    assert_eq!(read("?panel=NL&talk=nl/1&live").await[0], "Sanne de Vries");
    let keyless = read("?panel=NL&talk=nl/1&keyless&press=").await;
    assert_eq!(
        keyless[..3],
        [
            "This conversation could not be checked",
            "Reload Chatwoot and open the conversation again.",
            "Try again",
        ]
    );
}

#[tokio::test]
async fn a_panel_that_is_asked_too_often_says_so() {
    let host = serve_with(|config| config.panel.limits.look_ups = 1).await;
    let read = read_at(&host, "?panel=NL&talk=nl/1&press=Refresh").await;
    let half = read.iter().position(|line| line.starts_with("[images")).unwrap() + 1;
    assert_eq!(read[0], "Sanne de Vries");
    assert_eq!(
        read[half..half + 2],
        ["Not now", "Too many look-ups of this panel. Wait a minute and try again."]
    );
}

#[tokio::test]
async fn no_other_origin_may_embed_the_panel() {
    let host = serve().await;
    let url = format!("http://localhost:{}/harness?panel={NL}&talk=nl/1&embed", host.port);
    assert_eq!(chromium(&url).await, ["refused"]);
}

/// Returns lines of the panel's text, each time it settled. The snapshot's time is shown as NOW.
async fn read(query: &str) -> Vec<String> {
    read_at(&serve().await, query).await
}

async fn read_at(host: &Host, query: &str) -> Vec<String> {
    let query = query
        .replace("panel=NL", &format!("panel={NL}"))
        .replace("panel=US", &format!("panel={US}"));
    let query = query.replace(' ', "%20").replace("1?", "1%3F");
    let mut lines = chromium(&format!("{}/harness{query}", host.url)).await;
    for line in &mut lines {
        let store = ["Fietsenmaker, ", "Bike Shop, "].into_iter().find(|at| line.starts_with(at));
        if let Some(store) = store {
            *line = format!("{store}NOW");
        }
    }
    lines
}

async fn serve() -> Host {
    serve_with(|_| ()).await
}

async fn serve_with(change: impl FnOnce(&mut AxumConfig)) -> Host {
    let pages = Router::new()
        .route("/harness", get(|| async { Html(HARNESS) }))
        .route("/attacker", get(|| async { Html(ATTACKER) }));
    Host::serve_with(ports().await, pages, change).await
}

async fn chromium(url: &str) -> Vec<String> {
    let url = url.to_owned();
    let dom = tokio::task::spawn_blocking(move || dump(&url)).await.unwrap();
    let (_, rest) = dom.split_once("<pre id=\"out\"").expect("the harness page did not load");
    let (_, rest) = rest.split_once('>').unwrap();
    let (text, _) = rest.split_once("</pre>").unwrap();
    let text = text
        .replace("&nbsp;", " ")
        .replace(['\u{a0}', '\u{202f}'], " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect()
}

fn dump(url: &str) -> String {
    let profile = Profile::new();
    let mut command = chromium_command(&profile);
    command.args(["--virtual-time-budget=8000", "--dump-dom", url]);
    let done = command.output().unwrap_or_else(|error| {
        panic!("chromium does not start ({error}): run scripts/test, which installs it")
    });
    assert!(done.status.success(), "chromium failed: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Returns the command of a headless Chromium.
pub(crate) fn chromium_command(profile: &Profile) -> Command {
    let mut command = Command::new("chromium");
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--no-proxy-server", "--window-size=420,900"])
        .arg(format!("--user-data-dir={}", profile.0.display()));
    command
}

/// A temporary browser profile, removed on drop.
pub(crate) struct Profile(PathBuf);

impl Profile {
    pub(crate) fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("panel-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
