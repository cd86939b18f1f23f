//! The agent's page: the conversations of an account, with its dashboard apps embedded and given
//! the contact as Chatwoot does it.
//!
//! It requires no login and shows what the account's first administrator sees: the fake listens on
//! loopback and has only test data.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::fake::application::conversations::store::Conversation;
use crate::fake::application::dashboard_apps::DashboardApp;
use crate::fake::http::input::{Ctx, id};
use crate::fake::http::response::{ErrorResponse, Outcome};
use crate::fake::http::root::page;
use crate::fake::http::router::{Routed, to};
use crate::fake::shapes;
use crate::fake::state::{Role, State};

/// The number of conversations in the list.
const LISTED: usize = 100;
/// The number of messages of the selected conversation.
const SHOWN: usize = 200;

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    let ("GET", ["app", "accounts", account, rest @ ..]) = (verb, rest) else { return None };
    let account = id(account);
    match rest {
        [] | ["dashboard"] => to(move |ctx| show(ctx, account, None)),
        ["conversations", conversation] => {
            let conversation = id(conversation);
            to(move |ctx| show(ctx, account, Some(conversation)))
        }
        _ => None,
    }
}

fn show(ctx: &mut Ctx<'_>, account: i64, chosen: Option<i64>) -> Outcome {
    let state = &*ctx.state;
    let server = state.accounts.get(&account).ok_or_else(ErrorResponse::no_route)?;
    let mut conversations: Vec<&Conversation> = state
        .conversations
        .of(account)
        .filter(|conversation| !state.conversations.is_orphan(account, conversation.id))
        .collect();
    conversations
        .sort_by_key(|conversation| Reverse((conversation.last_activity_at, conversation.id)));
    let conversation = match chosen {
        Some(id) => conversations.iter().find(|conversation| conversation.id == id),
        None => conversations.first(),
    };
    let agent = administrator(state, account);
    let viewer = agent.unwrap_or_default();
    let agent = agent.and_then(|id| state.users.get(&id));
    let contact =
        conversation.and_then(|conversation| state.contacts.get(account, conversation.contact));
    let mut shown = page(
        include_str!("agent.html"),
        &json!({
            "account": { "id": server.id, "name": server.name },
            "agent": agent.map(|user| {
                json!({ "id": user.id, "name": user.name, "email": user.email })
            }),
            "conversations":
                conversations.iter().take(LISTED).map(|conversation| listed(state, conversation)).collect::<Value>(),
            "conversation": conversation.map(|conversation| shapes::conversation(state, conversation, viewer)),
            "contact": contact.map(|contact| shapes::contact(state, contact, true)),
            "messages": conversation.map(|conversation| messages(state, conversation)),
            "apps": state.dashboard_apps.of(account).map(DashboardApp::view).collect::<Value>(),
        }),
    );
    if chosen.is_some() && conversation.is_none() {
        shown.status = 404;
    }
    Ok(shown)
}

fn administrator(state: &State, account: i64) -> Option<i64> {
    let members = state.memberships.range((account, i64::MIN)..=(account, i64::MAX));
    members
        .filter(|(_, membership)| membership.role == Role::Administrator)
        .map(|((_, user), _)| *user)
        .next()
}

fn listed(state: &State, conversation: &Conversation) -> Value {
    let contact = state.contacts.get(conversation.account, conversation.contact);
    let inbox = state.inboxes.get(conversation.account, conversation.inbox);
    let last_message =
        state.conversations.messages(conversation).rev().find(|message| message.is_chat());
    json!({
        "id": conversation.id,
        "status": conversation.status.as_str(),
        "name": contact.map(|contact| &contact.name),
        "inbox": inbox.map(|inbox| &inbox.name),
        "last_message": last_message.map(|message| &message.content),
    })
}

fn messages(state: &State, conversation: &Conversation) -> Value {
    let from = conversation.messages.len().saturating_sub(SHOWN);
    state
        .conversations
        .messages(conversation)
        .skip(from)
        .map(|one| shapes::message(state, one, None))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fake::tests::TestServer;

    #[test]
    fn an_agent_sees_the_newest_conversation_and_the_apps() {
        let server = TestServer::new();
        let get = |rest: &str| {
            let path = format!("/app/accounts/{}{rest}", server.account);
            let (status, page) = server.request("GET", &path, None, None);
            (status, page.as_str().map(str::to_owned).unwrap_or_default())
        };
        assert_eq!(get("").0, 200, "an account without conversations has a dashboard too");

        let frame = json!([{ "type": "frame", "url": "https://shop.example/panel" }]);
        server.ok("POST", "/dashboard_apps", &json!({ "title": "Panel", "content": frame }));
        let inbox = json!({ "name": "Api", "channel": { "type": "api" } });
        let inbox = server.ok("POST", "/inboxes", &inbox);
        for name in ["Ada", "</script><script>alert(1)</script>"] {
            let wanted = json!({ "name": name, "inbox_id": inbox["id"] });
            let created = server.ok("POST", "/contacts", &wanted);
            let source = &created["payload"]["contact_inbox"]["source_id"];
            server.ok("POST", "/conversations", &json!({ "source_id": source }));
        }

        let (status, page) = get("/dashboard");
        assert_eq!(status, 200);
        assert!(!page.contains("<script>alert"), "a name ends no script: {page}");
        let data = data(&page);
        assert_eq!(data["conversation"]["id"], 2);
        assert_eq!(data["conversation"]["uuid"].as_str().unwrap().len(), 36);
        assert_eq!(data["conversation"]["meta"]["sender"]["id"], data["contact"]["id"]);
        assert_eq!(data["apps"][0]["content"][0]["url"], "https://shop.example/panel");
        assert_eq!(data["agent"]["name"], "Admin");
        assert_eq!(get("/conversations/1").0, 200);
        assert_eq!(get("/conversations/9").0, 404);
        assert_eq!(server.request("GET", "/app/accounts/99/dashboard", None, None).0, 404);
    }

    fn data(page: &str) -> Value {
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        let (json, _) = rest.split_once("</script>").unwrap();
        serde_json::from_str(json).unwrap()
    }
}
