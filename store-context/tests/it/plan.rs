//! Tests of the plan: what is planned is what is done, and planning sends only reads.

use chatwoot_client::Patch;
use chatwoot_client::application::dashboard_apps::DashboardAppPatch;
use chatwoot_client::application::inboxes::{ChannelPatch, InboxPatch};
use chatwoot_client::application::webhooks::{WebhookPatch, WebhookSubscription};
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::types::Role;
use store_context::Weekday;
use store_context::model::{BusinessHours, Store};
use store_context::provision::{
    PlanAction, ProvisionConfig, ProvisionError, ProvisionPlan, Provisioner, ResourceKind,
};

use crate::adopt::Own;
use crate::support::{Bench, DOMAIN, PUBLIC_URL, holds_none};

fn config(url: &str) -> ProvisionConfig {
    ProvisionConfig::new(url.parse().unwrap(), DOMAIN.parse().unwrap())
}

/// Plans, and checks that nothing was written to Chatwoot or to the store's record.
async fn plan(bench: &Bench, provisioner: &Provisioner, store: &Store) -> ProvisionPlan {
    let stores = &bench.ports.stores;
    let version = async || stores.open(&store.id).await.unwrap().map(|record| record.version);
    let before = version().await;
    bench.fake.clear_journal();
    let plan = provisioner.plan(store).await.unwrap();
    assert_eq!(writes(&bench.fake), [""; 0], "{plan}");
    assert!(bench.fake.requests() > 0, "it looked");
    assert_eq!(version().await, before, "{plan}");
    let shown = format!("{plan} {plan:?} {}", serde_json::to_string(&plan).unwrap());
    holds_none(&shown, &bench.secrets().await);
    plan
}

fn writes(fake: &FakeChatwoot) -> Vec<String> {
    let journal = fake.journal().into_iter();
    let writes = journal.filter(|entry| entry.verb != "GET");
    writes.map(|entry| format!("{} {}", entry.verb, entry.path)).collect()
}

/// Plans, provisions, and compares; then nothing is left to do.
async fn plan_and_provision(
    bench: &Bench,
    provisioner: &Provisioner,
    store: &Store,
) -> ProvisionPlan {
    let planned = plan(bench, provisioner, store).await;
    let report = provisioner.provision(store).await.unwrap();
    assert_eq!(*report.plan(), planned);
    let after = plan(bench, provisioner, store).await;
    assert!(after.is_up_to_date(), "{after}");
    bench.fake.clear_journal();
    provisioner.provision(store).await.unwrap();
    assert_eq!(writes(&bench.fake), [""; 0]);
    planned
}

#[tokio::test]
async fn a_plan_is_what_provisioning_does() {
    let bench = Bench::new();
    let provisioner = bench.provisioner(config(PUBLIC_URL));
    for store in &bench.stores {
        let plan = plan_and_provision(&bench, &provisioner, store).await;
        let is_new = |action: &PlanAction| match action {
            PlanAction::Create => true,
            PlanAction::Change(fields) => fields.iter().all(|field| field.field == "members"),
            _ => false,
        };
        assert!(plan.entries().iter().all(|entry| is_new(&entry.action)), "{plan}");
        assert!(plan.entries().len() > 15, "{plan}");
    }
    let own = Own::new();
    own.adopt().await;
    plan_and_provision(&own.bench, &own.provisioner(), own.store()).await;
}

/// Every kind of drift at once, and a store and a host that changed.
#[tokio::test]
async fn a_plan_names_each_field_that_changes() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let known = bench.record(&store.id).await.account;
    let desk = bench.account(&store.id).await;
    let color = ChannelPatch {
        widget_color: Patch::Set("#000000".to_owned()),
        hmac_mandatory: Patch::Set(false),
        ..ChannelPatch::default()
    };
    let inbox = InboxPatch { channel: Some(color), ..InboxPatch::default() };
    desk.inboxes().update(known.website_inbox.unwrap(), &inbox).await.unwrap();
    desk.inboxes().delete(known.api_inbox.unwrap()).await.unwrap();
    let fewer = WebhookPatch {
        subscriptions: Patch::Set(vec![WebhookSubscription::MessageCreated]),
        ..WebhookPatch::default()
    };
    desk.webhooks().update(known.webhook.unwrap(), &fewer).await.unwrap();
    let title = DashboardAppPatch { title: Patch::Set("Odd".into()), ..Default::default() };
    desk.dashboard_apps().update(known.dashboard_app.unwrap(), &title).await.unwrap();
    desk.team_members().remove(known.team.unwrap(), &[known.administrator.unwrap()]).await.unwrap();
    let changed = Store { name: "De Nieuwe Plank".to_owned(), ..store.clone() };

    let provisioner = bench.provisioner(config("https://new.example"));
    let plan = plan_and_provision(&bench, &provisioner, &changed).await;
    let differing = plan.entries().iter().filter(|entry| entry.action != PlanAction::Unchanged);
    let text: Vec<String> = differing
        .map(|entry| match &entry.action {
            PlanAction::Change(fields) => {
                let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                format!("{:?}: {}", entry.kind, fields.join("; "))
            }
            other => format!("{:?}: {other:?}", entry.kind),
        })
        .collect();
    assert_eq!(
        text,
        [
            r#"Account: name from "De Kaasplank" to "De Nieuwe Plank""#,
            r#"TeamMember: members from nothing to "administrator""#,
            r##"WebsiteInbox: hmac_mandatory from "false" to "true"; name from "De Kaasplank" to "De Nieuwe Plank"; widget_color from "#000000" to "#D97706""##,
            "ApiInbox: Create",
            r#"EmailInbox: name from "De Kaasplank e-mail" to "De Nieuwe Plank e-mail""#,
            r#"InboxMember: members from nothing to "administrator""#,
            r#"Webhook: url from "https://host.example/***" to "https://new.example/***"; subscriptions from "message_created" to "contact_created, contact_updated, conversation_created, conversation_status_changed, conversation_updated, message_created""#,
            r#"DashboardApp: url from "https://host.example/***" to "https://new.example/***"; title from "Odd" to "Customer""#,
        ],
        "{plan}"
    );
}

