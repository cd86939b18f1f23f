//! Tests of adoption: a store's own account is provisioned with a user's token, and what is there
//! is used.

use chatwoot_client::application::inboxes::{
    Inbox, InboxPatch, NewApiChannel, NewChannel, NewEmailChannel, NewInbox, NewWebWidget,
};
use chatwoot_client::application::labels::NewLabel;
use chatwoot_client::application::teams::NewTeam;
use chatwoot_client::application::webhooks::{NewWebhook, WebhookSubscription};
use chatwoot_client::fake::{FakeChatwoot, Fault};
use chatwoot_client::types::Role;
use chatwoot_client::{Account, AccountId, Client, InboxId, Limits, Patch, RetryPolicy};
use store_context::accounts::{Accounts, Clients};
use store_context::model::Store;
use store_context::ports::StoreRecord;
use store_context::provision::{
    AccessError, InboxStep, OwnAccount, PlanAction, ProvisionConfig, ProvisionError, ProvisionPlan,
    ProvisionReport, Provisioner, ResourceKind, StepOutcome, Steps,
};

use crate::provision::state;
use crate::support::{BASE_URL, Bench, PUBLIC_URL, customer, every_fault, holds_none, whole};

/// A host and a store with an account of its own.
pub(crate) struct Own {
    pub(crate) bench: Bench,
    pub(crate) account: u64,
    pub(crate) token: String,
}

impl Own {
    pub(crate) fn new() -> Self {
        Self::with(Bench::new())
    }

    fn with(bench: Bench) -> Self {
        let (account, token) = bench.fake.add_account("Plank BV");
        Self { bench, account, token }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.bench.stores[0]
    }

    fn own(&self) -> OwnAccount {
        OwnAccount::new(BASE_URL.parse().unwrap(), AccountId(self.account), self.token.as_str())
    }

    pub(crate) fn provisioner(&self) -> Provisioner {
        let config = ProvisionConfig::for_own_accounts(PUBLIC_URL.parse().unwrap());
        Provisioner::for_own_accounts(&self.bench.accounts, self.bench.ports.clone(), config)
    }

    pub(crate) fn desk(&self) -> Account {
        self.bench.client.account(AccountId(self.account), self.token.as_str())
    }

    pub(crate) async fn adopt(&self) {
        self.provisioner().adopt(self.store(), &self.own()).await.unwrap();
    }

    async fn adopt_and_provision(&self) -> Result<ProvisionReport, ProvisionError> {
        self.provisioner().adopt(self.store(), &self.own()).await?;
        self.provisioner().provision(self.store()).await
    }

    pub(crate) async fn plan_with(&self, steps: Steps) -> ProvisionPlan {
        self.provisioner().with_steps(steps).plan(self.store()).await.unwrap()
    }

    pub(crate) async fn provision_with(&self, steps: Steps) -> ProvisionReport {
        self.provisioner().with_steps(steps).provision(self.store()).await.unwrap()
    }

    pub(crate) async fn record(&self) -> StoreRecord {
        self.bench.record(&self.store().id).await
    }

    /// Creates an inbox by hand.
    async fn inbox(&self, name: &str, channel: impl Into<NewChannel>) -> Inbox {
        self.desk().inboxes().create(&NewInbox::new(name, channel)).await.unwrap()
    }

    async fn inbox_now(&self, id: InboxId) -> Inbox {
        self.desk().inboxes().get(id).await.unwrap()
    }

    fn writes(&self) -> Vec<String> {
        let journal = self.bench.fake.journal().into_iter();
        let writes = journal.filter(|entry| entry.verb != "GET");
        writes.map(|entry| format!("{} {}", entry.verb, entry.path)).collect()
    }
}

fn website(url: &str) -> NewWebWidget {
    NewWebWidget::new(url)
}

