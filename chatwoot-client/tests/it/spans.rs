//! What a call leaves behind in logs, errors and panics: no token, no query, no body.

use std::error::Error as _;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use chatwoot_client::application::contacts::{ContactsQuery, NewContact, UpsertError};
use chatwoot_client::application::dashboard_apps::NewDashboardApp;
use chatwoot_client::application::webhooks::NewWebhook;
use chatwoot_client::application::{Filter, FilterCondition};
use chatwoot_client::platform::NewUser;
use chatwoot_client::public::NewPublicContact;
use chatwoot_client::{Client, Error, ReqwestTransport, RetryPolicy};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::secrets::MARKER;
use crate::wire::{Then, Wire, hasty};

/// What is logged, kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Tries a second time, so that trying again is logged too.
fn twice() -> RetryPolicy {
    RetryPolicy { max_attempts: 2, ..hasty() }
}

/// A host that unwraps.
fn careless(done: Result<(), Error>) {
    done.unwrap();
}

/// The error, its `Debug`, what caused it, and what a panic over it says.
fn told(error: Error) -> String {
    let mut told = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut cause = error.source();
    while let Some(next) = cause {
        told = format!("{told}{next}\n{next:?}\n{next:#?}\n");
        cause = next.source();
    }
    let panic = catch_unwind(AssertUnwindSafe(|| careless(Err(error))));
    told + panic.unwrap_err().downcast_ref::<String>().unwrap()
}

/// Calls with a token, a path, a query, a source id, an address and a body that all carry the
/// marker; what each failed with.
async fn calls(client: &Client) -> Vec<Error> {
    let account = client.account(1, format!("token-{MARKER}"));
    let platform = client.platform(format!("token-{MARKER}"));
    let query = ContactsQuery::default();
    let ada = Filter::new(FilterCondition::equal_to("email", [MARKER]));
    let user = NewUser::new(MARKER, MARKER, MARKER);
    let inbox = client.public_inbox("public");
    let guest = NewPublicContact { source_id: Some(MARKER.into()), ..Default::default() };
    let panel = NewDashboardApp::frame("Store", format!("https://shop.example/{MARKER}"));
    let hook = NewWebhook::new(format!("https://shop.example/{MARKER}"), []);
    let ada_again = NewContact { identifier: Some(MARKER.into()), ..NewContact::default() };
    [
        account.contacts().search(MARKER, &query).await.map(drop).err(),
        account.contacts().filter(&ada, &query).await.map(drop).err(),
        platform.users().create(&user).await.map(drop).err(),
        platform.users().token(1.into()).await.map(drop).err(),
        inbox.contacts().get(MARKER).await.map(drop).err(),
        inbox.contacts().create(&guest).await.map(drop).err(),
        inbox.conversations(MARKER).create(None).await.map(drop).err(),
        inbox.conversations(MARKER).conversation(1).messages().list(None).await.map(drop).err(),
        client.web_widget(MARKER).visitor(MARKER).contact().await.map(drop).err(),
        account.dashboard_apps().create(&panel).await.map(drop).err(),
        account.webhooks().create(&hook).await.map(drop).err(),
        account.contacts().upsert(&ada_again).await.err().and_then(|error| match error {
            UpsertError::Call(error) => Some(error),
            _ => None,
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn neither_logs_nor_errors_tell_a_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // All of these tasks run on this thread, so their logs come here.
    let guard = subscriber.set_default();

    let page = format!(r#"{{"meta": {{}}, "payload": [], "note": "{MARKER}"}}"#);
    let odd = format!(r#"{{"payload": "{MARKER}", "access_token": {{"{MARKER}": "{MARKER}"}}}}"#);
    let said = format!(r#"{{"message": "{MARKER} is taken", "error": "{MARKER}"}}"#);
    let to = format!("location: https://elsewhere.example/?token={MARKER}\r\n");
    let mut failures = 0;
    for then in [
        Then::json(&page),
        Then::json(&odd),
        Then::answer("200 OK", "content-type: text/html\r\n", format!("<p>{MARKER}").as_bytes()),
        Then::answer("302 Found", &to, b""),
        Then::answer("401 Unauthorized", "", said.as_bytes()),
        Then::answer("422 Unprocessable Entity", "", said.as_bytes()),
        Then::answer("500 Internal Server Error", "", said.as_bytes()),
        Then::answer("200 OK", "content-encoding: gzip\r\n", MARKER.as_bytes()),
        Then::WriteAndClose(format!("HTTP/1.1 {MARKER}\r\n\r\n").into_bytes()),
        Then::cut_short(),
        Then::close(),
        Then::Silence,
    ] {
        let server = Wire::serve([then]).await;
        let client = Client::builder(server.url()).retry(twice()).build().unwrap();
        for error in calls(&client).await {
            failures += 1;
            let told = told(error);
            assert!(!told.contains(MARKER), "{told}");
        }
        assert!(server.seen().iter().all(|request| request.contains(MARKER)), "nothing to hide");
    }
    for (base, transport) in [
        ("http://127.0.0.1:1", ReqwestTransport::builder()),
        ("https://127.0.0.1:1", ReqwestTransport::builder()),
        ("https://chatwoot.invalid", ReqwestTransport::builder().no_proxy()),
    ] {
        let transport = transport.build().unwrap();
        let builder = Client::builder(base).retry(twice()).transport(transport);
        for error in calls(&builder.build().unwrap()).await {
            failures += 1;
            let told = told(error);
            assert!(!told.contains(MARKER), "{told}");
        }
    }
    drop(guard);

    assert!(failures > 40, "{failures}");
    let log = log.text();
    let line = |line: &&str| line.contains(MARKER);
    assert_eq!(log.lines().find(line), None, "a secret, a query or a body is logged");
    for wanted in ["chatwoot", "contacts.search", "sending again", "hyper"] {
        assert!(log.contains(wanted), "{wanted} is not in the log: the test sees too little");
    }
}
