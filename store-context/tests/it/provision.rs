//! Tests of provisioning: a store gets its account, once, whatever fails.

use std::collections::BTreeSet;

use chatwoot_client::application::attribute_definitions::{
    AttributeDefinitionPatch, AttributeModel, AttributeType,
};
use chatwoot_client::application::dashboard_apps::DashboardAppPatch;
use chatwoot_client::application::inboxes::{ChannelPatch, InboxPatch};
use chatwoot_client::application::teams::TeamPatch;
use chatwoot_client::application::webhooks::{WebhookPatch, WebhookSubscription};
use chatwoot_client::fake::{Fault, FaultKind};
use chatwoot_client::platform::{NewUser, UserPatch};
use chatwoot_client::types::{Role, User};
use chatwoot_client::{Account, Patch, UserToken};
use serde_json::{Value, json};
use store_context::model::{ContactIdentifiers, Store, StoreId};
use store_context::ports::StoreAccount;
use store_context::provision::{ProvisionError, ProvisionReport, StepOutcome};

use crate::support::{BASE_URL, Bench, DOMAIN, PUBLIC_URL, every_fault, holds_none, stores, whole};

fn json(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// Returns the store's resources in Chatwoot, without ids and secrets.
pub(crate) async fn state(bench: &Bench, store: &Store) -> Value {
    let account = bench.account(&store.id).await;
    let list = |value: Value, keys: &[&str]| -> Vec<Value> {
        let rows = value.as_array().cloned().unwrap_or_default();
        let pick = |row: &Value| keys.iter().map(|key| row[*key].clone()).collect::<Value>();
        let mut rows: Vec<Value> = rows.iter().map(pick).collect();
        rows.sort_by_key(ToString::to_string);
        rows
    };
    let inboxes = account.inboxes().list().await.unwrap();
    let mut members = Vec::new();
    for inbox in &inboxes {
        members.push(account.inbox_members().list(inbox.id).await.unwrap().len());
    }
    let teams = account.teams().list().await.unwrap();
    let mut team_members = Vec::new();
    for team in &teams {
        team_members.push(account.team_members().list(team.id).await.unwrap().len());
    }
    let inbox_keys = [
        "name",
        "channel_type",
        "widget_color",
        "website_url",
        "greeting_message",
        "timezone",
        "welcome_title",
        "welcome_tagline",
        "hmac_mandatory",
        "email",
    ];
    let definitions = account.attribute_definitions().list(Some(AttributeModel::Contact)).await;
    let mut agents = json(account.agents().list().await.unwrap());
    for agent in agents.as_array_mut().unwrap() {
        // Each installation has its own key, and so its own address.
        let (local, domain) = agent["email"].as_str().unwrap().split_once('@').unwrap();
        let readable = local.rsplit_once('-').map_or(local, |(readable, _)| readable);
        agent["email"] = format!("{readable}@{domain}").into();
    }
    json!({
        "inboxes": list(serde_json::to_value(&inboxes).unwrap(), &inbox_keys),
        "members": members,
        "teams": list(json(&teams), &["name"]),
        "team_members": team_members,
        "agents": list(json!(agents), &["name", "email", "role"]),
        "labels": list(serde_json::to_value(account.labels().list().await.unwrap()).unwrap(),
            &["title"]),
        "attributes": list(serde_json::to_value(definitions.unwrap()).unwrap(),
            &["attribute_key", "attribute_display_name", "attribute_display_type",
              "attribute_values"]),
        "webhooks": list(serde_json::to_value(account.webhooks().list().await.unwrap()).unwrap(),
            &["subscriptions"]),
        "apps": list(serde_json::to_value(account.dashboard_apps().list().await.unwrap()).unwrap(),
            &["title"]),
        "account": json!([
            account.details().get().await.unwrap().name,
            account.details().get().await.unwrap().locale,
        ]),
    })
}

fn changed(report: &ProvisionReport) -> BTreeSet<String> {
    let steps = report.steps().iter();
    steps
        .filter(|step| step.outcome == StepOutcome::Changed)
        .map(|step| step.what.clone())
        .collect()
}

fn created(report: &ProvisionReport) -> usize {
    report.steps().iter().filter(|step| step.outcome == StepOutcome::Created).count()
}

#[tokio::test]
async fn everything_is_made_once() {
    let bench = Bench::new();
    for store in &bench.stores {
        let report = bench.provision(store).await.unwrap();
        let made =
            ["account", "administrator", "team", "label", "attribute", "inbox", "webhook", "app"];
        for what in made {
            assert!(report.steps().iter().any(|step| step.what.contains(what)), "{what}: {report}");
        }
        let unchanged = report.steps().iter().find(|step| step.outcome == StepOutcome::Unchanged);
        assert_eq!(unchanged, None, "{report}");
        let store_account = bench.record(&store.id).await.account;
        let StoreAccount { account, administrator, team, website_inbox, website_token, .. } =
            &store_account;
        assert!(account.is_some() && administrator.is_some() && team.is_some());
        assert!(
            website_inbox.is_some()
                && website_token.is_some()
                && store_account.email_inbox.is_some()
        );
        assert!(store_account.api_inbox.is_some() && store_account.api_inbox_identifier.is_some());
        assert!(store_account.webhook.is_some() && store_account.dashboard_app.is_some());
    }
    let first: Vec<Value> =
        vec![state(&bench, &bench.stores[0]).await, state(&bench, &bench.stores[1]).await];

    bench.fake.clear_journal();
    for store in &bench.stores {
        let report = bench.provision(store).await.unwrap();
        assert_eq!(report.changed(), 0, "{report}");
        assert!(report.to_string().contains("nothing to do"), "{report}");
    }
    let written: Vec<_> =
        bench.fake.journal().into_iter().filter(|entry| entry.verb != "GET").collect();
    assert!(written.is_empty(), "{written:#?}");
    assert!(bench.fake.requests() > 20, "it looked");
    for (store, first) in bench.stores.iter().zip(first) {
        assert_eq!(state(&bench, store).await, first);
    }
}

#[tokio::test]
async fn two_stores_are_two_accounts() {
    let bench = Bench::provisioned().await;
    let [dutch, american] = &bench.stores;
    let (of_dutch, of_american) = (state(&bench, dutch).await, state(&bench, american).await);
    assert_eq!(of_dutch["account"], json!(["De Kaasplank", "nl"]));
    assert_eq!(of_american["account"], json!(["The Vinyl Room", "en"]));
    for (is, other) in [(&of_dutch, american), (&of_american, dutch)] {
        let text = is.to_string();
        for foreign in [
            &other.name,
            &other.branding.as_ref().unwrap().color,
            &other.time_zone,
            &other.support_email,
        ] {
            assert!(!text.contains(foreign.as_str()), "{foreign} in {text}");
        }
    }
    assert!(of_dutch.to_string().contains("zilver") && of_american.to_string().contains("gold"));
    let one = bench.record(&dutch.id).await.account;
    let two = bench.record(&american.id).await.account;
    assert_ne!(one.account, two.account);
    assert_ne!(one.administrator, two.administrator);
    let token = bench.record(&dutch.id).await.credentials.user_token.unwrap().token;
    let trespass = bench.client.account(two.account.unwrap(), token).labels().list().await;
    assert!(trespass.is_err(), "one store's token opens the other's account");
}

#[tokio::test]
async fn stores_whose_ids_look_alike_have_a_user_each() {
    let bench = Bench::new();
    let mut users = BTreeSet::new();
    let long = "x".repeat(255);
    for id in ["tea.shop", "tea-shop", "Tea-Shop", "茶", "酒", long.as_str()] {
        let store = Store { id: StoreId::new(id).unwrap(), ..stores()[0].clone() };
        let store = Store { support_email: "help@one.example".to_owned(), ..store };
        // The email inbox is refused, since an address has one inbox: the user exists by then.
        let _refused = bench.provision(&store).await;
        users.insert(bench.record(&store.id).await.account.administrator.unwrap());
    }
    assert_eq!(users.len(), 6);
}

/// Changes the account, provisions, and expects exactly this repair.
macro_rules! drifts {
    ($($name:ident: $what:literal, |$account:ident, $store_account:ident| $change:expr;)+) => {$(
        #[tokio::test]
        async fn $name() {
            async fn change($account: &Account, $store_account: &StoreAccount) { $change }
            let bench = Bench::provisioned().await;
            let store = &bench.stores[0];
            let before = state(&bench, store).await;
            let store_account = bench.record(&store.id).await.account;
            change(&bench.account(&store.id).await, &store_account).await;
            assert_ne!(state(&bench, store).await, before, "the drift is one");
            let report = bench.provision(store).await.unwrap();
            let changed = changed(&report);
            assert!(changed.len() == 1 && changed.iter().all(|it| it.contains($what)), "{report}");
            assert_eq!(created(&report), 0, "{report}");
            assert_eq!(state(&bench, store).await, before);
            assert_eq!(bench.provision(store).await.unwrap().changed(), 0);
        }
    )+};
}

fn renamed() -> InboxPatch {
    InboxPatch { name: Patch::Set("Renamed".to_owned()), ..InboxPatch::default() }
}

fn with_channel(channel: ChannelPatch) -> InboxPatch {
    InboxPatch { channel: Some(channel), ..InboxPatch::default() }
}

drifts! {
    a_renamed_website_inbox: "website inbox", |account, store_account| {
        account.inboxes().update(store_account.website_inbox.unwrap(), &renamed()).await.unwrap();
    };
    a_renamed_api_inbox: "API inbox", |account, store_account| {
        account.inboxes().update(store_account.api_inbox.unwrap(), &renamed()).await.unwrap();
    };
    a_renamed_email_inbox: "e-mail inbox", |account, store_account| {
        account.inboxes().update(store_account.email_inbox.unwrap(), &renamed()).await.unwrap();
    };
    another_support_address: "e-mail inbox", |account, store_account| {
        let to = ChannelPatch { email: Patch::Set("x@y.example".into()), ..Default::default() };
        account.inboxes().update(store_account.email_inbox.unwrap(), &with_channel(to)).await.unwrap();
    };
    another_widget_color: "website inbox", |account, store_account| {
        let to = ChannelPatch { widget_color: Patch::Set("#000000".into()), ..Default::default() };
        account.inboxes().update(store_account.website_inbox.unwrap(), &with_channel(to)).await.unwrap();
    };
    a_website_that_asks_no_proof: "website inbox", |account, store_account| {
        let to = ChannelPatch { hmac_mandatory: Patch::Set(false), ..Default::default() };
        account.inboxes().update(store_account.website_inbox.unwrap(), &with_channel(to)).await.unwrap();
    };
    a_public_api_that_asks_no_proof: "API inbox", |account, store_account| {
        let to = ChannelPatch { hmac_mandatory: Patch::Set(false), ..Default::default() };
        account.inboxes().update(store_account.api_inbox.unwrap(), &with_channel(to)).await.unwrap();
    };
    an_attribute_with_other_values: "customer_tier", |account, _store_account| {
        let to = AttributeDefinitionPatch {
            values: Patch::Set(vec!["odd".into()]), ..Default::default()
        };
        account.attribute_definitions().update(definition(account, "customer_tier").await, &to)
            .await.unwrap();
    };
    an_attribute_of_another_type: "order_count", |account, _store_account| {
        let to = AttributeDefinitionPatch {
            display_type: Patch::Set(AttributeType::List),
            values: Patch::Set(vec!["odd".into()]),
            ..Default::default()
        };
        account.attribute_definitions().update(definition(account, "order_count").await, &to)
            .await.unwrap();
    };
    a_webhook_with_other_events: "webhook", |account, store_account| {
        let to = WebhookPatch {
            subscriptions: Patch::Set(vec![WebhookSubscription::ContactCreated]),
            ..Default::default()
        };
        account.webhooks().update(store_account.webhook.unwrap(), &to).await.unwrap();
    };
    a_panel_with_another_title: "dashboard app", |account, store_account| {
        let to = DashboardAppPatch { title: Patch::Set("Odd".into()), ..Default::default() };
        account.dashboard_apps().update(store_account.dashboard_app.unwrap(), &to).await.unwrap();
    };
    nobody_in_an_inbox: "member of the API inbox", |account, store_account| {
        account.inbox_members().replace(store_account.api_inbox.unwrap(), &[]).await.unwrap();
    };
    nobody_in_the_team: "team member", |account, store_account| {
        account.team_members().remove(store_account.team.unwrap(), &[store_account.administrator.unwrap()])
            .await.unwrap();
    };
    a_renamed_team: "team", |account, store_account| {
        let to = TeamPatch { name: Patch::Set("odd".into()), ..Default::default() };
        account.teams().update(store_account.team.unwrap(), &to).await.unwrap();
    };
}

async fn definition(account: &Account, key: &str) -> chatwoot_client::types::AttributeDefinitionId {
    let all = account.attribute_definitions().list(Some(AttributeModel::Contact)).await.unwrap();
    all.iter().find(|it| it.key == key).unwrap().id
}

#[tokio::test]
async fn what_was_deleted_is_made_again() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let before = state(&bench, store).await;
    let store_account = bench.record(&store.id).await.account;
    let account = bench.account(&store.id).await;
    let secret = bench.record(&store.id).await.credentials.webhook_secret.unwrap();

    let label = account.labels().list().await.unwrap()[0].id;
    account.labels().delete(label).await.unwrap();
    account.inboxes().delete(store_account.api_inbox.unwrap()).await.unwrap();
    account.webhooks().delete(store_account.webhook.unwrap()).await.unwrap();
    account.dashboard_apps().delete(store_account.dashboard_app.unwrap()).await.unwrap();
    account.attribute_definitions().delete(definition(&account, "cart_items").await).await.unwrap();
    account.teams().delete(store_account.team.unwrap()).await.unwrap();
    let report = bench.provision(store).await.unwrap();
    assert_eq!(created(&report), 6, "{report}");
    assert_eq!(state(&bench, store).await, before);
    assert_eq!(bench.provision(store).await.unwrap().changed(), 0);

    let held = bench.record(&store.id).await.credentials;
    assert_eq!(held.previous_webhook_secret.unwrap().value.expose(), secret.expose());
    assert_ne!(held.webhook_secret.unwrap().expose(), secret.expose());
}