#[tokio::test]
async fn an_account_that_exists_gets_everything_once() {
    let own = Own::new();
    let access = own.provisioner().adopt(own.store(), &own.own()).await.unwrap();
    assert_eq!((access.account, access.role), (AccountId(own.account), Role::Administrator));
    assert_eq!(own.writes(), [""; 0], "adopting changes nothing in Chatwoot");
    let report = own.provisioner().provision(own.store()).await.unwrap();
    let created = report.steps().iter().filter(|step| step.outcome == StepOutcome::Created);
    assert!(created.count() > 10, "{report}");

    let now = state(&own.bench, own.store()).await;
    assert_eq!(now["account"][0], "Plank BV", "the account is the store's own");
    assert_eq!(now["agents"].as_array().unwrap().len(), 1, "no user is added");
    assert_eq!(now["members"], serde_json::json!([0, 0, 0]));
    let record = own.record().await;
    assert!(record.account.webhook.is_some() && record.account.dashboard_app.is_some());
    assert!(record.credentials.website_hmac.is_some() && record.credentials.api_hmac.is_some());
    let token = record.credentials.user_token.unwrap();
    assert!(token.is_for(&BASE_URL.parse().unwrap()) && token.token.secret().expose() == own.token);
    let platform = own.bench.fake.journal().into_iter();
    assert_eq!(platform.filter(|entry| entry.path.starts_with("/platform")).count(), 0);

    own.bench.fake.clear_journal();
    own.adopt().await;
    assert_eq!(own.provisioner().provision(own.store()).await.unwrap().changed(), 0);
    assert_eq!(own.writes(), [""; 0]);
    assert_eq!(state(&own.bench, own.store()).await, now);
}

/// The rest of the engine works in an adopted account, also with few steps.
#[tokio::test]
async fn customers_are_synced_to_an_adopted_account() {
    let own = Own::new();
    own.adopt().await;
    let steps = Steps {
        team: false,
        labels: false,
        api: InboxStep::LeftOut,
        email: InboxStep::LeftOut,
        panel: false,
        ..Steps::default()
    };
    own.provision_with(steps).await;
    let jan = customer("jan");
    own.bench.put(&jan);
    own.bench.synced(&jan.id).await;
    assert_eq!(own.bench.contact(&jan.id).await.email, jan.email);
}

/// Interrupted at each request in turn, in each way, and run again: nothing is created twice.
#[tokio::test(start_paused = true)]
async fn an_adoption_that_is_cut_short_anywhere_goes_on() {
    let whole_run = Own::new();
    whole_run.adopt_and_provision().await.unwrap();
    let requests = u32::try_from(whole_run.bench.fake.requests()).unwrap();
    assert!(requests > 20, "{requests}");
    let wanted = state(&whole_run.bench, whole_run.store()).await;
    for kind in every_fault() {
        for n in 0..requests {
            let own = Own::with(Bench::hasty());
            own.bench.fake.fault(Fault::new(kind.clone()).after(n).times(1));
            let cut = own.adopt_and_provision().await;
            if let Err(error) = &cut {
                holds_none(&whole(error), &own.bench.secrets().await);
                holds_none(&whole(error), std::slice::from_ref(&own.token));
            }
            own.bench.fake.clear_faults();
            own.adopt_and_provision().await.unwrap();
            let place = format!("{kind:?} at request {n}: {cut:?}");
            assert_eq!(state(&own.bench, own.store()).await, wanted, "{place}");
            let plan = own.provisioner().plan(own.store()).await.unwrap();
            assert!(plan.is_up_to_date(), "{place}: {plan}");
            assert_eq!(plan.orphans().count(), 0, "{place}: {plan}");
        }
    }
}

