//! The requirements of operations that not every server meets: a refusal because of them is no
//! failure.

use chatwoot_client::Error;

/// Operation and requirement. Each was refused by a working server, or follows from its source.
const NEEDS: &[(&str, &str)] = &[
    ("audit_logs.list", "a plan with audit logs"),
    ("companies.create", "a plan with companies"),
    ("companies.list", "a plan with companies"),
    ("conversations.send_transcript", "a server that sends e-mail"),
    // An older server parses the word as a conversation's number.
    (
        "conversations.unread_counts",
        "a server after 4.9, and the account's feature conversation_unread_counts",
    ),
    ("custom_roles.create", "a plan with custom roles"),
    ("custom_roles.list", "a plan with custom roles"),
    ("csat_survey.answer", "a survey that was sent"),
    ("csat_survey.get", "a survey that was sent"),
    ("inboxes.health", "an inbox of the WhatsApp Cloud API"),
    ("integrations.create_hook", "an integration that the server is set up for"),
    ("messages.translate", "a Google Translate integration"),
    ("platform_accounts.list", "a server from which no account was deleted"),
    ("portals.send_instructions", "a server that sends e-mail, and a domain of the portal's own"),
    ("search.all", "the server's search index"),
    ("search.articles", "the server's search index"),
    ("search.contacts", "the server's search index"),
    ("search.conversations", "the server's search index"),
    ("search.messages", "the server's search index"),
    ("sla_policies.create", "a plan with service levels"),
    ("sla_policies.list", "a plan with service levels"),
    ("widget.sdk", "a server whose front end is built"),
];

/// Returns why this server does not have the operation, if the error shows that.
pub(super) fn absent(error: &Error) -> Option<String> {
    let status = error.status()?;
    let need = NEEDS.iter().find(|(name, _)| *name == error.operation());
    if let (Some((_, need)), 400..=599) = (need, status) {
        return Some(format!("{status}: it needs {need}"));
    }
    // A path that the server does not route: `{"status": 404, "error": "Not Found"}`. The response
    // for a missing resource is different.
    let body: serde_json::Value = serde_json::from_slice(error.body()?).unwrap_or_default();
    let unknown = status == 404 && body["status"] == 404 && body["error"] == "Not Found";
    unknown.then(|| "404".to_owned())
}
