//! Tests of the doctor: each fault that is planted is found by the check that is named for it, and
//! by no other.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::application::dashboard_apps::{DashboardAppContent, DashboardAppPatch};
use chatwoot_client::application::inboxes::{ChannelPatch, InboxPatch};
use chatwoot_client::application::webhooks::{NewWebhook, WebhookPatch};
use chatwoot_client::fake::{Fault, FaultKind, WebhookFaults};
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::http::{Body, Op};
use chatwoot_client::platform::PlatformAccountPatch;
use chatwoot_client::types::Role;
use chatwoot_client::widget::WidgetCsp;
use chatwoot_client::{Patch, Transport};
use futures_util::future::{BoxFuture, FutureExt};
use http::{HeaderMap, Method, Response, StatusCode, header};
use store_context::doctor::{Check, CheckResult, CheckStatus, Doctor, DoctorConfig, Report};
use store_context::model::StoreId;
use store_context::ports::{
    Address, AddressToken, BoundToken, Clock, Expiring, Hold, Settlement, StoreRecord,
};
use store_context::provision::WEBHOOK_SUBSCRIPTIONS;

use crate::post::Post;
use crate::support::{BASE_URL, Bench, PUBLIC_URL, customer, holds_none};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The pages of the host and of its shop, as a browser receives them.
#[derive(Clone, Debug)]
struct Pages {
    post: Post,
    changed: Arc<Mutex<Changed>>,
}

/// How a page differs from what it should be.
#[derive(Debug, Default)]
struct Changed {
    /// The status of each page.
    status: Option<StatusCode>,
    /// The policy of the website.
    website_csp: Option<String>,
    /// A `meta` element of the website.
    website_meta: Option<&'static str>,
    /// The policy of the panel.
    panel_csp: Option<&'static str>,
    /// A header that a proxy adds to the panel.
    panel_frame: Option<&'static str>,
    /// Whether the website hangs.
    hangs: bool,
    /// Whether the request of the website panics.
    panics: bool,
    /// Whether requests of the webhook's address reach another host.
    elsewhere: bool,
}

impl Pages {
    fn change(&self, change: impl FnOnce(&mut Changed)) {
        change(&mut self.changed.lock().unwrap());
    }
}

#[async_trait]
impl Transport for Pages {
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let url = request.uri().to_string();
        let website = !url.starts_with(PUBLIC_URL);
        if website && self.changed.lock().unwrap().hangs {
            std::future::pending::<()>().await;
        }
        let panics = website && self.changed.lock().unwrap().panics;
        assert!(!panics, "a fault of the host's");
        if request.method() == Method::POST && !self.changed.lock().unwrap().elsewhere {
            return self.post.send(request, timeout).await;
        }
        let changed = self.changed.lock().unwrap();
        if url == "https://vinylroom.example/" {
            let moved = Response::builder().status(301).header("location", "/en?a=b#c");
            return Ok(moved.body(Bytes::new()).unwrap());
        }
        let mut headers = HeaderMap::new();
        let mut add = |name, value: &str| headers.append(name, value.parse().unwrap());
        if website {
            let own = WidgetCsp::new(BASE_URL).unwrap().merged_into("default-src 'self'");
            let own = changed.website_csp.as_ref().unwrap_or(&own);
            add(header::CONTENT_SECURITY_POLICY, own);
        } else {
            let own = format!("default-src 'none'; frame-ancestors {BASE_URL}");
            add(header::CONTENT_SECURITY_POLICY, changed.panel_csp.unwrap_or(&own));
            if let Some(frame) = changed.panel_frame {
                add(header::X_FRAME_OPTIONS, frame);
            }
        }
        let body = changed.website_meta.filter(|_| website).unwrap_or_default();
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = changed.status.unwrap_or_default();
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// A host of two stores, whose webhooks arrive, and its doctor.
struct Clinic {
    bench: Bench,
    pages: Pages,
    doctor: Doctor,
}

impl Clinic {
    async fn new() -> Self {
        Self::with(DoctorConfig::default()).await
    }

    async fn with(config: DoctorConfig) -> Self {
        let bench = Bench::hasty_provisioned().await;
        let post = Post::at(&bench);
        let pages = Pages { post, changed: Arc::default() };
        let config = DoctorConfig { public_url: Some(PUBLIC_URL.parse().unwrap()), ..config };
        let doctor = Doctor::new(bench.accounts.clone(), bench.ports.clone(), config)
            .with_pages(Arc::new(pages.clone()))
            .with_platform_token(BASE_URL.parse().unwrap(), bench.fake.platform_token());
        Self { bench, pages, doctor }
    }