/// The same where the account has resources that are adopted.
#[tokio::test(start_paused = true)]
async fn an_adoption_of_what_is_there_that_is_cut_short_goes_on() {
    async fn furnished() -> Own {
        let own = Own::with(Bench::hasty());
        own.inbox("Chat", website("https://kaasplank.example")).await;
        own.inbox("De Kaasplank app", NewApiChannel::default()).await;
        own.inbox("Post", NewEmailChannel::new("hulp@kaasplank.example")).await;
        own.desk().teams().create(&NewTeam::new("support")).await.unwrap();
        own
    }
    let whole_run = furnished().await;
    let before = whole_run.bench.fake.requests();
    whole_run.adopt_and_provision().await.unwrap();
    let requests = u32::try_from(whole_run.bench.fake.requests() - before).unwrap();
    let wanted = state(&whole_run.bench, whole_run.store()).await;
    assert_eq!(wanted["inboxes"].as_array().unwrap().len(), 3);
    for kind in every_fault() {
        for n in 0..requests {
            let own = furnished().await;
            own.bench.fake.fault(Fault::new(kind.clone()).after(n).times(1));
            let cut = own.adopt_and_provision().await;
            own.bench.fake.clear_faults();
            own.adopt_and_provision().await.unwrap();
            let place = format!("{kind:?} at request {n}: {cut:?}");
            assert_eq!(state(&own.bench, own.store()).await, wanted, "{place}");
            let (now, whole) = (own.record().await.account, whole_run.record().await.account);
            assert_eq!(now.adopted, whole.adopted, "{place}");
            let plan = own.provisioner().plan(own.store()).await.unwrap();
            assert!(plan.is_up_to_date(), "{place}: {plan}");
        }
    }
}

#[tokio::test]
async fn what_a_token_may_not_do_is_found_out_first() {
    let own = Own::new();
    let fake = &own.bench.fake;
    let (other, others_token) = fake.add_account("Other");
    let (_, agents_token) = fake.add_agent(own.account, "agent@kaasplank.example");
    let (suspended, suspended_token) = fake.add_account("Suspended");
    fake.set_suspended(suspended, true);
    let platform = fake.platform_token();
    let account = AccountId(own.account);
    let cases = [
        (account, "no token of this server".to_owned(), AccessError::TokenRefused),
        (account, platform, AccessError::TokenRefused),
        (
            account,
            others_token.clone(),
            AccessError::NotAMember { account, member_of: vec![AccountId(other)] },
        ),
        (
            AccountId(999),
            others_token,
            AccessError::NotAMember { account: AccountId(999), member_of: vec![AccountId(other)] },
        ),
        (account, agents_token, AccessError::NotAdministrator { account, role: Role::Agent }),
        (AccountId(suspended), suspended_token, AccessError::Suspended(AccountId(suspended))),
    ];
    for (account, token, expected) in cases {
        fake.clear_journal();
        let wrong = OwnAccount::new(BASE_URL.parse().unwrap(), account, token.as_str());
        let error = own.provisioner().adopt(own.store(), &wrong).await.unwrap_err();
        assert!(
            matches!(&error, ProvisionError::Access(is) if *is == expected),
            "{expected:?}: {error:?}"
        );
        holds_none(&format!("{} {wrong:?}", whole(&error)), &[token]);
        let asked: Vec<String> = fake.journal().into_iter().map(|entry| entry.path).collect();
        assert_eq!(asked, ["/api/v1/profile"], "{expected:?}");
        let kept = own.bench.ports.stores.open(&own.store().id).await.unwrap();
        assert!(kept.is_none(), "{expected:?}");
    }
    let error = own.provisioner().plan(own.store()).await.unwrap_err();
    assert!(matches!(error, ProvisionError::NotProvisioned(_)), "{error:?}");
}

#[tokio::test]
async fn a_token_that_may_less_than_before_is_found_out_before_a_write() {
    let own = Own::new();
    own.adopt().await;
    own.bench.fake.set_suspended(own.account, true);
    own.bench.fake.clear_journal();
    let error = own.provisioner().provision(own.store()).await.unwrap_err();
    assert!(matches!(error, ProvisionError::Access(AccessError::Suspended(_))), "{error:?}");
    let error = own.provisioner().plan(own.store()).await.unwrap_err();
    assert!(matches!(error, ProvisionError::Access(AccessError::Suspended(_))), "{error:?}");
    assert_eq!(own.writes(), [""; 0]);
    own.bench.fake.set_suspended(own.account, false);
    own.provisioner().provision(own.store()).await.unwrap();
}

