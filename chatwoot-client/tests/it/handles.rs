//! What the handle of a contact or conversation sends: its own id, and what the collection sends.

use chatwoot_client::application::contacts::{ContactPatch, NewContactInbox};
use chatwoot_client::application::conversations::ConversationPatch;
use chatwoot_client::types::Priority;
use chatwoot_client::{Account, Attributes, Patch};
use serde_json::json;

use crate::wire::{Then, Wire, patient};

/// The request line without the account's part and the version, and the body.
fn sent(request: &str) -> (String, String) {
    let line = request.lines().next().unwrap().replace("/api/v1/accounts/1/", "");
    let body = request.split_once("\r\n\r\n").unwrap().1;
    (line.trim_end_matches(" HTTP/1.1").to_owned(), body.to_owned())
}

/// Sends what is given, whatever the answer is, and returns what was sent.
macro_rules! sent {
    ($($call:expr),+ $(,)?) => {{
        let server = Wire::serve([Then::json("{}")]).await;
        let account = server.account(patient());
        $(drop($call(&account).await);)+
        server.seen().iter().map(|request| sent(request)).collect::<Vec<_>>()
    }};
}

#[tokio::test]
async fn a_handle_sends_what_the_collection_sends() {
    let contact = ContactPatch { name: Patch::Clear, ..Default::default() };
    let urgent = ConversationPatch { priority: Priority::Urgent.into(), ..Default::default() };
    let by_handle = sent![
        async |it: &Account| it.contact(7).get().await.map(drop),
        async |it: &Account| it.contact(7).update(&contact).await.map(drop),
        async |it: &Account| it.contact(7).delete().await,
        async |it: &Account| it.conversation(12).get().await.map(drop),
        async |it: &Account| it.conversation(12).update(&urgent).await.map(drop),
        async |it: &Account| it.conversation(12).delete().await,
    ];
    let by_collection = sent![
        async |it: &Account| it.contacts().get(7.into()).await.map(drop),
        async |it: &Account| { it.contacts().update(7.into(), &contact).await.map(drop) },
        async |it: &Account| it.contacts().delete(7.into()).await,
        async |it: &Account| it.conversations().get(12.into()).await.map(drop),
        async |it: &Account| { it.conversations().update(12.into(), &urgent).await.map(drop) },
        async |it: &Account| it.conversations().delete(12.into()).await,
    ];
    assert_eq!(by_handle.len(), 6);
    assert_eq!(by_handle, by_collection);
}

#[tokio::test]
async fn what_belongs_to_a_handle_is_asked_for_by_its_id() {
    let server = Wire::serve([Then::json("{}")]).await;
    let account = server.account(patient());
    let (contact, conversation) = (account.contact(7), account.conversation(12));
    let gold = Attributes::from_iter([("tier".to_owned(), json!("gold"))]);
    drop(contact.labels().list().await);
    drop(contact.notes().get(3.into()).await);
    drop(contact.inboxes().create(&NewContactInbox::new(4.into())).await);
    drop(contact.merge_custom_attributes(&gold).await);
    drop(conversation.labels().list().await);
    drop(conversation.messages().delete(99.into()).await);
    drop(conversation.participants().list().await);
    drop(conversation.unassign().await);
    drop(conversation.resolve().await);
    drop(conversation.set_priority(None).await);
    let seen: Vec<_> = server.seen().iter().map(|request| sent(request)).collect();
    let expected = [
        ("GET contacts/7/labels", ""),
        ("GET contacts/7/notes/3", ""),
        ("POST contacts/7/contact_inboxes", r#"{"inbox_id":4}"#),
        ("PUT contacts/7", r#"{"custom_attributes":{"tier":"gold"}}"#),
        ("GET conversations/12/labels", ""),
        ("DELETE conversations/12/messages/99", ""),
        ("GET conversations/12/participants", ""),
        ("POST conversations/12/assignments", r#"{"assignee_id":null}"#),
        ("POST conversations/12/toggle_status", r#"{"status":"resolved"}"#),
        ("POST conversations/12/toggle_priority", r#"{"priority":null}"#),
    ];
    assert_eq!(seen, expected.map(|(line, body)| (line.to_owned(), body.to_owned())));
}
