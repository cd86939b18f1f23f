//! Compares the fake with the recordings of 4.15.1: every operation that it has, in the order of
//! the recorded run, so that each request meets the state in which it was recorded.
#![expect(clippy::unwrap_used, reason = "a proof stops where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::json;
use tests::parity::{Loose, Stage, filler, newest};
use tests::recordings::{Exchange, root};

/// One step of the recorded run.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Replays these exchanges of a recording, by their index.
    Replay(&'static str, &'static [usize]),
    /// Repeats a step of the recorded run whose response was not recorded.
    Scene(fn(&mut Stage)),
}
use Step::{Replay, Scene};

const ALL: &[usize] = &[0];

/// Platform, account, people, settings.
const SETTINGS: &[Step] = &[
    Scene(set_up),
    Replay("api-root", ALL),
    Replay("health", ALL),
    Replay("create-an-account", ALL),
    Replay("platform-list-accounts", &[0]),
    Replay("get-details-of-an-account", ALL),
    Replay("update-an-account", &[0, 1]),
    Replay("platform-list-accounts", &[1]),
    Replay("create-a-user", ALL),
    Replay("get-details-of-a-user", ALL),
    Replay("update-a-user", ALL),
    Replay("create-an-account-user", ALL),
    Replay("list-all-account-users", ALL),
    Replay("get-sso-url-of-a-user", ALL),
    Replay("platform-user-token", ALL),
    Replay("error-platform-user-duplicate", ALL),
    Replay("error-platform-user-invalid", ALL),
    Replay("error-platform-bad-token", ALL),
    Replay("error-platform-missing-token", ALL),
    Replay("error-platform-not-permissible", ALL),
    Replay("error-platform-unknown-account", ALL),
    Replay("get-account-details", &[0, 1]),
    Replay("update-account", ALL),
    Replay("account-cache-keys", ALL),
    Replay("fetchProfile", ALL),
    Replay("updateProfile", ALL),
    Replay("profile-availability", ALL),
    Replay("profile-auto-offline", ALL),
    Replay("add-new-agent-to-account", ALL),
    Replay("error-agent-duplicate", ALL),
    Replay("get-account-agents", ALL),
    Replay("update-agent-in-account", ALL),
    Replay("create-a-team", ALL),
    Replay("get-details-of-a-single-team", ALL),
    Replay("list-all-teams", ALL),
    Replay("update-a-team", ALL),
    Replay("add-new-agent-to-team", ALL),
    Replay("get-team-members", ALL),
    Replay("update-agents-in-team", ALL),
    Replay("create-a-label", ALL),
    Replay("get-details-of-a-single-label", ALL),
    Replay("list-all-labels", ALL),
    Replay("update-a-label", ALL),
    Replay("error-label-invalid", ALL),
    Replay("error-agent-not-allowed", ALL),
    Replay("add-new-custom-attribute-to-account", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    Replay("get-account-custom-attribute", &[0, 1, 2]),
    Replay("get-details-of-a-single-custom-attribute", ALL),
    Replay("update-custom-attribute-in-account", ALL),
    Replay("error-custom-attribute-duplicate", ALL),
    Replay("error-custom-attribute-reserved", ALL),
    Replay("create-a-webhook", &[0, 1]),
    Replay("list-all-webhooks", ALL),
    Replay("error-webhook-duplicate", ALL),
    Replay("error-webhook-bad-url", ALL),
    Replay("error-webhook-bad-event", ALL),
    Replay("update-a-webhook", ALL),
    Replay("dashboard-app-create", ALL),
    Replay("dashboard-app-list", ALL),
    Replay("dashboard-app-show", ALL),
    Replay("dashboard-app-update", ALL),
    Replay("error-dashboard-app-bad-url", ALL),
    Replay("dashboard-app-delete", ALL),
    Replay("inboxCreation", &[0, 1, 2]),
    Replay("error-inbox-bad-channel", ALL),
    Replay("listAllInboxes", ALL),
    Replay("GetInbox", &[0, 1, 2]),
    Replay("updateInbox", &[0]),
    Replay("GetInbox", &[4]),
    Replay("add-new-agent-to-inbox", ALL),
    Replay("get-inbox-members", ALL),
    Replay("inbox-assignable-agents", ALL),
    Replay("assignable-agents", ALL),
    Replay("update-agents-in-inbox", ALL),
    Replay("getInboxAgentBot", &[1]),
];

/// Contacts.
const CONTACTS: &[Step] = &[
    Replay("contactCreate", &[0, 1, 2]),
    Replay("error-contact-duplicate-email", ALL),
    Replay("error-contact-duplicate-identifier", ALL),
    Replay("error-contact-bad-email", ALL),
    Replay("error-contact-bad-phone", ALL),
    Replay("error-contact-unknown-inbox", ALL),
    Replay("error-contact-not-found", ALL),
    Replay("error-contact-filter", ALL),
    Replay("error-contact-merge-unknown", ALL),
    Replay("error-bad-json", ALL),
    Replay("error-bad-token", ALL),
    Replay("error-no-token", ALL),
    Replay("error-other-account", ALL),
    Replay("error-unknown-route", ALL),
    Replay("contactDetails", &[0, 1]),
    Replay("contactUpdate", &[0, 1]),
    Replay("contact-destroy-custom-attributes", ALL),
    Replay("contactList", &[0, 1]),
    Replay("contactSearch", &[0, 1]),
    Replay("contactFilter", &[0, 1]),
    Replay("contact-note-create", ALL),
    Replay("contact-note-list", ALL),
    Replay("contact-note-show", ALL),
    Replay("contact-note-update", ALL),
    Replay("contact-note-delete", ALL),
    Replay("contact-add-labels", ALL),
    Replay("list-all-labels-of-a-contact", ALL),
    Replay("contactInboxCreation", &[0, 1]),
    Replay("contact-inboxes-filter", ALL),
    Replay("contactableInboxesGet", ALL),
    Replay("contacts-active", ALL),
];

/// Conversations and messages.
const CONVERSATIONS: &[Step] = &[
    Replay("newConversation", &[0]),
    Replay("get-details-of-a-conversation", &[0]),
    Replay("newConversation", &[1]),
    Replay("error-conversation-no-inbox", ALL),
    Replay("error-conversation-not-found", ALL),
    Replay("error-conversation-bad-status", ALL),
    Replay("error-message-empty-conversation", ALL),
    Replay("error-message-too-long", ALL),
    Replay("conversationList", &[0, 1, 2]),
    Replay("conversationListMeta", ALL),
    Replay("conversationFilter", ALL),
    Replay("update-conversation", ALL),
    Replay("toggle-priority-of-a-conversation", &[0, 1]),
    Replay("toggle-status-of-a-conversation", &[0, 1, 2, 3]),
    Replay("toggle-typing-status-of-a-conversation", &[0]),
    Replay("update-custom-attributes-of-a-conversation", &[0]),
    Replay("toggle-typing-status-of-a-conversation", &[1]),
    Replay("update-custom-attributes-of-a-conversation", &[1]),
    Replay("get-details-of-a-conversation", &[1]),
    Replay("conversation-search", ALL),
    Replay("assign-a-conversation", &[0, 1, 2]),
    Replay("conversation-add-labels", &[0, 1]),
    Replay("list-all-labels-of-a-conversation", ALL),
    Replay("conversation-update-last-seen", ALL),
    Replay("conversation-unread", ALL),
    Replay("conversation-mute", ALL),
    Replay("conversation-unmute", ALL),
    Replay("create-a-new-message-in-a-conversation", &[0, 1, 2, 3, 4, 5, 6]),
    Replay("message-with-attachment", ALL),
    Replay("create-a-new-message-in-a-conversation", &[7]),
    Replay("list-all-messages", &[0, 1, 2]),
    Replay("contactConversations", ALL),
    Replay("message-update", ALL),
    Replay("delete-a-message", ALL),
    Replay("contactMerge", ALL),
    Scene(another_contact),
    Replay("newConversation", &[2]),
    Scene(|stage| messages(stage, 2)),
    Replay("create-a-new-message-in-a-conversation", &[8]),
    Replay("toggle-status-of-a-conversation", &[4, 5]),
    Scene(many_contacts),
    Replay("contactList", &[2, 3, 4, 5]),
    Replay("contactSearch", &[2]),
    Replay("contactFilter", &[2]),
    Replay("inbox-reset-secret", ALL),
    Replay("updateInbox", &[1]),
    Replay("GetInbox", &[3]),
    Replay("conversation-delete", ALL),
    Replay("getConversationMessages", ALL),
];

/// The public API, and the final deletions.
const PUBLIC: &[Step] = &[
    Replay("get-details-of-a-inbox", ALL),
    Replay("error-public-unknown-inbox", ALL),
    Replay("create-a-contact", ALL),
    Replay("error-public-bad-hmac", ALL),
    Replay("get-details-of-a-contact", ALL),
    Replay("update-a-contact", ALL),
    Replay("create-a-conversation", ALL),
    Replay("get-single-conversation", ALL),
    Replay("list-all-contact-conversations", ALL),
    Scene(|stage| messages(stage, 4)),
    Replay("create-a-message", &[0]),
    Replay("create-a-new-message-in-a-conversation", &[9]),
    Replay("create-a-message", &[1]),
    Replay("list-all-conversation-messages", ALL),
    Replay("update-a-message", ALL),
    Replay("public-toggle-typing", ALL),
    Replay("public-update-last-seen", ALL),
    Replay("resolve-conversation", ALL),
    Replay("get-details-of-a-conversation", &[2]),
    Scene(another_contact),
    Replay("widget-config", ALL),
    Replay("error-widget-set-user-no-hmac", ALL),
    Replay("widget-set-user", ALL),
    Replay("widget-contact", ALL),
    Replay("delete-agent-in-team", ALL),
    Replay("delete-a-team", ALL),
    Replay("delete-a-label", ALL),
    Replay("delete-agent-in-inbox", ALL),
    Replay("delete-agent-from-account", ALL),
    Replay("agents-bulk-create", ALL),
    Replay("delete-a-webhook", ALL),
    Replay("delete-custom-attribute-from-account", ALL),
    Replay("contactDelete", ALL),
    Replay("inbox-delete", ALL),
    Replay("delete-an-account-user", ALL),
    Replay("delete-a-user", ALL),
    Replay("delete-an-account", ALL),
];

fn set_up(stage: &mut Stage) {
    stage.done("POST", "/platform/api/v1/accounts", "platform", &json!({ "name": "Acme Inc" }));
    let owner = json!({ "name": "Owner", "email": "owner@example.test", "password": "Passw0rd!" });
    let owner = stage.done("POST", "/platform/api/v1/users", "platform", &owner);
    let member = json!({ "user_id": 1, "role": "administrator" });
    stage.done("POST", "/platform/api/v1/accounts/1/account_users", "platform", &member);
    stage.token("first", owner["access_token"].as_str().unwrap().to_owned());

    let (account, admin) = stage.fake.add_account("Enterprise Flags Ltd");
    stage.token("admin", admin);
    stage.call("admin@example.test", "admin-2@example.com");
    let (_, agent) = stage.fake.add_agent(account, "agent@example.test");
    stage.token("agent", agent);

    let other = json!({ "name": "Four", "email": "four@example.test", "password": "Passw0rd!" });
    stage.done("POST", "/platform/api/v1/users", "platform", &other);
    let admin = json!({ "email": "admin-2@example.com", "role": "administrator" });
    stage.done("POST", "/api/v1/accounts/1/agents", "first", &admin);
    let named = |name: &str| json!({ "profile": { "name": name } });
    stage.done("PUT", "/api/v1/profile", "admin", &named("Ada Admin"));
    stage.done("PUT", "/api/v1/profile", "agent", &named("Alan Agent"));
    let inbox = json!({ "name": "API inbox (account 2)", "channel": { "type": "api" } });
    for _ in 0..4 {
        stage.done("POST", "/api/v1/accounts/1/inboxes", "first", &inbox);
    }
    stage.done("POST", "/api/v1/accounts/2/inboxes", "admin", &inbox);
    let hook = json!({ "url": "http://127.0.0.1:9988/hook/other" });
    stage.done("POST", "/api/v1/accounts/1/webhooks", "first", &hook);
}

/// Creates messages of another account: ids are counted over all accounts.
fn messages(stage: &mut Stage, count: usize) {
    let contact = json!({ "inbox_id": 1, "contact_id": 4 });
    stage.ask("POST", "/api/v1/accounts/1/conversations", Some("first"), &contact);
    for _ in 0..count {
        let url = "/api/v1/accounts/1/conversations/1/messages";
        let (status, said) = stage.ask("POST", url, Some("first"), &json!({ "content": "x" }));
        assert_eq!(status, 200, "{said}");
    }
}

fn another_contact(stage: &mut Stage) {
    stage.ask("POST", "/api/v1/accounts/1/contacts", Some("first"), &filler("four"));
}

fn many_contacts(stage: &mut Stage) {
    for number in 0..33 {
        let body = json!({
            "name": format!("Page {number:02}"),
            "identifier": format!("page-{number:02}-182b9232"),
            "inbox_id": 7,
        });
        let (status, said) = stage.ask("POST", "/api/v1/accounts/2/contacts", Some("admin"), &body);
        assert_eq!(status, 200, "{said}");
    }
}

/// Recordings of operations that the fake does not have. A recording is here or in the script, so
/// that coverage cannot shrink unnoticed.
const NOT_HAD: &str = "add-new-article-to-account add-new-automation-rule-to-account \
    add-new-canned-response-to-account add-new-category-to-account add-new-portal-to-account \
    agent-bot-reset-access-token agent-bot-reset-secret article-list article-show article-update \
    assignment-policy-create assignment-policy-list automation-rule-clone bulk-actions \
    campaign-create campaign-list campaign-show category-list company-create company-list \
    contact-avatar-delete contact-avatar-upload contact-export contact-import \
    conversation-attachments conversation-participants conversation-participants-add \
    conversation-transcript conversation-unread-counts create-a-custom-filter \
    create-an-account-agent-bot create-an-agent-bot create-an-integration-hook csat-list \
    csat-metrics custom-role-create custom-role-list delete-a-custom-filter \
    delete-an-account-agent-bot delete-an-agent-bot delete-an-integration-hook \
    delete-automation-rule-from-account delete-canned-response-from-account \
    error-automation-rule-invalid  get-account-audit-logs \
    get-account-automation-rule get-account-canned-response get-account-conversation-metrics \
    get-account-reporting-events get-agent-conversation-metrics get-agent-summary-report \
    get-channel-summary-report get-conversation-reporting-events get-csat-survey-page \
    get-details-of-a-single-account-agent-bot get-details-of-a-single-agent-bot \
    get-details-of-a-single-automation-rule get-details-of-a-single-custom-filter \
    get-details-of-all-integrations get-first-response-time-distribution get-inbox-label-matrix \
    get-inbox-summary-report get-label-summary-report get-outgoing-messages-count get-portal \
    get-team-summary-report inbox-assignment-policy inbox-assignment-policy-set inbox-campaigns \
    inbox-health list-all-account-agent-bots list-all-agent-bots \
    list-all-conversation-statistics list-all-conversation-statistics-summary list-all-filters \
    live-report-conversation-metrics live-report-grouped macro-create macro-delete macro-execute \
    macro-list macro-show macro-update notification-list notification-read-all \
    notification-settings notification-unread-count portal-show public-csat-show \
    public-csat-update reports-agents-csv search-all search-articles search-contacts \
    search-conversations search-messages sla-policy-create sla-policy-list \
    update-a-custom-filter update-an-account-agent-bot update-an-agent-bot \
    update-an-integrations-hook update-automation-rule-in-account \
    update-canned-response-in-account update-portal-to-account updateAgentBot upload \
      widget-conversation-create \
    widget-conversation-custom-attributes widget-event widget-messages widget-page widget-sdk \
    ";

/// The number of recordings in the script, so that it is not shortened unnoticed either.
const HAD: usize = 168;

/// Values that vary between runs of a server: recording, index, path.
const BY_CHANCE: [(&str, usize, &str); 2] = [
    // The background job that writes "resolved by" had not yet run.
    ("get-details-of-a-conversation", 2, ".messages"),
    // A generated name.
    ("widget-config", 0, ".contact.name"),
];

/// The run as played on the fake.
pub(crate) struct Played {
    pub(crate) stage: Stage,
    /// The differences, by recording and index.
    report: BTreeMap<String, Vec<String>>,
    replayed: BTreeMap<&'static str, BTreeSet<usize>>,
    recorded: HashMap<String, Vec<Exchange>>,
}

/// Plays the complete run.
pub(crate) fn play() -> Played {
    let script = [SETTINGS, CONTACTS, CONVERSATIONS, PUBLIC].concat();
    let names: BTreeSet<&str> = script
        .iter()
        .filter_map(|step| match step {
            Replay(name, _) => Some(*name),
            Scene(_) => None,
        })
        .collect();
    let recorded = newest(&names);
    let every: Vec<_> = recorded.values().flatten().cloned().collect();
    let loose = Loose::of(&every);
    let mut stage = Stage::new();
    let mut report: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut replayed: BTreeMap<&'static str, BTreeSet<usize>> = BTreeMap::new();
    for step in script {
        match step {
            Scene(set) => set(&mut stage),
            Replay(name, places) => {
                for place in places {
                    let exchange = &recorded[name][*place];
                    let mut faults = stage.replay(exchange, &loose);
                    faults.retain(|fault| {
                        !BY_CHANCE.iter().any(|(by, at, path)| {
                            *by == name && at == place && fault.starts_with(path)
                        })
                    });
                    replayed.entry(name).or_default().insert(*place);
                    if !faults.is_empty() {
                        report.insert(format!("{name}[{place}]"), faults);
                    }
                }
            }
        }
    }
    Played { stage, report, replayed, recorded }
}

#[test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
fn the_fake_answers_as_the_server_did() {
    let Played { report, replayed, recorded, .. } = play();
    let names: BTreeSet<&str> = recorded.keys().map(String::as_str).collect();
    assert_eq!(names.len(), HAD, "the script has another number of recordings");
    let left_out: BTreeSet<&str> = NOT_HAD.split_whitespace().collect();
    let listed: BTreeSet<&str> = names.union(&left_out).copied().collect();
    let files = std::fs::read_dir(root().join("recordings")).unwrap();
    let stems: BTreeSet<String> = files
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let unlisted: Vec<&String> =
        stems.iter().filter(|stem| !listed.contains(stem.as_str())).collect();
    assert!(unlisted.is_empty(), "neither replayed nor left out: {unlisted:?}");
    for (name, places) in &replayed {
        println!("{name}: {} of {} exchanges", places.len(), recorded[*name].len());
    }
    let text: Vec<String> =
        report.iter().map(|(name, faults)| format!("{name}\n  {}", faults.join("\n  "))).collect();
    assert!(report.is_empty(), "{} differ:\n{}", report.len(), text.join("\n"));
}