#[tokio::test]
async fn an_administrator_who_was_put_out_comes_back() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let before = state(&bench, store).await;
    let store_account = bench.record(&store.id).await.account;
    let (account, user) = (store_account.account.unwrap(), store_account.administrator.unwrap());
    let members = bench.platform();
    members.account_users().delete(account, user).await.unwrap();
    let report = bench.provision(store).await.unwrap();
    assert!(changed(&report).contains("administrator"), "{report}");
    assert_eq!(state(&bench, store).await, before);

    members.account_users().create(account, user, Role::Agent).await.unwrap();
    let report = bench.provision(store).await.unwrap();
    assert_eq!(changed(&report).into_iter().collect::<Vec<_>>(), ["administrator"], "{report}");
    assert_eq!(bench.provision(store).await.unwrap().changed(), 0);
}

#[tokio::test]
async fn an_administrator_who_was_deleted_is_made_again() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let before = state(&bench, store).await;
    let user = bench.record(&store.id).await.account.administrator.unwrap();
    bench.platform().users().delete(user).await.unwrap();
    let report = bench.provision(store).await.unwrap();
    let made = report.steps().iter().filter(|step| step.outcome == StepOutcome::Created);
    assert_eq!(made.map(|step| step.what.as_str()).collect::<Vec<_>>(), ["administrator"]);
    assert_ne!(bench.record(&store.id).await.account.administrator.unwrap(), user);
    assert_eq!(state(&bench, store).await, before);
    assert_eq!(bench.provision(store).await.unwrap().changed(), 0);
}

