//! Refusals of contact, conversation and message calls: each has its kind.

use chatwoot_client::{
    Client, ConversationStatus, ErrorKind, NewContact, NewConversation, NewPublicContact,
};
use tests::recordings::load;
use tests::replay::refused;

use crate::asked::{account, body, contacts_query, filter, id, new_message, text};

#[tokio::test]
async fn a_refused_contact_has_its_kind_and_its_fields() {
    for (name, kind, fields) in [
        ("error-contact-bad-email", ErrorKind::Invalid, vec!["email"]),
        ("error-contact-bad-phone", ErrorKind::Invalid, vec!["phone_number"]),
        ("error-contact-duplicate-email", ErrorKind::Conflict, vec!["email"]),
        ("error-contact-duplicate-identifier", ErrorKind::Conflict, vec!["identifier"]),
        ("error-contact-unknown-inbox", ErrorKind::NotFound, vec![]),
    ] {
        for it in load(name).unwrap_or_default() {
            let body = body(&it);
            let contact = NewContact {
                name: text(&body["name"]),
                email: text(&body["email"]),
                phone_number: text(&body["phone_number"]),
                identifier: text(&body["identifier"]),
                inbox_id: id(&body["inbox_id"]),
                ..NewContact::default()
            };
            let call = async |c: &Client| c.account(2, "t").contacts().create(&contact).await;
            let error = refused(&it, call).await;
            assert_eq!((error.kind(), error.attributes()), (kind, &*owned(&fields)), "{it}");
        }
    }
    for it in load("error-contact-not-found").unwrap_or_default() {
        let call = async |c: &Client| c.account(2, "t").contacts().get(99_999_999.into()).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-contact-merge-unknown").unwrap_or_default() {
        let (base, mergee) = (1.into(), 99_999_999.into());
        let call = async |c: &Client| c.account(2, "t").contacts().merge(base, mergee).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-contact-filter").unwrap_or_default() {
        let (filter, asked) = (filter(&it), contacts_query(&it));
        let call = async |c: &Client| c.account(2, "t").contacts().filter(&filter, &asked).await;
        assert_eq!(refused(&it, call).await.kind(), ErrorKind::Invalid, "{it}");
    }
}

fn owned(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

#[tokio::test]
async fn a_refused_conversation_or_message_has_its_kind() {
    for it in load("error-conversation-not-found").unwrap_or_default() {
        let call =
            async |c: &Client| c.account(2, "t").conversations().get(99_999_999.into()).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-conversation-no-inbox").unwrap_or_default() {
        let conversation =
            NewConversation { contact_id: Some(1.into()), ..NewConversation::default() };
        let call = async |c: &Client| c.account(2, "t").conversations().create(&conversation).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-conversation-bad-status").unwrap_or_default() {
        let status = ConversationStatus::from("no_such");
        let call = async |c: &Client| {
            c.account(2, "t").conversations().set_status(1.into(), &status, None).await
        };
        assert_eq!(refused(&it, call).await.kind(), ErrorKind::Server, "{it}");
    }
    for (name, kind) in [
        ("error-message-empty-conversation", ErrorKind::NotFound),
        ("error-message-too-long", ErrorKind::Invalid),
    ] {
        for it in load(name).unwrap_or_default() {
            let message = new_message(&body(&it));
            let call = async |c: &Client| account(&it, c).messages(1.into()).create(&message).await;
            assert_eq!(refused(&it, call).await.kind(), kind, "{it}");
        }
    }
}

#[tokio::test]
async fn a_refused_public_call_has_its_kind() {
    for it in load("error-public-unknown-inbox").unwrap_or_default() {
        let call = async |c: &Client| c.inbox("nope").details().await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-public-bad-hmac").unwrap_or_default() {
        let contact = NewPublicContact {
            identifier: text(&body(&it)["identifier"]),
            identifier_hash: text(&body(&it)["identifier_hash"]).map(Into::into),
            ..NewPublicContact::default()
        };
        let call = async |c: &Client| c.inbox("x").contacts().create(&contact).await;
        assert_eq!(refused(&it, call).await.kind(), ErrorKind::Server, "{it}");
    }
}
