//! Tests of the public API of an API inbox with the recorded responses of two live servers.

use chatwoot_client::application::conversations::Typing;
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::{Client, ConversationId, PublicInbox};
use tests::recordings::{Exchange, load};
use tests::replay::{replay, replay_done};

use crate::asked::{body, map, same_body, text};

fn inbox(exchange: &Exchange, client: &Client) -> PublicInbox {
    client.public_inbox(exchange.param::<String>("inbox_identifier"))
}

fn source(exchange: &Exchange) -> String {
    exchange.param("contact_identifier")
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn an_inbox_and_its_contacts_answer_as_recorded() {
    for it in load("get-details-of-a-inbox") {
        let details = replay(&it, async |c| inbox(&it, c).details().await).await.value;
        assert_eq!(details.working_hours.len(), 7, "{it}");
    }
    for it in load("create-a-contact") {
        let body = body(&it);
        let contact = NewPublicContact {
            identifier: text(&body["identifier"]),
            identifier_hash: text(&body["identifier_hash"]).map(Into::into),
            email: text(&body["email"]),
            name: text(&body["name"]),
            custom_attributes: map(&body["custom_attributes"]),
            ..NewPublicContact::default()
        };
        let call = async |c: &Client| inbox(&it, c).contacts().create(&contact).await;
        let replayed = replay(&it, call).await;
        same_body(&it, &replayed);
        assert!(replayed.asked.headers().get("api-access-token").is_none(), "{it}: no token");
        let hash = text(&body["identifier_hash"]).expect("a hash");
        assert!(!format!("{contact:?}").contains(&hash), "{it}: the proof is shown");
    }
    for it in load("get-details-of-a-contact") {
        let call = async |c: &Client| inbox(&it, c).contacts().get(&source(&it)).await;
        let contact = replay(&it, call).await.value;
        assert_eq!(contact.source_id, source(&it));
        let token = contact.pubsub_token.clone().expect("a token");
        assert!(!format!("{contact:?}").contains(token.expose()), "{it}: the token is shown");
    }
    for it in load("update-a-contact") {
        let mut body = body(&it);
        let change = PublicContactPatch {
            identifier: text(&body["identifier"]),
            identifier_hash: text(&body["identifier_hash"]).map(Into::into),
            name: text(&body["name"]),
            ..PublicContactPatch::default()
        };
        let call = async |c: &Client| inbox(&it, c).contacts().update(&source(&it), &change).await;
        let replayed = replay(&it, call).await;
        // The recorder sent a null, which the server ignores.
        body.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        assert_eq!(replayed.body(), body, "{it}: body");
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn public_conversations_answer_as_recorded() {
    for it in load("create-a-conversation") {
        let attributes = map(&body(&it)["custom_attributes"]);
        let call = async |c: &Client| {
            inbox(&it, c).conversations(&source(&it)).create(attributes.as_ref()).await
        };
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("list-all-contact-conversations") {
        replay(&it, async |c| inbox(&it, c).conversations(&source(&it)).list().await).await;
    }
    for it in load("get-single-conversation") {
        let id: ConversationId = it.param("conversation_id");
        replay(&it, async |c| {
            inbox(&it, c).conversations(&source(&it)).conversation(id).get().await
        })
        .await;
    }
    for it in load("resolve-conversation") {
        let id: ConversationId = it.param("conversation_id");
        let call = async |c: &Client| {
            inbox(&it, c).conversations(&source(&it)).conversation(id).resolve().await
        };
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("public-toggle-typing") {
        let id: ConversationId = it.param("conversation_id");
        let typing: Typing = body(&it)["typing_status"].as_str().expect("on or off").into();
        let call = async |c: &Client| {
            inbox(&it, c)
                .conversations(&source(&it))
                .conversation(id)
                .set_typing(typing.clone())
                .await
        };
        same_body(&it, &replay_done(&it, call).await);
    }
    for it in load("public-update-last-seen") {
        let id: ConversationId = it.param("conversation_id");
        let call = async |c: &Client| {
            inbox(&it, c).conversations(&source(&it)).conversation(id).update_last_seen().await
        };
        same_body(&it, &replay_done(&it, call).await);
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn public_messages_answer_as_recorded() {
    for it in load("create-a-message") {
        let body = body(&it);
        let content = text(&body["content"]).unwrap_or_default();
        let echo = text(&body["echo_id"]);
        let id: ConversationId = it.param("conversation_id");
        let call = async |c: &Client| {
            inbox(&it, c)
                .conversations(&source(&it))
                .conversation(id)
                .messages()
                .create(&content, echo.as_deref())
                .await
        };
        if it.request.multipart.is_some() {
            continue;
        }
        let replayed = replay(&it, call).await;
        same_body(&it, &replayed);
        let sender = replayed.value.sender.and_then(|sender| sender.contact_id());
        assert!(sender.is_some(), "{it}: a contact wrote it");
    }
    for it in load("list-all-conversation-messages") {
        let id: ConversationId = it.param("conversation_id");
        replay(&it, async |c| {
            inbox(&it, c).conversations(&source(&it)).conversation(id).messages().list(None).await
        })
        .await;
    }
    for it in load("update-a-message") {
        let (id, message) = (it.param::<ConversationId>("conversation_id"), it.param("message_id"));
        let body = body(&it);
        let values = body["submitted_values"].as_array().expect("values");
        let call = async |c: &Client| {
            inbox(&it, c)
                .conversations(&source(&it))
                .conversation(id)
                .messages()
                .update(message, values)
                .await
        };
        same_body(&it, &replay(&it, call).await);
    }
}