#[tokio::test]
async fn what_was_made_by_hand_is_adopted_and_stays_its_agents() {
    let own = Own::new();
    let desk = own.desk();
    let chat = own.inbox("Chat", website("https://kaasplank.example")).await;
    let greeting = InboxPatch {
        greeting_enabled: Patch::Set(true),
        greeting_message: Patch::Set("Hoi!".to_owned()),
        ..InboxPatch::default()
    };
    desk.inboxes().update(chat.id, &greeting).await.unwrap();
    let app = own.inbox("De Kaasplank app", NewApiChannel::default()).await;
    let post = own.inbox("Post", NewEmailChannel::new("HULP@kaasplank.example")).await;
    desk.labels().create(&NewLabel::new("vip")).await.unwrap();
    let team = desk.teams().create(&NewTeam::new("Support")).await.unwrap();
    let url = "https://elsewhere.example/hook";
    let hook = NewWebhook::new(url, [WebhookSubscription::MessageUpdated]);
    let hook = desk.webhooks().create(&hook).await.unwrap();

    own.adopt().await;
    let report = own.provisioner().provision(own.store()).await.unwrap();
    let inboxes = desk.inboxes().list().await.unwrap();
    assert_eq!(inboxes.len(), 3, "{report}");
    let record = own.record().await;
    let known = &record.account;
    assert_eq!(
        (known.website_inbox, known.api_inbox, known.email_inbox, known.team),
        (Some(chat.id), Some(app.id), Some(post.id), Some(team.id))
    );
    assert_eq!(known.website_token, chat.website_token);
    let now = own.inbox_now(chat.id).await;
    assert_eq!((now.name.as_str(), now.hmac_mandatory), ("Chat", Some(true)));
    assert_eq!(now.greeting_message.as_deref(), Some("Hoi!"), "the agents' own");
    assert_eq!(now.widget_color, chat.widget_color, "the agents' own");
    assert_eq!(own.inbox_now(app.id).await.hmac_mandatory, Some(true));
    assert_eq!(own.inbox_now(post.id).await.name, "Post");
    let labels = desk.labels().list().await.unwrap();
    assert_eq!(labels.iter().filter(|label| label.title == "vip").count(), 1);
    assert_eq!(desk.teams().list().await.unwrap().len(), 1);
    let hooks = desk.webhooks().list().await.unwrap();
    let kept = hooks.iter().find(|it| it.id == hook.id).unwrap();
    assert_eq!((hooks.len(), kept.url.expose()), (2, url));
    assert_eq!(*kept.subscriptions, [WebhookSubscription::MessageUpdated]);

    // What agents change in an adopted inbox stays, except what the engine needs.
    let renamed = InboxPatch { name: Patch::Set("Webchat".to_owned()), ..InboxPatch::default() };
    desk.inboxes().update(chat.id, &renamed).await.unwrap();
    let report = own.provisioner().provision(own.store()).await.unwrap();
    assert_eq!(report.changed(), 0, "{report}");
    assert_eq!(own.inbox_now(chat.id).await.name, "Webchat");
    // Nor are they orphans when their steps are left out.
    let none = Steps {
        team: false,
        website: InboxStep::LeftOut,
        api: InboxStep::LeftOut,
        email: InboxStep::LeftOut,
        ..Steps::default()
    };
    let plan = own.plan_with(none).await;
    assert_eq!(plan.orphans().count(), 0, "{plan}");
}