/// Interrupted at each request after the administrator was deleted, in each way, and run again.
#[tokio::test(start_paused = true)]
async fn a_new_administrator_comes_whatever_fails() {
    for kind in every_fault() {
        for n in 0..8 {
            let bench = Bench::hasty_provisioned().await;
            let store = &bench.stores[0];
            let before = state(&bench, store).await;
            let user = bench.record(&store.id).await.account.administrator.unwrap();
            bench.platform().users().delete(user).await.unwrap();
            bench.fake.fault(Fault::new(kind.clone()).after(n).times(1));
            let cut = bench.provision(store).await;
            bench.fake.clear_faults();
            bench.provision(store).await.unwrap();
            let place = format!("{kind:?} at request {n}: {cut:?}");
            assert_eq!(state(&bench, store).await, before, "{place}");
            assert_eq!(bench.provision(store).await.unwrap().changed(), 0, "{place}");
        }
    }
}

#[tokio::test]
async fn a_host_that_moves_takes_webhook_and_panel_along() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let moved = bench.provision_at(store, "https://new.example/").await.unwrap();
    assert_eq!(changed(&moved).into_iter().collect::<Vec<_>>(), ["dashboard app", "webhook"]);
    assert_eq!(created(&moved), 0);
    let account = bench.account(&store.id).await;
    let webhooks = account.webhooks().list().await.unwrap();
    let held = bench.record(&store.id).await.credentials;
    let url =
        format!("https://new.example/webhooks/chatwoot/{}", held.webhook_address.unwrap().expose());
    assert_eq!(webhooks.iter().map(|it| it.url.expose()).collect::<Vec<_>>(), [url.as_str()]);
    let apps = account.dashboard_apps().list().await.unwrap();
    let url = format!("https://new.example/panel/{}", held.panel_address.unwrap().expose());
    assert_eq!((apps.len(), apps[0].content[0].url.expose()), (1, url.as_str()));
    assert_eq!(bench.provision_at(store, "https://new.example").await.unwrap().changed(), 0);
}

