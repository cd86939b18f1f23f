//! The agents' page: what an agent sees, with dashboard apps framed and told of the contact as upstream
//! tells them.
//!
//! It asks for no sign-in and is seen through the eyes of the account's first administrator: the
//! fake listens on loopback and holds made-up people.

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::fake::application::conversations::store::Conversation;
use crate::fake::application::dashboard_apps::DashboardApp;
use crate::fake::http::input::{Ctx, id};
use crate::fake::http::response::{Outcome, Refusal};
use crate::fake::http::root::page;
use crate::fake::http::router::{Routed, to};
use crate::fake::shapes;
use crate::fake::state::{Role, State};

/// How many conversations the list shows.
const LISTED: usize = 100;
/// How many messages of the chosen one.
const SHOWN: usize = 200;

pub(in crate::fake) fn route(verb: &str, rest: &[&str]) -> Routed {
    let ("GET", ["app", "accounts", account, rest @ ..]) = (verb, rest) else { return None };
    let account = id(account);
    match rest {
        [] | ["dashboard"] => to(move |ctx| show(ctx, account, None)),
        ["conversations", talk] => {
            let talk = id(talk);
            to(move |ctx| show(ctx, account, Some(talk)))
        }
        _ => None,
    }
}

fn show(ctx: &mut Ctx<'_>, account: i64, chosen: Option<i64>) -> Outcome {
    let state = &*ctx.state;
    let server = state.accounts.get(&account).ok_or_else(Refusal::no_route)?;
    let mut talks: Vec<&Conversation> =
        state.talk.of(account).filter(|talk| !state.talk.is_orphan(account, talk.id)).collect();
    talks.sort_by_key(|talk| Reverse((talk.last_activity_at, talk.id)));
    let talk = match chosen {
        Some(id) => talks.iter().find(|talk| talk.id == id),
        None => talks.first(),
    };
    let agent = administrator(state, account);
    let viewer = agent.unwrap_or_default();
    let agent = agent.and_then(|id| state.users.get(&id));
    let contact = talk.and_then(|talk| state.contacts.get(account, talk.contact));
    let mut shown = page(
        include_str!("agent.html"),
        &json!({
            "account": { "id": server.id, "name": server.name },
            "agent": agent.map(|user| {
                json!({ "id": user.id, "name": user.name, "email": user.email })
            }),
            "conversations":
                talks.iter().take(LISTED).map(|talk| listed(state, talk)).collect::<Value>(),
            "conversation": talk.map(|talk| shapes::conversation(state, talk, viewer)),
            "contact": contact.map(|contact| shapes::contact(state, contact, true)),
            "messages": talk.map(|talk| messages(state, talk)),
            "apps": state.dashboard_apps.of(account).map(DashboardApp::view).collect::<Value>(),
        }),
    );
    if chosen.is_some() && talk.is_none() {
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

fn listed(state: &State, talk: &Conversation) -> Value {
    let person = state.contacts.get(talk.account, talk.contact);
    let inbox = state.inboxes.get(talk.account, talk.inbox);
    let said = state.talk.messages(talk).rev().find(|message| message.is_chat());
    json!({
        "id": talk.id,
        "status": talk.status.as_str(),
        "name": person.map(|person| &person.name),
        "inbox": inbox.map(|inbox| &inbox.name),
        "said": said.map(|message| &message.content),
    })
}

fn messages(state: &State, talk: &Conversation) -> Value {
    let from = talk.messages.len().saturating_sub(SHOWN);
    state.talk.messages(talk).skip(from).map(|one| shapes::message(state, one, None)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fake::test_server::TestServer;

    #[test]
    fn an_agent_sees_the_newest_conversation_and_the_apps() {
        let server = TestServer::new();
        let look = |rest: &str| {
            let path = format!("/app/accounts/{}{rest}", server.account);
            let (status, page) = server.ask("GET", &path, None, None);
            (status, page.as_str().map(str::to_owned).unwrap_or_default())
        };
        assert_eq!(look("").0, 200, "an account without conversations has a dashboard too");

        let frame = json!([{ "type": "frame", "url": "https://shop.example/panel" }]);
        server.done("POST", "/dashboard_apps", &json!({ "title": "Panel", "content": frame }));
        let inbox = json!({ "name": "Api", "channel": { "type": "api" } });
        let inbox = server.done("POST", "/inboxes", &inbox);
        for name in ["Ada", "</script><script>alert(1)</script>"] {
            let wanted = json!({ "name": name, "inbox_id": inbox["id"] });
            let made = server.done("POST", "/contacts", &wanted);
            let source = &made["payload"]["contact_inbox"]["source_id"];
            server.done("POST", "/conversations", &json!({ "source_id": source }));
        }

        let (status, page) = look("/dashboard");
        assert_eq!(status, 200);
        assert!(!page.contains("<script>alert"), "a name ends no script: {page}");
        let data = data(&page);
        assert_eq!(data["conversation"]["id"], 2);
        assert_eq!(data["conversation"]["uuid"].as_str().unwrap().len(), 36);
        assert_eq!(data["conversation"]["meta"]["sender"]["id"], data["contact"]["id"]);
        assert_eq!(data["apps"][0]["content"][0]["url"], "https://shop.example/panel");
        assert_eq!(data["agent"]["name"], "Admin");
        assert_eq!(look("/conversations/1").0, 200);
        assert_eq!(look("/conversations/9").0, 404);
        assert_eq!(server.ask("GET", "/app/accounts/99/dashboard", None, None).0, 404);
    }

    fn data(page: &str) -> Value {
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        let (json, _) = rest.split_once("</script>").unwrap();
        serde_json::from_str(json).unwrap()
    }
}