/// Each case: inboxes made by hand, the steps, and what the conflict says.
#[tokio::test]
async fn what_cannot_be_adopted_is_a_conflict_and_nothing_is_sent() {
    let shop = "https://kaasplank.example/";
    let by = |website: InboxStep| Steps { website, ..Steps::default() };
    let named = || InboxStep::Named("Chat".to_owned());
    let api = || NewChannel::from(NewApiChannel::default());
    let web = |url: &str| NewChannel::from(website(url));
    let cases = [
        (vec![("De Kaasplank", api())], Steps::default(), "has the name \"De Kaasplank\""),
        (vec![("One", web(shop)), ("Two", web(shop))], Steps::default(), "fit equally"),
        (
            vec![("De Kaasplank", web("https://x.example")), ("Two", web(shop))],
            Steps::default(),
            "fit equally",
        ),
        (vec![], by(InboxStep::Existing(InboxId(4711))), "no inbox 4711"),
        (vec![("Chat", api())], by(InboxStep::Existing(InboxId(1))), "is a Channel::Api"),
        (vec![("Other", web(shop))], by(named()), "no inbox \"Chat\""),
        (vec![("Chat", api())], by(named()), "is a Channel::Api"),
        (vec![("Chat", web(shop)), ("Chat", web(shop))], by(named()), "fit equally"),
    ];
    for (inboxes, steps, says) in cases {
        let own = Own::new();
        for (name, channel) in inboxes {
            own.inbox(name, channel).await;
        }
        own.adopt().await;
        own.bench.fake.clear_journal();
        let plan = own.plan_with(steps.clone()).await;
        let conflicts: Vec<_> = plan.conflicts().collect();
        let [conflict] = conflicts.as_slice() else { panic!("{says}: {plan}") };
        let PlanAction::Conflict(reason) = &conflict.action else { panic!("{plan}") };
        assert_eq!(conflict.kind, ResourceKind::WebsiteInbox);
        assert!(reason.contains(says) && reason.contains("choose"), "{says}: {reason}");
        let provisioner = own.provisioner().with_steps(steps);
        let error = provisioner.provision(own.store()).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        let ProvisionError::Conflict(refused) = error else { panic!("{error:?}") };
        assert_eq!(*refused, plan);
        assert_eq!(own.writes(), [""; 0], "{says}");
    }
}

#[tokio::test]
async fn an_inbox_is_chosen_by_its_id_or_its_name() {
    for is_by_name in [true, false] {
        let own = Own::new();
        own.inbox("One", website("https://kaasplank.example")).await;
        let two = own.inbox("Two", website("https://kaasplank.example")).await;
        own.adopt().await;
        let chosen = if is_by_name {
            InboxStep::Named("Two".to_owned())
        } else {
            InboxStep::Existing(two.id)
        };
        let steps = Steps { website: chosen, ..Steps::default() };
        let report = own.provision_with(steps.clone()).await;
        assert_eq!(own.record().await.account.website_inbox, Some(two.id), "{report}");
        assert_eq!(own.inbox_now(two.id).await.hmac_mandatory, Some(true));
        assert_eq!(own.inbox_now(two.id).await.name, "Two");
        assert!(own.plan_with(steps).await.is_up_to_date());
        // It is remembered: a choice that is not repeated does not take it over.
        assert!(own.plan_with(Steps::default()).await.entries().iter().all(|entry| {
            entry.kind != ResourceKind::WebsiteInbox || entry.action == PlanAction::Unchanged
        }));
    }
}

