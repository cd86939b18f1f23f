//! Reads the results back from Chatwoot and compares them with the input, independently of the
//! sync's own reports.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use chatwoot_client::application::contacts::{Contact, ContactsQuery};
use chatwoot_client::application::conversations::{Conversation, ConversationsQuery, StatusFilter};
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::fake::{DeliveryOutcome, FakeChatwoot};
use chatwoot_client::types::MessageType;
use chatwoot_client::{Account, Client};
use futures_util::TryStreamExt;
use store_context::Decimal;
use store_context::accounts::{Accounts, Clients, OpenAccount};
use store_context::identity::StoreIdentity;
use store_context::model::{CustomerId, Store};
use store_context::ports::{PortFailure, WebhookCounts};

use crate::chatwoot::Chatwoot;
use crate::host::{Host, SeenStore};
use crate::plan::{Expected, Plan};
use crate::sessions::COOKIE_NAME;
use crate::story::Outcome;
use crate::tally::quantile;

/// The number of customers whose contexts are requested.
const CONTEXTS: usize = 500;

#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) customers: u64,
    pub(crate) contacts: u64,
    pub(crate) orders: u64,
    pub(crate) lifetime_value: Decimal,
    /// Contacts that are missing or differ from the input.
    pub(crate) wrong_contacts: u64,
    pub(crate) webhooks: Deliveries,
    pub(crate) ledger: WebhookCounts,
    pub(crate) stale: u64,
    /// Calls of the handler beyond one per entry.
    pub(crate) handled_twice: u64,
    /// Incoming messages with a proven customer, and the others.
    pub(crate) proven: u64,
    pub(crate) unproven: u64,
    /// Facts in Chatwoot that no handler received.
    pub(crate) lost: u64,
    pub(crate) context_p50: Duration,
    pub(crate) context_p99: Duration,
}

/// Chatwoot's counts of its deliveries. A real server reports none: there it is the number
/// received.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    pub(crate) sent: u64,
    pub(crate) verified: u64,
    pub(crate) doubled: u64,
    pub(crate) dropped: u64,
    pub(crate) refused: u64,
}

pub(crate) async fn look(
    host: &Host,
    chatwoot: &Chatwoot,
    client: &Client,
    stores: &[Store; 2],
    plans: &[Plan; 2],
) -> anyhow::Result<Findings> {
    let mut findings = Findings { webhooks: deliveries(chatwoot), ..Findings::default() };
    for (store, plan) in stores.iter().zip(plans) {
        let reader = Accounts::new(&host.ports, Clients::single(client.clone()));
        let OpenAccount { account, identity, .. } = reader.open(&store.id).await?;
        contacts(&account, &identity, &plan.expected, &mut findings).await?;
        let seen = host.seen.of(&store.id);
        findings.lost += lost(&account, &seen).await?;
        let counts = host.ports.webhooks.counts(Some(&store.id)).await;
        let counts = counts.map_err(PortFailure::from)?;
        findings.handled_twice += seen.calls.saturating_sub(counts.handled);
        findings.stale += seen.stale;
        findings.proven += seen.proven.len() as u64;
        findings.unproven += seen.unproven.len() as u64;
        findings.ledger.webhooks += counts.webhooks;
        findings.ledger.reconciled += counts.reconciled;
        findings.ledger.handled += counts.handled;
        findings.ledger.waiting += counts.waiting;
        findings.ledger.unknown += counts.unknown;
    }
    if chatwoot.fake().is_none() {
        // The intake stores exactly what it verified.
        let arrived = findings.ledger.webhooks;
        findings.webhooks =
            Deliveries { sent: arrived, verified: arrived, ..Deliveries::default() };
    }
    let times = context_times(host, stores, plans).await?;
    findings.context_p50 = quantile(&times, 500);
    findings.context_p99 = quantile(&times, 990);
    Ok(findings)
}

/// Compares every contact of the account with the input for its customer.
async fn contacts(
    account: &Account,
    identity: &StoreIdentity,
    expected: &BTreeMap<CustomerId, Expected>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let mut right = 0;
    let by_identifier: HashMap<String, &Expected> =
        expected.iter().map(|(id, wanted)| (identity.identifier(id), wanted)).collect();
    let contacts = account.contacts();
    let mut all = contacts.all(ContactsQuery::default());
    while let Some(contact) = all.try_next().await? {
        findings.contacts += 1;
        let wanted = contact.identifier.as_ref().and_then(|named| by_identifier.get(named));
        if let Some(wanted) = wanted.filter(|wanted| says(&contact, wanted)) {
            right += 1;
            findings.orders += wanted.orders;
            findings.lifetime_value += wanted.lifetime_value;
        }
    }
    findings.customers += expected.len() as u64;
    findings.wrong_contacts += (expected.len() as u64).abs_diff(right);
    Ok(())
}