#[tokio::test]
async fn a_store_that_changes_changes_its_account() {
    let bench = Bench::provisioned().await;
    let changed = Store {
        name: "De Nieuwe Plank".to_owned(),
        locale: "de".to_owned(),
        support_email: "nieuw@kaasplank.example".to_owned(),
        ..bench.stores[0].clone()
    };
    let report = bench.provision(&changed).await.unwrap();
    assert_eq!(created(&report), 0, "{report}");
    let state = state(&bench, &changed).await.to_string();
    assert!(state.contains("De Nieuwe Plank app") && state.contains("nieuw@"), "{state}");
    assert!(!state.contains("De Kaasplank app"), "{state}");
    assert_eq!(bench.provision(&changed).await.unwrap().changed(), 0);
}

/// Interrupted at each request in turn, in each way, and run again: nothing is created twice.
#[tokio::test(start_paused = true)]
async fn cut_short_anywhere_it_goes_on() {
    let whole_run = Bench::new();
    let store = whole_run.stores[0].clone();
    whole_run.provision(&store).await.unwrap();
    let requests = u32::try_from(whole_run.fake.requests()).unwrap();
    let wanted = state(&whole_run, &store).await;
    for kind in every_fault() {
        for n in 0..requests {
            let bench = Bench::hasty();
            bench.fake.fault(Fault::new(kind.clone()).after(n).times(1));
            let cut = bench.provision(&store).await;
            // Accounts are listed only to find a lost one.
            if let Err(error) = &cut {
                holds_none(&whole(error), &bench.secrets().await);
            }
            bench.fake.clear_faults();
            bench.provision(&store).await.unwrap();
            let place = format!("{kind:?} at request {n}: {cut:?}");
            assert_eq!(state(&bench, &store).await, wanted, "{place}");
            assert_eq!(bench.platform().accounts().list().await.unwrap().len(), 1, "{place}");
            assert_eq!(bench.provision(&store).await.unwrap().changed(), 0, "{place}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_is_not_doubled_because_it_could_not_be_looked_for() {
    let bench = Bench::hasty();
    let store = &bench.stores[0];
    let accounts = "/platform/api/v1/accounts";
    let lost = Fault::new(FaultKind::ResetBeforeResponse).verb("POST").path(accounts).times(1);
    bench.fake.fault(lost);
    bench.provision(store).await.unwrap_err();
    for kind in every_fault() {
        if matches!(kind, FaultKind::ErrorBefore | FaultKind::ErrorAfter) {
            continue;
        }
        bench.fake.fault(Fault::new(kind).verb("GET").path(accounts).times(1));
        bench.provision(store).await.unwrap_err();
    }
    bench.provision(store).await.unwrap();
    assert_eq!(bench.platform().accounts().list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_that_is_gone_is_said_so() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let id = bench.record(&store.id).await.account.account.unwrap();
    bench.platform().accounts().delete(id).await.unwrap();
    bench.fake.run_background_jobs();
    let error = bench.provision(store).await.unwrap_err();
    assert!(matches!(error, ProvisionError::AccountGone(gone) if gone == id), "{error:?}");
    bench.provision(&bench.stores[1]).await.unwrap();
}

#[tokio::test]
async fn no_report_tells_a_secret() {
    let bench = Bench::new();
    for store in &bench.stores {
        let report = bench.provision(store).await.unwrap();
        let held = bench.record(&store.id).await.credentials;
        let text = format!("{report} {report:?} {held:?} {:?}", bench.ports);
        holds_none(&text, &bench.secrets().await);
    }
    assert_eq!(bench.secrets().await.len(), 17);
    let config = store_context::provision::ProvisionConfig::new(
        "https://h.example".parse().unwrap(),
        DOMAIN.parse().unwrap(),
    );
    let provisioner = store_context::provision::Provisioner::new(
        &bench.accounts,
        BASE_URL.parse().unwrap(),
        "wrong-platform-token",
        bench.ports.clone(),
        config,
    )
    .unwrap();
    let error = provisioner.provision(&bench.stores[0]).await.unwrap_err();
    let told = format!("{} {provisioner:?}", whole(&error));
    holds_none(&told, &[bench.secrets().await, vec!["wrong-platform-token".to_owned()]].concat());
}

#[tokio::test]
async fn plain_identifiers_are_warned_about() {
    let bench = Bench::new();
    let report = bench.provision(&bench.stores[0]).await.unwrap();
    assert_eq!(report.warnings(), [""; 0]);
    let mut store = bench.stores[0].clone();
    store.identity.identifiers = ContactIdentifiers::Plain;
    let report = bench.provision(&store).await.unwrap();
    assert_eq!((report.changed(), report.warnings().len()), (0, 1));
    assert!(report.to_string().contains("\n  warning: contacts carry"), "{report}");
}

/// Chatwoot returns the user of an address that was registered before by someone else.
#[tokio::test]
async fn a_stranger_who_registered_the_address_first_is_no_administrator() {
    let bench = Bench::new();
    let store = &bench.stores[0];
    let mut strangers = Vec::new();
    for address in ["desk+kaasplank@kaasplank.example", "desk+kaasplank@accounts.example"] {
        let new = NewUser::new("Stranger", address, "My own Passw0rd!");
        strangers.push(bench.platform().users().create(&new).await.unwrap().id);
    }
    bench.provision(store).await.unwrap();
    let store_account = bench.record(&store.id).await.account;
    let members =
        bench.platform().account_users().list(store_account.account.unwrap()).await.unwrap();
    assert!(members.iter().all(|member| !strangers.contains(&member.user_id)), "{members:?}");
    assert_eq!(members.len(), 1);
}

/// Returns the administrator of a store that was provisioned before these addresses existed.
async fn old_administrator(bench: &Bench, store: &Store) -> (User, UserToken) {
    let store_account = bench.record(&store.id).await.account;
    let id = store_account.administrator.unwrap();
    let old = UserPatch {
        email: Patch::Set("desk+kaasplank@freemail.example".to_owned()),
        ..UserPatch::default()
    };
    let user = bench.platform().users().update(id, &old).await.unwrap();
    let token = UserToken::new(user.access_token.clone().unwrap());
    (user, token)
}

/// Checks that the store's administrator is at the host's domain and that no one else has their
/// token; returns `None` if both hold.
async fn wrong_with(bench: &Bench, store: &Store, old: &(User, UserToken)) -> Option<String> {
    let user = bench.platform().users().get(old.0.id).await.unwrap();
    let address = user.email.unwrap();
    let kept = bench.record(&store.id).await.credentials.user_token;
    let is = user.access_token.unwrap();
    let right = [
        ("address", address.ends_with("@accounts.example")),
        // The fake's feed token changes with the password, like the server's.
        (
            "password",
            user.pubsub_token.unwrap().expose() != old.0.pubsub_token.clone().unwrap().expose(),
        ),
        ("token", is.expose() != old.1.secret().expose()),
        ("kept token", kept.is_some_and(|kept| kept.token.secret().expose() == is.expose())),
        ("old token", bench.client.profile(old.1.clone()).get().await.is_err()),
    ];
    right.iter().find(|(_, right)| !right).map(|(what, _)| format!("{what} of {address}"))
}

#[tokio::test]
async fn an_administrator_at_another_address_is_moved() {
    let bench = Bench::provisioned().await;
    let store = &bench.stores[0];
    let before = state(&bench, store).await;
    let old = old_administrator(&bench, store).await;
    assert_eq!(
        wrong_with(&bench, store, &old).await.unwrap(),
        "address of desk+kaasplank@freemail.example"
    );
    let report = bench.provision(store).await.unwrap();
    assert_eq!(changed(&report).into_iter().collect::<Vec<_>>(), ["administrator"], "{report}");
    assert_eq!(created(&report), 0, "{report}");
    assert_eq!(wrong_with(&bench, store, &old).await, None);
    assert_eq!(state(&bench, store).await, before);

    bench.fake.clear_journal();
    assert_eq!(bench.provision(store).await.unwrap().changed(), 0);
    let moved = bench.provision_for(store, PUBLIC_URL, "elsewhere.example").await.unwrap();
    assert_eq!(changed(&moved).into_iter().collect::<Vec<_>>(), ["administrator"], "{moved}");
    let users = bench.platform();
    let address = users.users().get(old.0.id).await.unwrap().email.unwrap();
    assert!(address.ends_with("@elsewhere.example"), "{address}");
}

/// Interrupted at each request of the move, in each way, and run again.
#[tokio::test(start_paused = true)]
async fn a_move_that_is_cut_short_goes_on() {
    for kind in every_fault() {
        for n in 0..8 {
            let bench = Bench::hasty();
            let store = &bench.stores[0];
            bench.provision(store).await.unwrap();
            let old = old_administrator(&bench, store).await;
            bench.fake.fault(Fault::new(kind.clone()).after(n).times(1));
            let cut = bench.provision(store).await;
            if let Err(error) = &cut {
                holds_none(&whole(error), &bench.secrets().await);
            }
            bench.fake.clear_faults();
            bench.provision(store).await.unwrap();
            let place = format!("{kind:?} at request {n}: {cut:?}");
            assert_eq!(wrong_with(&bench, store, &old).await, None, "{place}");
            assert_eq!(bench.provision(store).await.unwrap().changed(), 0, "{place}");
        }
    }
}

#[tokio::test]
async fn an_administrators_address_is_its_stores_and_cannot_be_guessed() {
    let mut addresses = BTreeSet::new();
    for _ in 0..2 {
        let bench = Bench::provisioned().await;
        for store in &bench.stores {
            let id = bench.record(&store.id).await.account.administrator.unwrap();
            let user = bench.platform().users().get(id).await.unwrap();
            let address = user.email.unwrap();
            let (local, domain) = address.split_once('@').unwrap();
            let (readable, digest) = local.rsplit_once('-').unwrap();
            assert_eq!((readable, domain), (format!("desk+{}", store.id).as_str(), DOMAIN));
            assert!(digest.len() == 32 && local.len() <= 64, "{address}");
            addresses.insert(address);
        }
    }
    assert_eq!(addresses.len(), 4, "each installation has keys of its own");
}