    async fn check(&self) -> Report {
        self.doctor.check(self.bench.north()).await
    }

    async fn record(&self) -> StoreRecord {
        self.bench.record(self.bench.north()).await
    }

    async fn change(&self, change: impl FnMut(&mut StoreRecord) + Send) {
        self.bench.accounts.update(self.bench.north(), change).await.unwrap();
    }

    /// Makes each call of an operation fail.
    fn break_op(&self, name: &str, kind: FaultKind) {
        let found = chatwoot_client::operations().find(|op| op.name == name);
        let op: Op = *found.unwrap();
        self.bench.fake.fault(Fault::new(kind).op(op));
    }

    fn answer(&self, name: &str, status: u16, body: &str) {
        let body = body.to_owned().into();
        self.break_op(name, FaultKind::Respond { status, body });
    }

    /// Makes the server tell this version, and a clock that is ahead by so much.
    fn tell(&self, version: &str, ahead: Duration) {
        let time = (self.bench.clock.now() + ahead).strftime("%Y-%m-%d %H:%M:%S");
        let body = format!(r#"{{"version": "{version}", "timestamp": "{time}"}}"#);
        self.answer("server.version", 200, &body);
    }

    async fn change_inbox(&self, channel: ChannelPatch) {
        let account = self.bench.account(self.bench.north()).await;
        let inbox = self.record().await.account.website_inbox.unwrap();
        let to = InboxPatch { channel: Some(channel), ..InboxPatch::default() };
        account.inboxes().update(inbox, &to).await.unwrap();
    }

    async fn change_webhook(&self, to: WebhookPatch) {
        let account = self.bench.account(self.bench.north()).await;
        let webhook = self.record().await.account.webhook.unwrap();
        account.webhooks().update(webhook, &to).await.unwrap();
    }

    async fn show_panel(&self, url: &str) {
        let account = self.bench.account(self.bench.north()).await;
        let app = self.record().await.account.dashboard_app.unwrap();
        let content = Patch::Set(vec![DashboardAppContent::frame(url)]);
        let to = DashboardAppPatch { content, ..DashboardAppPatch::default() };
        account.dashboard_apps().update(app, &to).await.unwrap();
    }
}

/// Returns what was found that is not well.
fn findings(report: &Report) -> Vec<&CheckResult> {
    let unwell = |it: &&CheckResult| matches!(it.status, CheckStatus::Failed | CheckStatus::Warned);
    report.stores.iter().flat_map(|store| &store.checks).filter(unwell).collect()
}

/// A fault: its name, how it is planted, the check that finds it, and what that says.
struct Planted {
    fault: &'static str,
    plant: for<'a> fn(&'a Clinic) -> BoxFuture<'a, ()>,
    check: Check,
    status: CheckStatus,
    message: &'static str,
}

macro_rules! faults {
    ($($check:ident $status:ident $fault:literal => $message:literal: |$clinic:ident| $plant:block)*) => {
        [$(Planted {
            fault: $fault,
            plant: |$clinic| async move { $plant }.boxed(),
            check: Check::$check,
            status: CheckStatus::$status,
            message: $message,
        }),*]
    };
}

#[expect(clippy::too_many_lines, reason = "it is one table")]
fn faults() -> Vec<Planted> {
    faults! {
        Store Failed "a token of another server" => "for another Chatwoot server": |clinic| {
            clinic.change(|record| {
                let token = record.credentials.user_token.take().unwrap();
                let base_url = "https://another.test".parse().unwrap();
                record.credentials.user_token = Some(BoundToken { base_url, ..token });
            }).await;
        }
        Store Failed "an account that is not remembered" => "the store has no account": |clinic| {
            clinic.change(|record| record.account.account = None).await;
        }
        Store Failed "a store that was removed" => "is not known": |clinic| {
            clinic.bench.ports.stores.remove(clinic.bench.north()).await.unwrap();
        }
        BaseUrl Failed "a server that is down" => "no Chatwoot answers": |clinic| {
            clinic.break_op("server.version", FaultKind::NoConnection);
        }
        BaseUrl Failed "another site at the base URL" => "no Chatwoot answers": |clinic| {
            clinic.answer("server.version", 200, "<html>Welcome to nginx!</html>");
        }
        BaseUrl Failed "a server whose database is down" => "its database does not work": |clinic| {
            clinic.answer(
                "server.version", 200, r#"{"version": "4.15.1", "data_services": "failing"}"#,
            );
        }
        Clock Warned "a clock that is a minute behind" => "s behind this host's": |clinic| {
            clinic.bench.fake.set_skew(jiff::SignedDuration::from_secs(-60));
        }
        Clock Failed "a clock that is ten minutes ahead" => "its webhooks are refused": |clinic| {
            clinic.tell("4.15.1", HOUR / 6);
        }
        Version Failed "a version that does not sign" => "does not sign its webhooks": |clinic| {
            clinic.tell("4.9.1", Duration::ZERO);
        }
        Version Warned "a version that signs not all" => "no webhooks of inboxes and bots": |clinic| {
            clinic.tell("4.12.0", Duration::ZERO);
        }
        Version Warned "a version of the future" => "newer than the versions": |clinic| {
            clinic.tell("5.0.0", Duration::ZERO);
        }
        UserToken Failed "a token that was reset" => "the user's profile cannot be read": |clinic| {
            let token = clinic.record().await.credentials.user_token.unwrap().token;
            clinic.bench.client.profile(token).reset_access_token().await.unwrap();
        }
        UserToken Failed "an administrator made an agent" => "is agent of account": |clinic| {
            let account = clinic.record().await.account;
            let users = clinic.bench.platform();
            let (account, user) = (account.account.unwrap(), account.administrator.unwrap());
            users.account_users().create(account, user, Role::Agent).await.unwrap();
        }
        UserToken Failed "a user who was removed" => "is no member of account": |clinic| {
            let account = clinic.record().await.account;
            let users = clinic.bench.platform();
            let (account, user) = (account.account.unwrap(), account.administrator.unwrap());
            users.account_users().delete(account, user).await.unwrap();
        }
        PlatformToken Failed "a platform app of another" => "does not know the platform token": |clinic| {
            clinic.answer("platform_accounts.get", 401, r#"{"error": "Non permissible resource"}"#);
        }
        Account Failed "a suspended account" => "the account is suspended": |clinic| {
            let account = clinic.record().await.account.account.unwrap();
            clinic.bench.fake.set_suspended(account.0, true);
        }
        Account Failed "an account that was deleted" => "the account does not exist": |clinic| {
            clinic.answer("account.get", 404, r#"{"error": "Resource could not be found"}"#);
        }
        Account Warned "a feature that is off" => "lacks integrations": |clinic| {
            let account = clinic.record().await.account.account.unwrap();
            let merge_features = Patch::Set([("integrations".to_owned(), false)].into());
            let to = PlatformAccountPatch { merge_features, ..PlatformAccountPatch::default() };
            clinic.bench.platform().accounts().update(account, &to).await.unwrap();
        }
        Inboxes Failed "an inbox that was deleted" => "the e-mail inbox": |clinic| {
            let account = clinic.bench.account(clinic.bench.north()).await;
            let inbox = clinic.record().await.account.email_inbox.unwrap();
            account.inboxes().delete(inbox).await.unwrap();
        }
        Inboxes Failed "inboxes that were mixed up" => "is no": |clinic| {
            clinic.change(|record| {
                std::mem::swap(&mut record.account.api_inbox, &mut record.account.email_inbox);
            }).await;
        }
        Widget Failed "a website token of another inbox" => "is not that of the website inbox": |clinic| {
            clinic.change(|record| record.account.website_token = Some("another".into())).await;
        }
        Widget Failed "a server without its frontend" => "the widget's script does not load": |clinic| {
            clinic.answer("widget.sdk", 404, "");
        }
        Widget Failed "a proxy that serves another script" => "is not the widget's script": |clinic| {
            clinic.answer("widget.sdk", 200, "alert(1)");
        }
        Hmac Failed "an inbox that requires no proof" => "requires no proof of identity": |clinic| {
            let hmac_mandatory = Patch::Set(false);
            clinic.change_inbox(ChannelPatch { hmac_mandatory, ..ChannelPatch::default() }).await;
        }
        Hmac Failed "a key of another inbox" => "is not the inbox's": |clinic| {
            clinic.change(|record| record.credentials.api_hmac = Some("another key".into())).await;
        }
        Attributes Failed "a definition that was deleted" => "not defined: ": |clinic| {
            let account = clinic.bench.account(clinic.bench.north()).await;
            let known = account.attribute_definitions().list(None).await.unwrap();
            account.attribute_definitions().delete(known[0].id).await.unwrap();
        }
        Attributes Failed "a definition that was changed" => "defined otherwise: ": |clinic| {
            let account = clinic.bench.account(clinic.bench.north()).await;
            let known = account.attribute_definitions().list(None).await.unwrap();
            let to = chatwoot_client::application::attribute_definitions::AttributeDefinitionPatch {
                display_name: Patch::Set("Another name".into()),
                ..Default::default()
            };
            account.attribute_definitions().update(known[0].id, &to).await.unwrap();
        }
        Webhook Failed "a webhook to the old address" => "sent to another address": |clinic| {
            let url = "https://old.example/support/webhooks/chatwoot/abc".into();
            clinic.change_webhook(WebhookPatch { url, ..WebhookPatch::default() }).await;
        }
        Webhook Failed "a webhook without an event" => "is not sent message_created": |clinic| {
            let subscriptions = Patch::Set(WEBHOOK_SUBSCRIPTIONS[..5].to_vec());
            clinic.change_webhook(WebhookPatch { subscriptions, ..WebhookPatch::default() }).await;
        }
        Webhook Failed "a webhook that was deleted" => "no webhook to this host": |clinic| {
            let account = clinic.bench.account(clinic.bench.north()).await;
            let webhook = clinic.record().await.account.webhook.unwrap();
            account.webhooks().delete(webhook).await.unwrap();
        }
        Webhook Failed "a webhook that was made again" => "is another: deliveries are refused": |clinic| {
            let account = clinic.bench.account(clinic.bench.north()).await;
            let record = clinic.record().await;
            account.webhooks().delete(record.account.webhook.unwrap()).await.unwrap();
            let address = record.credentials.webhook_address.unwrap();
            let url = format!("{PUBLIC_URL}{}/{}", Address::Webhook.path(), address.expose());
            let again = NewWebhook::new(url, WEBHOOK_SUBSCRIPTIONS.to_vec());
            account.webhooks().create(&again).await.unwrap();
        }
        Webhook Failed "a secret that was lost" => "is not known": |clinic| {
            clinic.change(|record| record.credentials.webhook_secret = None).await;
        }
        Webhook Failed "a public URL that leads elsewhere" => "not by this host": |clinic| {
            clinic.pages.change(|pages| pages.elsewhere = true);
        }
        RoundTrip Failed "webhooks that are lost" => "no webhook arrived within": |clinic| {
            let lost = WebhookFaults { drop_per_mille: 1_000, ..WebhookFaults::default() };
            clinic.bench.fake.webhook_faults(lost);
        }
        Panel Failed "a panel at the old address" => "shows another address": |clinic| {
            clinic.show_panel("https://old.example/support/panel/abc").await;
        }
        Panel Failed "a dashboard app that was deleted" => "no dashboard app of this host": |clinic| {
            let account = clinic.bench.account(clinic.bench.north()).await;
            let app = clinic.record().await.account.dashboard_app.unwrap();
            account.dashboard_apps().delete(app).await.unwrap();
        }
        Panel Failed "a panel for another Chatwoot" => "its policy has `frame-ancestors": |clinic| {
            clinic.pages.change(|pages| {
                pages.panel_csp = Some("frame-ancestors https://another.test");
            });
        }
        Panel Failed "a proxy that forbids frames" => "X-Frame-Options: DENY": |clinic| {
            clinic.pages.change(|pages| {
                pages.panel_csp = Some("default-src 'none'");
                pages.panel_frame = Some("DENY");
            });
        }
        WidgetCsp Failed "a website that allows no frame" => "frame-src https://chatwoot.test": |clinic| {
            let own = WidgetCsp::new(BASE_URL).unwrap().merged_into("default-src 'self'");
            let own = own.replace("frame-src 'self' https://chatwoot.test", "frame-src 'self'");
            clinic.pages.change(|pages| pages.website_csp = Some(own));
        }
        WidgetCsp Warned "a website that allows no sound" => "connect-src https://chatwoot.test": |clinic| {
            let own = "connect-src 'self'".to_owned();
            clinic.pages.change(|pages| pages.website_csp = Some(own));
        }
        WidgetCsp Failed "a policy in the page itself" => "script-src https://chatwoot.test": |clinic| {
            let meta = r#"<meta http-equiv="Content-Security-Policy" content="script-src 'self'">"#;
            clinic.pages.change(|pages| pages.website_meta = Some(meta));
        }
        WidgetCsp Failed "a website that hangs" => "did not end within 10s": |clinic| {
            clinic.pages.change(|pages| pages.hangs = true);
        }
        LedgerLag Failed "a customer whom no worker syncs" => "customers wait: 1, the oldest for 600 s": |clinic| {
            let ada = customer("ada");
            clinic.bench.put(&ada);
            clinic.bench.sync().want(clinic.bench.north(), &ada.id).await.unwrap();
            tokio::time::sleep(HOUR / 6).await;
        }
        LedgerLag Failed "an event that nobody handles" => ", the oldest for 600 s": |clinic| {
            clinic.bench.guest_talk().await;
            clinic.bench.fake.idle().await;
            tokio::time::sleep(HOUR / 6).await;
        }
        ParkedRows Failed "a store that is paused" => "paused until": |clinic| {
            let (ledger, store) = (&clinic.bench.ports.sync, clinic.bench.north());
            ledger.pause(store, HOUR, "the account is refused").await.unwrap();
        }
        ParkedRows Warned "a customer who is set aside" => "1 customers and 0 events": |clinic| {
            let ledger = &clinic.bench.ports.sync;
            let Hold::Held(claim) =
                ledger.hold(clinic.bench.north(), &customer("ada").id, HOUR).await.unwrap()
            else {
                panic!("it is held by nobody")
            };
            let parked = Settlement::Parked { quiet: Duration::ZERO, error: "refused".into() };
            assert_eq!(ledger.settle(&[(*claim, parked)]).await.unwrap(), [true]);
        }
        WidgetCsp Failed "a transport that panics" => "the check panicked": |clinic| {
            clinic.pages.change(|pages| pages.panics = true);
        }
        LastDelivery Failed "webhooks that stopped" => "no webhook came": |clinic| {
            let lost = WebhookFaults { drop_next: 1_000, ..WebhookFaults::default() };
            clinic.bench.fake.webhook_faults(lost);
            clinic.bench.guest_talk().await;
            clinic.bench.fake.idle().await;
            clinic.bench.fake.webhook_faults(WebhookFaults::default());
            tokio::time::sleep(HOUR / 6).await;
        }
        Credentials Warned "a secret that is overdue" => "the previous webhook secret ended": |clinic| {
            let until = clinic.bench.clock.now() - DAY;
            clinic.change(|record| {
                let value = "the old secret".into();
                record.credentials.previous_webhook_secret = Some(Expiring { value, until });
            }).await;
        }
        Credentials Warned "a key that ends soon" => "the previous proof key ends": |clinic| {
            let until = clinic.bench.clock.now() + HOUR / 2;
            clinic.change(|record| {
                let value = "the old key".into();
                record.credentials.previous_proof_key = Some(Expiring { value, until });
            }).await;
        }
        Credentials Warned "an address of last year" => "is in use since": |clinic| {
            let since = clinic.bench.clock.now() - DAY * 200;
            clinic.change(|record| {
                record.credentials.panel_address_since = Some(since);
            }).await;
        }
        Credentials Failed "a rotation that was interrupted" => "was interrupted": |clinic| {
            let until = clinic.bench.clock.now() + HOUR * 5;
            clinic.change(|record| {
                let value = AddressToken::new("0123456789abcdef0123456789abcdef");
                record.credentials.panel_address_since = None;
                record.credentials.previous_panel_address = Some(Expiring { value, until });
            }).await;
        }
    }
    .into()
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_well_passes_each_check() {
    let clinic = Clinic::new().await;
    let report = clinic.doctor.check_all().await.unwrap();
    println!("{report}");
    assert_eq!(report.stores.len(), 2);
    for store in &report.stores {
        assert_eq!(store.with(CheckStatus::Passed).count(), Check::ALL.len(), "{store}");
    }
    assert_eq!(report.summary(), "38 of 38");
    assert!(report.to_string().ends_with("\n38 of 38") && report.is_healthy());
    let one = clinic.check().await;
    assert_eq!(one.summary(), "19 of 19");
    // Webhooks that came are seen.
    clinic.bench.guest_talk().await;
    clinic.bench.fake.idle().await;
    tokio::time::sleep(HOUR / 12).await;
    let last = clinic.check().await.stores.remove(0).result(Check::LastDelivery).cloned();
    assert!(last.unwrap().found.contains("the last came at"));
}

/// The table: each check has a planted fault, which it reports, and no other check does.
#[tokio::test(start_paused = true)]
async fn each_planted_fault_is_found_by_its_check_alone() {
    let faults = faults();
    let planted: BTreeSet<Check> = faults.iter().map(|fault| fault.check).collect();
    assert_eq!(planted, Check::ALL.into(), "each check has a fault");
    for Planted { fault, plant, check, status, message } in faults {
        let clinic = Clinic::new().await;
        let secrets = clinic.bench.secrets().await;
        plant(&clinic).await;
        let report = clinic.check().await;
        let found = findings(&report);
        let named: Vec<Check> = found.iter().map(|result| result.check).collect();
        assert_eq!(named, [check], "{fault}: {report}");
        let [found] = found[..] else { panic!("{fault}") };
        assert_eq!(found.status, status, "{fault}: {report}");
        assert!(found.found.contains(message), "{fault}: {}", found.found);
        assert!(found.advice.as_ref().is_some_and(|advice| !advice.is_empty()), "{fault}");
        assert_eq!(report.is_healthy(), status == CheckStatus::Warned, "{fault}");
        // Whatever was skipped says why.
        for skipped in report.stores[0].with(CheckStatus::Skipped) {
            assert!(skipped.found.contains("tells nothing while"), "{fault}: {skipped}");
        }
        for text in [report.to_string(), report.to_junit(), serde_json::to_string(&report).unwrap()]
        {
            holds_none(&text, &secrets);
        }
    }
}

/// A secret that another's error contains is not in the report.
#[tokio::test(start_paused = true)]
async fn a_secret_in_an_error_is_not_shown() {
    let clinic = Clinic::new().await;
    let record = clinic.record().await;
    let token = record.credentials.user_token.unwrap().token.secret().expose().to_owned();
    let reason = format!("the token {token} was refused");
    clinic.bench.ports.sync.pause(clinic.bench.north(), HOUR, &reason).await.unwrap();
    let report = clinic.check().await;
    assert!(report.to_string().contains("the token *** was refused"), "{report}");
    holds_none(&report.to_string(), &clinic.bench.secrets().await);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_out_or_not_given_is_no_failure() {
    let left_out = [Check::RoundTrip, Check::BaseUrl, Check::UserToken];
    let clinic =
        Clinic::with(DoctorConfig { left_out: left_out.into(), ..Default::default() }).await;
    let before = clinic.bench.fake.requests();
    let report = clinic.check().await;
    assert_eq!(report.summary(), "16 of 16");
    assert!(left_out.iter().all(|check| report.stores[0].result(*check).is_none()));
    assert!(clinic.bench.fake.requests() - before < 20, "a check costs about one call");
    let written = clinic.bench.fake.journal();
    assert!(written.iter().all(|call| call.verb == "GET"), "nothing is written: {written:#?}");
    // Without a transport for pages, a public URL and a platform token.
    let plain = Doctor::new(
        clinic.bench.accounts.clone(),
        clinic.bench.ports.clone(),
        DoctorConfig::default(),
    );
    let report = plain.check(clinic.bench.north()).await;
    assert_eq!(report.summary(), "17 of 17, 2 skipped");
    let unknown = StoreId::new("nowhere").unwrap();
    let report = plain.check(&unknown).await;
    assert_eq!(report.summary(), "0 of 1, 1 failure, 18 skipped");
}

/// No more checks run at a time than configured, over all stores.
#[tokio::test(start_paused = true)]
async fn the_number_of_checks_at_a_time_is_bounded() {
    #[derive(Debug, Default)]
    struct Counting {
        now: AtomicUsize,
        most: AtomicUsize,
    }

    #[async_trait]
    impl Transport for Counting {
        async fn send(
            &self,
            _: http::Request<Body>,
            _: Duration,
        ) -> Result<Response<Bytes>, TransportError> {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            Ok(Response::new(Bytes::new()))
        }
    }

    for parallel in [1, 2] {
        let bench = Bench::provisioned().await;
        let pages = Arc::new(Counting::default());
        let left_out: BTreeSet<Check> =
            Check::ALL.into_iter().filter(|it| *it != Check::WidgetCsp).collect();
        let config = DoctorConfig { parallel, left_out, ..DoctorConfig::default() };
        let doctor = Doctor::new(bench.accounts.clone(), bench.ports.clone(), config);
        let report = doctor.with_pages(pages.clone()).check_all().await.unwrap();
        assert_eq!(report.summary(), "2 of 2");
        assert_eq!(pages.most.load(Ordering::SeqCst), parallel);
    }
}