/// Returns whether the contact's attributes match the customer's totals.
fn says(contact: &Contact, wanted: &Expected) -> bool {
    let number = |key: &str| {
        let value = contact.custom_attributes.get(key)?;
        value.to_string().parse::<Decimal>().ok()
    };
    number("order_count") == Some(wanted.orders.into())
        && number("lifetime_value") == Some(wanted.lifetime_value)
}

/// Counts facts in Chatwoot that no handler received: conversations, their present status,
/// messages.
async fn lost(account: &Account, seen: &SeenStore) -> anyhow::Result<u64> {
    let mut lost = 0;
    for page in 1.. {
        let query = ConversationsQuery {
            status: Some(StatusFilter::All),
            page: Some(page),
            ..ConversationsQuery::default()
        };
        let conversations = account.conversations().list(&query).await?.payload;
        if conversations.is_empty() {
            break;
        }
        for conversation in &conversations {
            let status = seen.states.get(&conversation.id).map(|(_, status)| status);
            lost += u64::from(!seen.began.contains(&conversation.id));
            lost += u64::from(status != Some(&conversation.status));
            lost += lost_messages(account, conversation, seen).await?;
        }
    }
    Ok(lost)
}

async fn lost_messages(
    account: &Account,
    conversation: &Conversation,
    seen: &SeenStore,
) -> anyhow::Result<u64> {
    let page =
        account.conversation(conversation.id).messages().list(&MessagesQuery::default()).await?;
    // Chatwoot sends no webhook for its own notes.
    let told = page.payload.iter().filter(|it| it.message_type != MessageType::Activity);
    Ok(told.filter(|message| !seen.messages.contains(&message.id)).count() as u64)
}

fn deliveries(chatwoot: &Chatwoot) -> Deliveries {
    let mut sums = Deliveries::default();
    let mut ids = HashSet::new();
    for record in chatwoot.fake().map(FakeChatwoot::deliveries).unwrap_or_default() {
        match record.outcome {
            DeliveryOutcome::Dropped => sums.dropped += 1,
            DeliveryOutcome::Delivered(200) => {
                sums.sent += 1;
                sums.verified += 1;
                sums.doubled += u64::from(!ids.insert(record.delivery_id));
            }
            _ => {
                sums.sent += 1;
                sums.refused += 1;
            }
        }
    }
    sums
}

/// Measures the response times of the store's own customers' contexts, requested over HTTP, one by
/// one.
async fn context_times(
    host: &Host,
    stores: &[Store; 2],
    plans: &[Plan; 2],
) -> anyhow::Result<Vec<Duration>> {
    let http = reqwest::Client::new();
    let url = host.url.join("/api/support/context")?;
    let mut times = Vec::new();
    for (store, plan) in stores.iter().zip(plans) {
        for customer in plan.expected.keys().take(CONTEXTS / 2) {
            let cookie = host.sessions.sign_in(&store.id, customer)?;
            let request = http.get(url.clone()).header("cookie", format!("{COOKIE_NAME}={cookie}"));
            let started = Instant::now();
            let answer = request.send().await?.error_for_status()?;
            answer.bytes().await?;
            times.push(started.elapsed());
        }
    }
    Ok(times)
}

/// Returns the problems found; none if every count is correct.
pub(crate) fn problems(outcome: &Outcome) -> Vec<String> {
    let found = &outcome.findings;
    let mut problems = Vec::new();
    let mut must = |holds: bool, problem: String| {
        if !holds {
            problems.push(problem);
        }
    };
    let again = outcome.second_provision;
    must(again == 0, format!("the second provisioning changed {again} things"));
    let (customers, contacts) = (found.customers, found.contacts);
    must(customers == contacts, format!("{customers} customers became {contacts} contacts"));
    let wrong = found.wrong_contacts;
    must(wrong == 0, format!("{wrong} contacts do not say what the orders add up to"));
    must(found.lost == 0, format!("{} facts were told to no handler", found.lost));
    must(found.ledger.waiting == 0, format!("{} entries are not handled", found.ledger.waiting));
    let twice = found.handled_twice;
    must(twice == 0, format!("{twice} entries were handled more than once"));
    let refused = found.webhooks.refused;
    must(refused == 0, format!("{refused} webhooks were not accepted"));
    let (proven, wrote) = (found.proven, outcome.day.of_customers);
    must(
        proven == wrote,
        format!("{proven} of {wrote} messages of signed-in customers are proven"),
    );
    let (unproven, wrote) = (found.unproven, outcome.day.of_guests);
    must(unproven == wrote, format!("{unproven} of {wrote} messages of guests are not proven"));
    let (guests, known) = (outcome.day.guests, outcome.day.recognized);
    must(guests == known, format!("{known} of {guests} guests were recognized"));
    problems
}
