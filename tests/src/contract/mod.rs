//! The contract: calls every operation of the client on a running server through its typed method,
//! and checks the response.
//!
//! A group is one resource; all groups share one stage: an account with two users, an inbox, a
//! contact and a conversation, created for this run and removed after it.

/// Returns the result of a check: an error with this message unless the condition holds.
macro_rules! must {
    ($($condition:tt)+) => {{
        anyhow::ensure!($($condition)+);
        Ok(())
    }};
}

mod account;
mod automation;
mod bots;
mod contact_parts;
mod contacts;
mod conversation_parts;
mod conversations;
mod help_center;
mod inboxes;
mod knowledge;
mod labels;
mod live;
mod messages;
mod needs;
mod people;
mod platform;
mod public;
mod report;
mod reports;
mod session;
mod settings;
mod stage;
mod widget;

use std::pin::Pin;

use chatwoot_client::{Client, ErrorKind, Secret};

pub use self::report::{Outcome, Report};
use self::session::{Cut, Session};
use self::stage::Stage;

/// The options of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server's base URL.
    pub chatwoot: String,
    /// A platform app's token.
    pub platform_token: Secret,
    /// Whether the created resources are kept.
    pub keep: bool,
    /// Whether the live feed is listened to as well.
    pub live: bool,
}

/// The reason why a run could not start, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

type Run = for<'a> fn(
    &'a Session,
    &'a Stage,
) -> Pin<Box<dyn Future<Output = Result<(), Cut>> + Send + 'a>>;

/// The operations with these prefixes, and the function that calls them.
struct Group(&'static [&'static str], Run);

macro_rules! group {
    ([$($prefix:literal),+], $run:path) => {
        Group(&[$($prefix),+], |session, stage| Box::pin($run(session, stage)))
    };
}

const GROUPS: &[Group] = &[
    group!(["server."], platform::server),
    group!(["platform_accounts."], platform::accounts),
    group!(["platform_users."], platform::users),
    group!(["account_users."], platform::account_users),
    group!(["platform_agent_bots."], bots::platform),
    group!(["account."], account::details),
    group!(["profile."], account::profile),
    group!(["notifications.", "notification_settings."], account::notifications),
    group!(["agents."], people::agents),
    group!(["teams.", "team_members."], people::teams),
    group!(["inbox_members."], inboxes::members),
    group!(["inboxes."], inboxes::inboxes),
    group!(["labels."], labels::labels),
    group!(["attribute_definitions."], settings::attribute_definitions),
    group!(["webhooks."], settings::webhooks),
    group!(["dashboard_apps."], settings::dashboard_apps),
    group!(["canned_responses."], settings::canned_responses),
    group!(["custom_filters."], settings::custom_filters),
    group!(["integrations."], settings::integrations),
    group!(["custom_roles."], knowledge::custom_roles),
    group!(["sla_policies."], knowledge::sla_policies),
    group!(["companies."], knowledge::companies),
    group!(["assignment_policies."], knowledge::assignment_policies),
    group!(["audit_logs."], knowledge::audit_logs),
    group!(["agent_bots."], bots::account),
    group!(["automation_rules."], automation::rules),
    group!(["macros."], automation::macros),
    group!(["campaigns."], automation::campaigns),
    group!(["bulk_actions."], automation::bulk_actions),
    group!(["contacts.", "contact_inboxes."], contacts::contacts),
    group!(["contact_labels."], contact_parts::labels),
    group!(["contact_notes."], contact_parts::notes),
    group!(["conversations."], conversations::conversations),
    group!(["conversation_labels."], conversation_parts::labels),
    group!(["participants."], conversation_parts::participants),
    group!(["messages."], messages::messages),
    group!(["public_inbox.", "public_contacts."], public::contacts),
    group!(["public_conversations.", "public_messages."], public::conversations),
    group!(["widget."], widget::widget),
    group!(["portals."], help_center::portals),
    group!(["categories."], help_center::categories),
    group!(["articles."], help_center::articles),
    group!(["search."], knowledge::search),
    group!(["csat."], knowledge::csat),
    group!(["csat_survey."], knowledge::csat_survey),
    group!(["uploads."], knowledge::uploads),
    group!(["reporting_events."], knowledge::reporting_events),
    group!(["reports."], reports::reports),
    group!(["summary_reports."], reports::summaries),
    group!(["live_reports."], reports::live),
    group!(["csv_reports."], reports::csv),
];

/// Calls every operation, and passes each operation's outcome to `line` as soon as it is known.
///
/// # Errors
/// Returns an error if there is no Chatwoot at the URL, or it refuses the token.
pub async fn run(options: &Options, line: &mut dyn FnMut(&str)) -> Result<Report, Unusable> {
    let client = Client::builder(&options.chatwoot)
        .build()
        .map_err(|error| Unusable(format!("--chatwoot: {error}")))?;
    greet(&client, options).await?;
    let session = Session::new(client, options.platform_token.clone());
    // Whatever happens, Ctrl-C included, the created resources are removed.
    tokio::select! {
        () = perform(&session, options.live, line) => {}
        _ = tokio::signal::ctrl_c() => session.fail("interrupted"),
    }
    if options.keep {
        line(&session.kept());
    } else {
        session.clean_up().await;
    }
    Ok(session.into_report())
}

async fn perform(session: &Session, listens: bool, line: &mut dyn FnMut(&str)) {
    let stage = match Stage::set(session).await {
        Ok(stage) => stage,
        Err(cut) => return session.fail(&format!("the stage could not be set: {cut}")),
    };
    for Group(prefixes, run) in GROUPS {
        session.begin();
        session.part(run(session, &stage).await);
        for op in chatwoot_client::operations() {
            if prefixes.iter().any(|prefix| op.name.starts_with(prefix)) {
                line(&session.settle(op.name));
            }
        }
    }
    session.begin();
    for op in chatwoot_client::operations() {
        if !GROUPS.iter().flat_map(|group| group.0).any(|prefix| op.name.starts_with(prefix)) {
            line(&session.settle(op.name));
        }
    }
    if listens {
        live::listen(session, &stage, line).await;
    }
}

/// Checks whether there is a Chatwoot that accepts the token.
async fn greet(client: &Client, options: &Options) -> Result<(), Unusable> {
    let url = &options.chatwoot;
    client.server().version().await.map_err(|error| match error.kind() {
        ErrorKind::Connect => Unusable(format!("no server can be reached at {url}")),
        _ => Unusable(format!("there is no Chatwoot at {url}: {error}")),
    })?;
    // An account that does not belong to this app, or does not exist: an accepted token gets
    // another message.
    let refused = client.platform(options.platform_token.clone()).accounts().get(0.into()).await;
    match refused {
        Err(error) if error.server_message().is_some_and(|said| said.contains("access_token")) => {
            Err(Unusable(format!("{url} refuses the platform token")))
        }
        Err(error) if error.kind() == ErrorKind::Request => {
            Err(Unusable(format!("the platform token cannot be sent: {error}")))
        }
        _ => Ok(()),
    }
}
