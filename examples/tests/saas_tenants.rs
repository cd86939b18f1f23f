//! Tests of the example `saas_tenants`, started as users start it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use chatwoot_client::fake::{FakeChatwoot, FakeOutcome, Fault, FaultKind};
use examples::tenants::{BackOffice, Tenant};
use store_context::Url;
use tokio::process::Command;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

/// Far more than the longest run takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saas_tenants"));
    command.stdin(Stdio::null()).kill_on_drop(true).env_remove("RUST_LOG");
    for name in ["PUBLIC_URL", "OPERATOR_TOKEN", "LISTEN", "DATABASE_URL", "STORE_CONTEXT_KEYS"] {
        command.env_remove(name);
    }
    command
}

async fn ended(mut command: Command) -> (Option<i32>, String, String) {
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let Output { status, stdout, stderr } = output.expect("the program does not end").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[tokio::test]
async fn the_story_is_true() {
    let mut once = command();
    once.arg("--once");
    let (code, out, err) = ended(once).await;
    assert_eq!(code, Some(0), "{out}{err}");
    for line in ["2 moved", "the way back, verified", "is still taken", "audit trail"] {
        assert!(out.contains(line), "`{line}` is not told: {out}");
    }
}

#[tokio::test]
async fn a_missing_variable_is_one_message() {
    let (code, out, err) = ended(command()).await;
    assert_eq!((code, out.as_str(), err.lines().count()), (Some(1), "", 1), "{err}");
    assert!(err.starts_with("saas_tenants: set PUBLIC_URL"), "{err}");
    let mut wrong = command();
    wrong.env("PUBLIC_URL", "http://127.0.0.1:1").env("OPERATOR_TOKEN", "s3cr3t");
    wrong.env("DATABASE_URL", "mysql://root:s3cr3t@host").env("STORE_CONTEXT_KEYS", "s3cr3t");
    let (code, _, err) = ended(wrong).await;
    assert_eq!((code, err.lines().count()), (Some(1), 1), "{err}");
    assert!(!err.contains("s3cr3t"), "{err}");
}

/// What is wrong with a Chatwoot.
#[derive(Clone)]
enum Trouble {
    /// What the fake does itself.
    Fault(FaultKind),
    /// Every answer leads to another server.
    RedirectTo(Url),
}

/// A Chatwoot whose journal has each request with its headers and its body.
struct Journaled {
    tenant: Tenant,
    server: MockServer,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

impl Journaled {
    async fn start(name: &str, customer: &str) -> Self {
        let mut tenant = Tenant::start(name, customer).await.unwrap();
        let server = MockServer::start().await;
        tenant.base_url = server.uri().parse().unwrap();
        tenant.fake().set_base_url(server.uri());
        let trouble = Arc::new(Mutex::new(None));
        let (fake, present) = (tenant.fake().clone(), trouble.clone());
        let answer = move |request: &Request| match present.lock().unwrap().clone() {
            Some(Trouble::RedirectTo(url)) => {
                let to = url.join(request.url.path()).unwrap();
                ResponseTemplate::new(302).insert_header("location", to.as_str())
            }
            Some(Trouble::Fault(kind)) => {
                fake.fault(Fault::new(kind).times(1));
                answered(&fake, request)
            }
            None => answered(&fake, request),
        };
        Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
        Self { tenant, server, trouble }
    }

    fn set(&self, trouble: Option<Trouble>) {
        *self.trouble.lock().unwrap() = trouble;
    }

    async fn journal(&self) -> Journal {
        let mut journal = Journal::default();
        for request in self.server.received_requests().await.unwrap() {
            let token = request.headers.get("api-access-token");
            journal.tokens.extend(token.map(|token| token.to_str().unwrap().to_owned()));
            let path = request.url.path();
            if let Some(rest) = path.split_once("/accounts/").map(|(_, rest)| rest) {
                journal.accounts.insert(rest.split('/').next().unwrap().to_owned());
            }
            let body = String::from_utf8_lossy(&request.body).into_owned();
            writeln!(journal.text, "{} {:?} {body}", request.url, request.headers).unwrap();
        }
        journal
    }
}

/// What a Chatwoot has received.
#[derive(Default)]
struct Journal {
    tokens: BTreeSet<String>,
    accounts: BTreeSet<String>,
    text: String,
}

fn answered(fake: &FakeChatwoot, request: &Request) -> ResponseTemplate {
    let mut converted = http::Request::new(Bytes::copy_from_slice(&request.body));
    converted.method_mut().clone_from(&request.method);
    *converted.uri_mut() = request.url.as_str().parse().unwrap();
    converted.headers_mut().clone_from(&request.headers);
    let reply = fake.handle(&converted);
    let FakeOutcome::Response(response) = reply.outcome else {
        // Longer than any client waits.
        return ResponseTemplate::new(504).set_delay(Duration::from_hours(1));
    };
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get(http::header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap());
    ResponseTemplate::new(parts.status).set_body_raw(body.to_vec(), kind.unwrap_or_default())
}

/// With two Chatwoots in one process, the journals of both show no token, customer or call of the
/// other, whatever fails.
#[tokio::test(flavor = "multi_thread")]
async fn two_chatwoots_in_one_process_see_nothing_of_each_other() {
    let (tea, bikes) =
        (Journaled::start("tea", "Ada").await, Journaled::start("bikes", "Bo").await);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url: Url = format!("http://{port}").parse().unwrap();
    let mut service = command();
    service.env("PUBLIC_URL", url.as_str()).env("LISTEN", port.to_string());
    service.env("OPERATOR_TOKEN", "operator").stderr(Stdio::piped());
    let mut service = service.spawn().unwrap();
    let office = BackOffice::new(url.clone(), "operator");
    let stranger = BackOffice::new(url, "guessed");
    let served = async {
        while tokio::net::TcpStream::connect(port).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, served).await.unwrap();
    let refused = stranger.sign_up(&tea.tenant, &tea.tenant.token).await.unwrap_err();
    assert_eq!(refused.to_string(), "give the operator's token");

    for own in [&tea, &bikes] {
        office.sign_up(&own.tenant, &own.tenant.token).await.unwrap();
    }
    let (to_tea, to_bikes) =
        (tea.tenant.visitors().await.unwrap(), bikes.tenant.visitors().await.unwrap());
    let status = |status| FaultKind::Respond { status, body: Bytes::from_static(b"{}") };
    let troubles = [
        Trouble::Fault(status(401)),
        Trouble::Fault(status(500)),
        Trouble::Fault(FaultKind::RateLimited),
        Trouble::RedirectTo(bikes.tenant.base_url.clone()),
        Trouble::Fault(FaultKind::TimeoutBefore),
    ];
    let mut told = String::new();
    for (number, trouble) in troubles.into_iter().enumerate() {
        to_tea.write(&format!("tea {number}?")).await.unwrap();
        tea.set(Some(trouble));
        for own in [&tea, &bikes] {
            office.put_customer(&own.tenant).await.unwrap();
        }
        for asked in ["rotate_webhook", "rotate_token"] {
            // One that does not answer is not waited for.
            let asked = office.of(&tea.tenant, asked);
            if let Ok(done) = tokio::time::timeout(Duration::from_secs(3), asked).await {
                told += &done.expect_err("Chatwoot refused it").to_string();
            }
        }
        // The other tenant is served meanwhile.
        to_bikes.write(&format!("bikes {number}?")).await.unwrap();
        let read = format!("bikes has read: bikes {number}?");
        assert!(bikes.tenant.gets(&read).await, "trouble {number}");
        office.of(&bikes.tenant, "rotate_webhook").await.unwrap();
        tea.set(None);
    }
    assert!(bikes.tenant.gets("bo@mail.example").await);
    office.of(&bikes.tenant, "rotate_token").await.unwrap();

    let (of_tea, of_bikes) = (tea.journal().await, bikes.journal().await);
    assert_eq!(of_tea.accounts, BTreeSet::from([tea.tenant.account.to_string()]));
    assert_eq!(of_bikes.accounts, BTreeSet::from([bikes.tenant.account.to_string()]));
    assert!(!of_tea.tokens.is_empty() && !of_bikes.tokens.is_empty(), "the journals show tokens");
    assert!(of_tea.tokens.is_disjoint(&of_bikes.tokens), "a token went to the other Chatwoot");
    // Neither in a URL, a header or a body.
    for (journal, foreign, texts) in [
        (&of_tea, &of_bikes, ["bikes", "bo@mail.example"]),
        (&of_bikes, &of_tea, ["tea 0?", "ada@mail.example"]),
    ] {
        let foreign = foreign.tokens.iter().map(String::as_str).chain(texts);
        for text in foreign {
            assert!(!journal.text.contains(text), "it shows {text}");
        }
    }
    assert!(of_bikes.text.contains("bo@mail.example"), "the journal shows customers");
    service.start_kill().unwrap();
    let log = service.wait_with_output().await.unwrap();
    let log = String::from_utf8(log.stderr).unwrap();
    for token in of_tea.tokens.iter().chain(&of_bikes.tokens) {
        assert!(!log.contains(token) && !told.contains(token), "a token is logged or told");
    }
}

/// The file is to be read in one sitting.
#[test]
fn the_example_has_less_than_200_lines() {
    let source = include_str!("../src/bin/saas_tenants.rs");
    let lines = source.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(lines < 200, "{lines} lines");
}