#[tokio::test]
async fn a_step_that_is_left_out_makes_nothing_and_deletes_nothing() {
    let minimal = || Steps {
        team: false,
        labels: false,
        attributes: false,
        website: InboxStep::LeftOut,
        api: InboxStep::LeftOut,
        email: InboxStep::LeftOut,
        members: false,
        webhook: false,
        panel: false,
    };
    let own = Own::new();
    own.adopt().await;
    own.bench.fake.clear_journal();
    let report = own.provision_with(minimal()).await;
    assert_eq!((report.changed(), own.writes().len()), (0, 0), "{report}");
    assert_eq!(own.bench.fake.requests(), 1, "the profile");

    own.provision_with(Steps::default()).await;
    let before = state(&own.bench, own.store()).await;
    own.bench.fake.clear_journal();
    let plan = own.plan_with(minimal()).await;
    let kinds: Vec<ResourceKind> = plan.orphans().map(|entry| entry.kind).collect();
    let all = [
        ResourceKind::Team,
        ResourceKind::WebsiteInbox,
        ResourceKind::ApiInbox,
        ResourceKind::EmailInbox,
        ResourceKind::Webhook,
        ResourceKind::DashboardApp,
    ];
    assert_eq!(kinds, all, "{plan}");
    let report = own.provision_with(minimal()).await;
    assert_eq!(own.writes(), [""; 0]);
    assert!(report.to_string().contains("no longer wanted and left: dashboard app"), "{report}");
    assert_eq!(state(&own.bench, own.store()).await, before);

    let provisioner = own.provisioner().with_steps(minimal());
    let asked = [ResourceKind::DashboardApp, ResourceKind::EmailInbox];
    let deleted = provisioner.delete_orphans(own.store(), &asked).await.unwrap();
    let kinds: Vec<ResourceKind> = deleted.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [ResourceKind::EmailInbox, ResourceKind::DashboardApp]);
    assert_eq!(own.writes().len(), 2, "{:?}", own.writes());
    assert!(own.writes().iter().all(|write| write.starts_with("DELETE ")));
    let record = own.record().await.account;
    assert_eq!((record.dashboard_app, record.email_inbox), (None, None));
    assert_eq!(own.plan_with(minimal()).await.orphans().count(), 4);
    assert!(provisioner.delete_orphans(own.store(), &asked).await.unwrap().is_empty());

    // With all steps again, what was deleted is made, and what was left is used.
    let report = own.provision_with(Steps::default()).await;
    assert_eq!(report.plan().orphans().count(), 0, "{report}");
    let created = report.steps().iter().filter(|step| step.outcome == StepOutcome::Created);
    assert_eq!(created.count(), 2, "{report}");
}

/// A webhook of this host whose record was lost is an orphan, unless it is another store's.
#[tokio::test]
async fn a_webhook_of_this_host_is_an_orphan_only_if_it_is_no_other_stores() {
    let own = Own::new();
    let other = &own.bench.stores[1];
    own.bench.provision(other).await.unwrap();
    let others = own.bench.record(&other.id).await.credentials.webhook_address.unwrap();
    let mut ids = Vec::new();
    for token in ["0".repeat(32).as_str(), others.expose()] {
        let url = format!("{PUBLIC_URL}/webhooks/chatwoot/{token}");
        let hook = NewWebhook::new(url, [WebhookSubscription::MessageCreated]);
        ids.push(own.desk().webhooks().create(&hook).await.unwrap().id);
    }
    own.adopt().await;
    own.provisioner().provision(own.store()).await.unwrap();
    let kinds = [ResourceKind::Webhook];
    let deleted = own.provisioner().delete_orphans(own.store(), &kinds).await.unwrap();
    assert_eq!(deleted.len(), 1, "{deleted:?}");
    let left = own.desk().webhooks().list().await.unwrap();
    let mut left: Vec<_> = left.iter().map(|hook| hook.id).collect();
    left.sort();
    assert_eq!(left, [ids[1], own.record().await.account.webhook.unwrap()]);
}

