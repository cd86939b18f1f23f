//! The methods of the server itself, the Platform API and the public API.
#![expect(clippy::default_trait_access, reason = "only the answer's type matters here")]

use chatwoot_client::application::conversations::Typing;
use chatwoot_client::types::Role;

use super::{Row, table};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = server();
    rows.extend(platform());
    rows.extend(public());
    rows
}

fn server() -> Vec<Row> {
    table! { client(on) {
        "server.version" => on.server().version(),
        "server.health" => on.server().health(),
    } }
}

fn platform() -> Vec<Row> {
    table! { platform(on) {
        "platform_accounts.list" => on.accounts().list(),
        "platform_accounts.get" => on.accounts().get(1.into()),
        "platform_accounts.create" => on.accounts().create(&Default::default()),
        "platform_accounts.update" => on.accounts().update(1.into(), &Default::default()),
        "platform_accounts.delete" => on.accounts().delete(1.into()),
        "platform_users.create" => on.users().create(&Default::default()),
        "platform_users.get" => on.users().get(1.into()),
        "platform_users.update" => on.users().update(1.into(), &Default::default()),
        "platform_users.delete" => on.users().delete(1.into()),
        "platform_users.sso_link" => on.users().sso_link(1.into()),
        "platform_users.token" => on.users().token(1.into()),
        "platform_agent_bots.list" => on.agent_bots().list(),
        "platform_agent_bots.get" => on.agent_bots().get(1.into()),
        "platform_agent_bots.create" => on.agent_bots().create(&Default::default()),
        "platform_agent_bots.update" => on.agent_bots().update(1.into(), &Default::default()),
        "platform_agent_bots.delete" => on.agent_bots().delete(1.into()),
        "account_users.list" => on.account_users().list(1.into()),
        "account_users.create" => on.account_users().create(1.into(), 1.into(), Role::Agent),
        "account_users.delete" => on.account_users().delete(1.into(), 1.into()),
    } }
}

fn public() -> Vec<Row> {
    table! { public(on) {
        "public_inbox.details" => on.details(),
        "public_contacts.create" => on.contacts().create(&Default::default()),
        "public_contacts.get" => on.contacts().get("s"),
        "public_contacts.update" => on.contacts().update("s", &Default::default()),
        "public_conversations.list" => on.conversations("s").list(),
        "public_conversations.create" => on.conversations("s").create(None),
        "public_conversations.get" => on.conversations("s").get(1.into()),
        "public_conversations.resolve" => on.conversations("s").conversation(1).resolve(),
        "public_conversations.set_typing" =>
            on.conversations("s").conversation(1).set_typing(Typing::On),
        "public_conversations.update_last_seen" =>
            on.conversations("s").conversation(1).update_last_seen(),
        "public_messages.list" => on.conversations("s").conversation(1).messages().list(None),
        "public_messages.create" => on.conversations("s").conversation(1).messages().create("", None),
        "public_messages.update" => on.conversations("s").conversation(1).messages().update(1.into(), &[]),
    } }
}