#[tokio::test]
async fn business_hours_are_the_website_inboxs_working_hours() {
    let bench = Bench::new();
    let hours = BusinessHours::closed().open([Weekday::Monday], "09:00", "17:30").unwrap();
    let hours = hours.open([Weekday::Sunday], "00:00", "24:00").unwrap();
    let store = Store { business_hours: Some(hours), ..bench.stores[0].clone() };
    let provisioner = bench.provisioner(config(PUBLIC_URL));
    plan_and_provision(&bench, &provisioner, &store).await;
    let inbox = bench.record(&store.id).await.account.website_inbox.unwrap();
    let website = bench.account(&store.id).await.inboxes().get(inbox).await.unwrap();
    assert_eq!(website.working_hours_enabled, Some(true));
    let days = website.working_hours.unwrap();
    let monday = days.iter().find(|day| day.day_of_week == 1).unwrap();
    assert_eq!((monday.open_hour, monday.close_minutes), (Some(9), Some(30)));
    assert_eq!(days.iter().filter(|day| day.closed_all_day == Some(true)).count(), 5);

    let longer = BusinessHours::closed().open([Weekday::Monday], "08:30", "17:30").unwrap();
    let changed = Store { business_hours: Some(longer), ..store };
    let plan = plan_and_provision(&bench, &provisioner, &changed).await;
    assert!(
        plan.to_string().contains(
            "working_hours from \"Sun all day, Mon 09:00 to 17:30, Tue closed, Wed closed, \
             Thu closed, Fri closed, Sat closed\" to \"Sun closed, Mon 08:30 to 17:30, "
        ),
        "{plan}"
    );
    // Without hours, the agents' settings stay.
    let none = Store { business_hours: None, ..changed };
    assert!(plan_and_provision(&bench, &provisioner, &none).await.is_up_to_date());
}

/// The account cannot be read with the saved token: the plan says so instead of guessing.
#[tokio::test]
async fn what_cannot_be_read_yet_is_said_so() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let provisioner = bench.provisioner(config(PUBLIC_URL));
    let known = bench.record(&store.id).await.account;
    let (account, user) = (known.account.unwrap(), known.administrator.unwrap());
    let members = bench.platform();
    let unread = |plan: &ProvisionPlan| {
        let unread = plan.entries().iter().filter(|entry| entry.action == PlanAction::Unread);
        unread.count()
    };

    members.account_users().create(account, user, Role::Agent).await.unwrap();
    let demoted = plan(&bench, &provisioner, store).await;
    assert_eq!(unread(&demoted), 8, "{demoted}");
    assert!(demoted.to_string().contains("role from \"agent\" to \"administrator\""), "{demoted}");
    provisioner.provision(store).await.unwrap();
    assert!(plan(&bench, &provisioner, store).await.is_up_to_date());

    members.users().delete(user).await.unwrap();
    let deleted = plan(&bench, &provisioner, store).await;
    let administrator = deleted.entries().iter().find(|it| it.kind == ResourceKind::Administrator);
    assert_eq!(administrator.unwrap().action, PlanAction::Create);
    assert_eq!(unread(&deleted), 8, "{deleted}");
    assert!(!deleted.is_up_to_date());
    provisioner.provision(store).await.unwrap();
    assert!(plan(&bench, &provisioner, store).await.is_up_to_date());

    // An administrator at another address keeps the token until the move, so all is read.
    let elsewhere = ProvisionConfig {
        administrator_domain: Some("elsewhere.example".parse().unwrap()),
        ..config(PUBLIC_URL)
    };
    let moved = bench.provisioner(elsewhere);
    let plan = plan_and_provision(&bench, &moved, store).await;
    assert_eq!(unread(&plan), 0, "{plan}");
    let from = "email from \"***@accounts.example\" to \"***@elsewhere.example\"; access_token";
    assert!(plan.to_string().contains(from), "{plan}");
}

#[tokio::test]
async fn accounts_are_not_created_without_a_domain_for_their_administrators() {
    let bench = Bench::new();
    let config = ProvisionConfig::for_own_accounts(PUBLIC_URL.parse().unwrap());
    let provisioner = bench.provisioner(config);
    let error = provisioner.provision(&bench.stores[0]).await.unwrap_err();
    assert!(matches!(error, ProvisionError::NoAdministratorDomain), "{error:?}");
    assert_eq!(writes(&bench.fake), [""; 0], "no account is created that cannot be used");
}