#[tokio::test]
async fn a_new_token_replaces_the_old_one_and_another_account_everything() {
    let own = Own::new();
    own.adopt_and_provision().await.unwrap();
    let before = own.record().await;
    // The same administrator, with a new token.
    let profile = own.bench.client.profile(own.token.as_str()).reset_access_token().await.unwrap();
    let error = own.provisioner().plan(own.store()).await.unwrap_err();
    assert!(matches!(error, ProvisionError::Access(AccessError::TokenRefused)), "{error:?}");
    let token = profile.access_token.unwrap();
    let base_url = || BASE_URL.parse().unwrap();
    let renewed = OwnAccount::new(base_url(), AccountId(own.account), token.expose());
    own.provisioner().adopt(own.store(), &renewed).await.unwrap();
    let now = own.record().await;
    assert_eq!(now.account, before.account);
    assert_eq!(now.credentials.webhook_address, before.credentials.webhook_address);
    assert_eq!(now.credentials.user_token.unwrap().token.secret().expose(), token.expose());
    assert!(own.provisioner().plan(own.store()).await.unwrap().is_up_to_date());

    let (other, others_token) = own.bench.fake.add_account("Another");
    let another = OwnAccount::new(base_url(), AccountId(other), others_token.as_str());
    own.provisioner().adopt(own.store(), &another).await.unwrap();
    let now = own.record().await;
    assert_eq!((now.account.account, now.account.webhook), (Some(AccountId(other)), None));
    assert!(now.credentials.webhook_secret.is_none() && now.credentials.website_hmac.is_none());
    let trail = own.bench.ports.audit.entries(&own.store().id, None, 10).await.unwrap();
    let actions: Vec<&str> = trail.iter().map(|record| record.entry.action.as_str()).collect();
    assert_eq!(actions, ["provision", "rotate", "provision", "provision"]);
}

/// Two tenants on servers of their own: neither server sees the other's token.
#[tokio::test]
async fn a_token_is_sent_to_its_own_server_only() {
    let bench = Bench::new();
    let fakes = [FakeChatwoot::new(), FakeChatwoot::new()];
    let servers = fakes.clone();
    let clients = Clients::new(move |url| {
        let fake = &servers[usize::from(url.as_str().contains("two"))];
        let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
        let builder = Client::builder(url.as_str()).transport(fake.clone()).retry(once);
        builder.limits(Limits::off()).build()
    });
    let accounts = Accounts::new(&bench.ports, clients);
    let config = ProvisionConfig::for_own_accounts(PUBLIC_URL.parse().unwrap());
    let provisioner = Provisioner::for_own_accounts(&accounts, bench.ports.clone(), config);
    for ((fake, store), url) in
        fakes.iter().zip(&bench.stores).zip(["https://one.test", "https://two.test"])
    {
        let (account, token) = fake.add_account("Own");
        let own = OwnAccount::new(url.parse().unwrap(), AccountId(account), token.as_str());
        provisioner.adopt(store, &own).await.unwrap();
        provisioner.provision(store).await.unwrap();
    }
    for fake in &fakes {
        fake.clear_journal();
    }
    assert_eq!(provisioner.provision(&bench.stores[1]).await.unwrap().changed(), 0);
    assert_eq!(fakes[0].requests(), 0);
    assert!(fakes[1].requests() > 0);
    let refused = |fake: &FakeChatwoot| fake.journal().iter().any(|it| it.status == Some(401));
    assert!(!fakes.iter().any(refused));
}

/// One provisioner with a platform token serves both kinds of stores.
#[tokio::test]
async fn a_platform_provisions_stores_with_accounts_of_their_own_too() {
    let own = Own::new();
    let config =
        ProvisionConfig::new(PUBLIC_URL.parse().unwrap(), "accounts.example".parse().unwrap());
    let provisioner = own.bench.provisioner(config);
    provisioner.adopt(own.store(), &own.own()).await.unwrap();
    provisioner.provision(own.store()).await.unwrap();
    provisioner.provision(&own.bench.stores[1]).await.unwrap();
    let (adopted, made) = (own.record().await, own.bench.record(&own.bench.stores[1].id).await);
    assert_eq!(adopted.account.account, Some(AccountId(own.account)));
    assert!(adopted.account.adopted.account && !made.account.adopted.account);
    for store in &own.bench.stores {
        assert_eq!(provisioner.provision(store).await.unwrap().changed(), 0);
    }
    let accounts = own.bench.platform().accounts().list().await.unwrap();
    assert_eq!(accounts.len(), 1, "the store's own account is not the platform app's");
}
