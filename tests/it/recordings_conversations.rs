//! Tests of conversations and messages with the recorded responses of two live servers.

use chatwoot_client::application::conversations::{
    ConversationFilterQuery, ConversationPatch, ConversationsQuery, NewConversation, Typing,
};
use chatwoot_client::application::messages::{MessageDelivery, MessageDirection, MessagesQuery};
use chatwoot_client::types::{ConversationStatus, Priority};
use chatwoot_client::{Client, ConversationId, Secret};
use tests::recordings::{Exchange, load};
use tests::replay::{replay, replay_done};

use crate::asked::{
    account, body, filter, id, map, new_message, patch, query, same_body, same_query, text,
};

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn conversations_are_read_as_recorded() {
    let asked = |it: &Exchange| ConversationsQuery {
        status: query(it, "status").map(|word| word.as_str().into()),
        assignee_type: query(it, "assignee_type").map(|word| word.as_str().into()),
        inbox_id: query(it, "inbox_id").and_then(|id| id.parse().ok()),
        page: query(it, "page").and_then(|page| page.parse().ok()),
        ..ConversationsQuery::default()
    };
    for it in load("conversationList") {
        let asked = asked(&it);
        let call = async |c: &Client| account(&it, c).conversations().list(&asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("conversationListMeta") {
        let asked = asked(&it);
        let call = async |c: &Client| account(&it, c).conversations().meta(&asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("conversationFilter") {
        let filter = filter(&it);
        let first = ConversationFilterQuery { page: Some(1) };
        let call = async |c: &Client| account(&it, c).conversations().filter(&filter, &first).await;
        same_body(&it, &replay(&it, call).await);
    }
    let mut agents = 0;
    for it in load("get-details-of-a-conversation") {
        let id = it.param("conversation_id");
        let call = async |c: &Client| account(&it, c).conversations().get(id).await;
        let conversation = replay(&it, call).await.value;
        assert_eq!(conversation.agent().is_some(), conversation.meta.assignee.is_some());
        agents += usize::from(conversation.agent().is_some());
        let seen = conversation.agent_last_seen_at.and_then(chatwoot_client::Time::at);
        assert_eq!(seen, None, "{it}: 0 is never");
    }
    assert!(agents > 0);
    for it in load("list-all-labels-of-a-conversation") {
        let id: ConversationId = it.param("conversation_id");
        replay(&it, async |c| account(&it, c).conversation(id).labels().list().await).await;
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn conversations_are_written_as_recorded() {
    for it in load("newConversation") {
        let body = body(&it);
        let conversation = NewConversation {
            contact_id: id(&body["contact_id"]),
            inbox_id: id(&body["inbox_id"]),
            source_id: text(&body["source_id"]).map(Secret::new),
            status: body["status"].as_str().map(Into::into),
            assignee_id: id(&body["assignee_id"]),
            team_id: id(&body["team_id"]),
            additional_attributes: map(&body["additional_attributes"]),
            custom_attributes: map(&body["custom_attributes"]),
            message: body.get("message").map(new_message),
        };
        let call = async |c: &Client| account(&it, c).conversations().create(&conversation).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("update-conversation") {
        let priority = patch(&body(&it), "priority", |word| word.as_str().map(Into::into));
        let to = ConversationPatch { priority, ..ConversationPatch::default() };
        let id = it.param("conversation_id");
        let call = async |c: &Client| account(&it, c).conversations().update(id, &to).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("toggle-status-of-a-conversation") {
        let body = body(&it);
        let status = ConversationStatus::from(body["status"].as_str().expect("a state"));
        let recorded = |time: chatwoot_client::Time| time.at();
        let until = serde_json::from_value(body["snoozed_until"].clone()).ok().and_then(recorded);
        let id: ConversationId = it.param("conversation_id");
        let call = async |c: &Client| {
            account(&it, c).conversation(id).set_status(status.clone(), until).await
        };
        let replayed = replay(&it, call).await;
        same_body(&it, &replayed);
        assert_eq!(replayed.value.current_status, status, "{it}");
        assert_eq!(replayed.value.snoozed_until.and_then(recorded), until, "{it}");
    }
    for it in load("toggle-priority-of-a-conversation") {
        let priority: Option<Priority> = body(&it)["priority"].as_str().map(Into::into);
        let id: ConversationId = it.param("conversation_id");
        let call = async |c: &Client| {
            account(&it, c).conversation(id).set_priority(priority.clone()).await
        };
        same_body(&it, &replay_done(&it, call).await);
    }
    for it in load("update-custom-attributes-of-a-conversation") {
        let attributes = map(&body(&it)["custom_attributes"]).expect("attributes");
        let id: ConversationId = it.param("conversation_id");
        let call = async |c: &Client| {
            account(&it, c).conversation(id).replace_custom_attributes(&attributes).await
        };
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("toggle-typing-status-of-a-conversation") {
        let body = body(&it);
        let typing: Typing = body["typing_status"].as_str().expect("on or off").into();
        let private = body["is_private"].as_bool().expect("yes or no");
        let id: ConversationId = it.param("conversation_id");
        let call = async |c: &Client| {
            account(&it, c).conversation(id).set_typing(typing.clone(), private).await
        };
        same_body(&it, &replay_done(&it, call).await);
    }
    for it in load("conversation-add-labels") {
        let labels: Vec<String> =
            serde_json::from_value(body(&it)["labels"].clone()).expect("labels");
        let id: ConversationId = it.param("conversation_id");
        let call =
            async |c: &Client| account(&it, c).conversation(id).labels().replace(&labels).await;
        same_body(&it, &replay(&it, call).await);
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn conversations_are_assigned_as_recorded() {
    for it in load("assign-a-conversation") {
        let body = body(&it);
        let id: ConversationId = it.param("conversation_id");
        if let Some(team) = body["team_id"].as_u64() {
            let call =
                async |c: &Client| account(&it, c).conversation(id).assign_team(team.into()).await;
            let replayed = replay(&it, call).await;
            same_body(&it, &replayed);
            assert_eq!(replayed.value.map(|found| found.id.0), Some(team), "{it}");
        } else if let Some(agent) = body["assignee_id"].as_u64() {
            let call = async |c: &Client| {
                account(&it, c).conversation(id).assign_agent(agent.into()).await
            };
            let replayed = replay(&it, call).await;
            same_body(&it, &replayed);
            assert_eq!(replayed.value.map(|found| found.id.0), Some(agent), "{it}");
        } else {
            let call = async |c: &Client| account(&it, c).conversation(id).unassign().await;
            same_body(&it, &replay_done(&it, call).await);
            // The response for an unknown agent names no assignee, too.
            let call =
                async |c: &Client| account(&it, c).conversation(id).assign_agent(9.into()).await;
            assert_eq!(replay(&it, call).await.value, None, "{it}");
        }
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn messages_answer_as_recorded() {
    for it in load("list-all-messages") {
        let bound = |key: &str| query(&it, key).and_then(|id| id.parse().ok());
        let asked = MessagesQuery {
            before: bound("before"),
            after: bound("after"),
            filter_internal_messages: None,
        };
        let id: ConversationId = it.param("conversation_id");
        let call =
            async |c: &Client| account(&it, c).conversation(id).messages().list(&asked).await;
        let replayed = replay(&it, call).await;
        same_query(&it, &replayed);
        let contact = replayed.value.meta.contact.and_then(|contact| contact.contact_id());
        assert!(contact.is_some(), "{it}: the contact is known as one");
    }
    for it in load("create-a-new-message-in-a-conversation") {
        let message = new_message(&body(&it));
        let id: ConversationId = it.param("conversation_id");
        let call =
            async |c: &Client| account(&it, c).conversation(id).messages().create(&message).await;
        let replayed = replay(&it, call).await;
        same_body(&it, &replayed);
        let written = replayed.value;
        let customers = message.message_type == Some(MessageDirection::Incoming);
        let sender = written.sender.as_ref().expect("a sender");
        assert_eq!(sender.contact_id().is_some(), customers, "{it}");
        assert_eq!(sender.user_id().is_some(), !customers, "{it}");
        assert_eq!(written.is_for_customer(), message.private != Some(true), "{it}");
    }
    for it in load("message-update") {
        let status = body(&it)["status"].as_str().map(Into::into);
        let to = MessageDelivery { status, external_error: None };
        let (id, message) = (it.param::<ConversationId>("conversation_id"), it.param("message_id"));
        let call = async |c: &Client| {
            account(&it, c).conversation(id).messages().update(message, &to).await
        };
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("delete-a-message") {
        let (id, message) = (it.param::<ConversationId>("conversation_id"), it.param("message_id"));
        replay(&it, async |c| account(&it, c).conversation(id).messages().delete(message).await)
            .await;
    }
}
