//! Tests of refused contact, conversation and message calls: each has its error kind.

use chatwoot_client::application::contacts::NewContact;
use chatwoot_client::application::conversations::NewConversation;
use chatwoot_client::public::NewPublicContact;
use chatwoot_client::types::ConversationStatus;
use chatwoot_client::{Client, ErrorKind};
use tests::recordings::load;
use tests::replay::refused;

use crate::asked::{account, body, contacts_query, filter, id, new_message, text};

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn a_refused_contact_has_its_kind_and_its_fields() {
    for (name, kind, fields) in [
        ("error-contact-bad-email", ErrorKind::Invalid, vec!["email"]),
        ("error-contact-bad-phone", ErrorKind::Invalid, vec!["phone_number"]),
        ("error-contact-duplicate-email", ErrorKind::Conflict, vec!["email"]),
        ("error-contact-duplicate-identifier", ErrorKind::Conflict, vec!["identifier"]),
        ("error-contact-unknown-inbox", ErrorKind::NotFound, vec![]),
    ] {
        for it in load(name) {
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
            assert_eq!((error.kind(), error.invalid_fields()), (kind, &*owned(&fields)), "{it}");
        }
    }
    for it in load("error-contact-not-found") {
        let call = async |c: &Client| c.account(2, "t").contacts().get(99_999_999.into()).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-contact-merge-unknown") {
        let (base, mergee) = (1.into(), 99_999_999.into());
        let call = async |c: &Client| c.account(2, "t").contacts().merge(base, mergee).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-contact-filter") {
        let (filter, asked) = (filter(&it), contacts_query(&it));
        let call = async |c: &Client| c.account(2, "t").contacts().filter(&filter, &asked).await;
        assert_eq!(refused(&it, call).await.kind(), ErrorKind::Invalid, "{it}");
    }
}

fn owned(fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| (*field).to_owned()).collect()
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn a_refused_conversation_or_message_has_its_kind() {
    for it in load("error-conversation-not-found") {
        let call =
            async |c: &Client| c.account(2, "t").conversations().get(99_999_999.into()).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-conversation-no-inbox") {
        let conversation =
            NewConversation { contact_id: Some(1.into()), ..NewConversation::default() };
        let call = async |c: &Client| c.account(2, "t").conversations().create(&conversation).await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-conversation-bad-status") {
        let status = ConversationStatus::from("no_such");
        let call = async |c: &Client| {
            c.account(2, "t").conversation(1).set_status(status.clone(), None).await
        };
        assert_eq!(refused(&it, call).await.kind(), ErrorKind::Server, "{it}");
    }
    for (name, kind) in [
        ("error-message-empty-conversation", ErrorKind::NotFound),
        ("error-message-too-long", ErrorKind::Invalid),
    ] {
        for it in load(name) {
            let message = new_message(&body(&it));
            let call = async |c: &Client| {
                account(&it, c).conversation(1).messages().create(&message).await
            };
            assert_eq!(refused(&it, call).await.kind(), kind, "{it}");
        }
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn a_refused_public_call_has_its_kind() {
    for it in load("error-public-unknown-inbox") {
        let call = async |c: &Client| c.public_inbox("nope").details().await;
        assert!(refused(&it, call).await.is_not_found(), "{it}");
    }
    for it in load("error-public-bad-hmac") {
        let contact = NewPublicContact {
            identifier: text(&body(&it)["identifier"]),
            identifier_hash: text(&body(&it)["identifier_hash"]).map(Into::into),
            ..NewPublicContact::default()
        };
        let call = async |c: &Client| c.public_inbox("x").contacts().create(&contact).await;
        assert_eq!(refused(&it, call).await.kind(), ErrorKind::Server, "{it}");
    }
}
