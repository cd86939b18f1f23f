//! The client's processor time per call against a bare reqwest loop that decodes the same structs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use chatwoot_client::application::contacts::{Contact, NewContact};
use chatwoot_client::application::conversations::{
    Conversation, ConversationCounts, ConversationsQuery, NewConversation,
};
use chatwoot_client::application::inboxes::{NewApiChannel, NewInbox};
use chatwoot_client::application::messages::NewMessage;
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::{Client, Limits, Page};
use cpu_time::ProcessTime;
use serde::Deserialize;
use tokio::runtime::Builder;

use crate::{Row, Unit, median};

const ROUNDS: usize = 45;
const CALLS: u32 = 200;

/// The server's URL and its data, as one line of JSON between the processes.
#[derive(serde::Serialize, Deserialize)]
struct Stage {
    base: String,
    account: u64,
    token: String,
    contact: u64,
}

/// Serves a fake with one contact and 25 conversations until its standard input ends.
pub(crate) fn serve() -> anyhow::Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let fake = FakeChatwoot::new();
        fake.set_limits(None);
        let server = FakeServer::start(fake).await;
        let stage = furnish(&server).await?;
        println!("{}", serde_json::to_string(&stage)?);
        tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await?;
        Ok(())
    })
}

async fn furnish(server: &FakeServer) -> anyhow::Result<Stage> {
    let (account, token) = server.fake().add_account("Bench");
    let client = Client::builder(server.uri()).limits(Limits::off()).build()?;
    let opened = client.account(account, token.clone());
    let inbox = opened.inboxes().create(&NewInbox::new("API", NewApiChannel::default())).await?;
    let contact = NewContact {
        name: Some("Ada Example".to_owned()),
        identifier: Some("bench-1".to_owned()),
        email: Some("ada@example.com".to_owned()),
        inbox_id: Some(inbox.id),
        ..NewContact::default()
    };
    let contact = opened.contacts().create(&contact).await?.contact.id;
    for number in 0..25 {
        let conversation = NewConversation {
            contact_id: Some(contact),
            inbox_id: Some(inbox.id),
            message: Some(NewMessage::text(format!("Question number {number}"))),
            ..NewConversation::default()
        };
        opened.conversations().create(&conversation).await?;
    }
    Ok(Stage { base: server.uri(), account, token, contact: contact.0 })
}

/// A server process, stopped when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is fine.
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn start() -> anyhow::Result<(Server, Stage)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().context("the server has an output")?;
    let server = Server(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    Ok((server, serde_json::from_str(&line).context("the server did not start")?))
}

#[derive(Deserialize)]
struct Payload {
    payload: Contact,
}

#[derive(Deserialize)]
struct Data {
    data: Page<Conversation, ConversationCounts>,
}

pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let (_server, stage) = start()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let client = Client::builder(&stage.base).limits(Limits::off()).build()?;
    let account = client.account(stage.account, stage.token.clone());
    let http = reqwest::Client::new();
    let root = format!("{}/api/v1/accounts/{}", stage.base, stage.account);
    let get =
        |path: &str| http.get(format!("{root}/{path}")).header("api-access-token", &stage.token);

    let contact = format!("contacts/{}", stage.contact);
    let (ours, theirs) = compare(
        &runtime,
        async || {
            account.contacts().get(stage.contact.into()).await?;
            Ok(())
        },
        async || {
            let answer = get(&contact).send().await?.error_for_status()?.bytes().await?;
            let decoded: Payload = serde_json::from_slice(&answer)?;
            std::hint::black_box(decoded.payload);
            Ok(())
        },
    )?;
    let small = Row {
        key: "cpu_call_contact",
        what: "processor time of contacts.get",
        baseline: "bare reqwest + serde_json, same struct",
        unit: Unit::Microseconds,
        ours,
        theirs,
        bound: 1.15,
    };
    let query = ConversationsQuery::default();
    let (ours, theirs) = compare(
        &runtime,
        async || {
            account.conversations().list(&query).await?;
            Ok(())
        },
        async || {
            let answer = get("conversations").send().await?.error_for_status()?.bytes().await?;
            let decoded: Data = serde_json::from_slice(&answer)?;
            std::hint::black_box(decoded.data);
            Ok(())
        },
    )?;
    let large = Row {
        key: "cpu_call_conversations",
        what: "processor time of conversations.list (25)",
        baseline: "bare reqwest + serde_json, same struct",
        unit: Unit::Microseconds,
        ours,
        theirs,
        bound: 1.15,
    };
    Ok(vec![small, large])
}

/// Returns the processor time per call of each in microseconds, measured alternately; the medians.
fn compare(
    runtime: &tokio::runtime::Runtime,
    ours: impl AsyncFn() -> anyhow::Result<()>,
    theirs: impl AsyncFn() -> anyhow::Result<()>,
) -> anyhow::Result<(f64, f64)> {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    // The first round warms up connections and caches.
    for round in 0..=ROUNDS {
        let our_time = time(runtime, &ours)?;
        let their_time = time(runtime, &theirs)?;
        if round > 0 {
            our_times.push(our_time);
            their_times.push(their_time);
        }
    }
    Ok((median(our_times), median(their_times)))
}

fn time(
    runtime: &tokio::runtime::Runtime,
    call: &impl AsyncFn() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let started = ProcessTime::now();
    runtime.block_on(async {
        for _ in 0..CALLS {
            call().await?;
        }
        anyhow::Ok(())
    })?;
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS))
}
