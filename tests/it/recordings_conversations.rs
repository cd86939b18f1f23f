//! Conversations and messages, against what two live servers answered.

use chatwoot_client::{
    Client, ConversationPatch, ConversationStatus, ConversationsQuery, MessageDelivery,
    MessageDirection, MessagesQuery, NewConversation, Secret,
};
use tests::recordings::{Exchange, load};
use tests::replay::{replay, replay_done};

use crate::asked::{
    account, body, filter, id, map, new_message, patch, query, same_body, same_query, text,
};

#[tokio::test]
async fn conversations_are_read_as_recorded() {
    let asked = |it: &Exchange| ConversationsQuery {
        status: query(it, "status").map(|word| word.as_str().into()),
        assignee_type: query(it, "assignee_type").map(|word| word.as_str().into()),
        inbox_id: query(it, "inbox_id").and_then(|id| id.parse().ok()),
        page: query(it, "page").and_then(|page| page.parse().ok()),
        ..ConversationsQuery::default()
    };
    for it in load("conversationList").unwrap_or_default() {
        let asked = asked(&it);
        let call = async |c: &Client| account(&it, c).conversations().list(&asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("conversationListMeta").unwrap_or_default() {
        let asked = asked(&it);
        let call = async |c: &Client| account(&it, c).conversations().meta(&asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("conversationFilter").unwrap_or_default() {
        let filter = filter(&it);
        let call = async |c: &Client| account(&it, c).conversations().filter(&filter, 1).await;
        same_body(&it, &replay(&it, call).await);
    }
    let mut agents = 0;
    for it in load("get-details-of-a-conversation").unwrap_or_default() {
        let id = it.param("conversation_id");
        let call = async |c: &Client| account(&it, c).conversations().get(id).await;
        let conversation = replay(&it, call).await.value;
        assert_eq!(conversation.agent().is_some(), conversation.meta.assignee.is_some());
        agents += usize::from(conversation.agent().is_some());
        let seen = conversation.agent_last_seen_at.and_then(chatwoot_client::Time::at);
        assert_eq!(seen, None, "{it}: 0 is never");
    }
    assert!(agents > 0 || load("get-details-of-a-conversation").is_none());
    for it in load("list-all-labels-of-a-conversation").unwrap_or_default() {
        let id = it.param("conversation_id");
        replay(&it, async |c| account(&it, c).conversation_labels().list(id).await).await;
    }
}

#[tokio::test]
async fn conversations_are_written_as_recorded() {
    for it in load("newConversation").unwrap_or_default() {
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
    for it in load("update-conversation").unwrap_or_default() {
        let priority = patch(&body(&it), "priority", |word| word.as_str().map(Into::into));
        let to = ConversationPatch { priority, ..ConversationPatch::default() };
        let id = it.param("conversation_id");
        let call = async |c: &Client| account(&it, c).conversations().update(id, &to).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("toggle-status-of-a-conversation").unwrap_or_default() {
        let body = body(&it);
        let status = ConversationStatus::from(body["status"].as_str().expect("a state"));
        let recorded = |time: chatwoot_client::Time| time.at();
        let until = serde_json::from_value(body["snoozed_until"].clone()).ok().and_then(recorded);
        let id = it.param("conversation_id");
        let call =
            async |c: &Client| account(&it, c).conversations().set_status(id, &status, until).await;
        let replayed = replay(&it, call).await;
        same_body(&it, &replayed);
        assert_eq!(replayed.value.current_status, status, "{it}");
        assert_eq!(replayed.value.snoozed_until.and_then(recorded), until, "{it}");
    }
    for it in load("toggle-priority-of-a-conversation").unwrap_or_default() {
        let priority = body(&it)["priority"].as_str().map(Into::into);
        let id = it.param("conversation_id");
        let call = async |c: &Client| {
            account(&it, c).conversations().set_priority(id, priority.as_ref()).await
        };
        same_body(&it, &replay_done(&it, call).await);
    }
    for it in load("update-custom-attributes-of-a-conversation").unwrap_or_default() {
        let attributes = map(&body(&it)["custom_attributes"]).expect("attributes");
        let id = it.param("conversation_id");
        let call = async |c: &Client| {
            account(&it, c).conversations().replace_custom_attributes(id, &attributes).await
        };
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("toggle-typing-status-of-a-conversation").unwrap_or_default() {
        let body = body(&it);
        let typing = body["typing_status"].as_str().expect("on or off").into();
        let private = body["is_private"].as_bool().expect("yes or no");
        let id = it.param("conversation_id");
        let call = async |c: &Client| {
            account(&it, c).conversations().set_typing(id, &typing, private).await
        };
        same_body(&it, &replay_done(&it, call).await);
    }
    for it in load("conversation-add-labels").unwrap_or_default() {
        let labels: Vec<String> =
            serde_json::from_value(body(&it)["labels"].clone()).expect("labels");
        let id = it.param("conversation_id");
        let call =
            async |c: &Client| account(&it, c).conversation_labels().replace(id, &labels).await;
        same_body(&it, &replay(&it, call).await);
    }
}

#[tokio::test]
async fn conversations_are_assigned_as_recorded() {
    for it in load("assign-a-conversation").unwrap_or_default() {
        let body = body(&it);
        let id = it.param("conversation_id");
        if let Some(team) = body["team_id"].as_u64() {
            let call =
                async |c: &Client| account(&it, c).assignments().assign_team(id, team.into()).await;
            let replayed = replay(&it, call).await;
            same_body(&it, &replayed);
            assert_eq!(replayed.value.map(|found| found.id.0), Some(team), "{it}");
        } else if let Some(agent) = body["assignee_id"].as_u64() {
            let call = async |c: &Client| {
                account(&it, c).assignments().assign_agent(id, agent.into()).await
            };
            let replayed = replay(&it, call).await;
            same_body(&it, &replayed);
            assert_eq!(replayed.value.map(|found| found.id.0), Some(agent), "{it}");
        } else {
            let call = async |c: &Client| account(&it, c).assignments().unassign(id).await;
            same_body(&it, &replay_done(&it, call).await);
            // Nobody is what an unknown agent answers, too.
            let call =
                async |c: &Client| account(&it, c).assignments().assign_agent(id, 9.into()).await;
            assert_eq!(replay(&it, call).await.value, None, "{it}");
        }
    }
}

#[tokio::test]
async fn messages_answer_as_recorded() {
    for it in load("list-all-messages").unwrap_or_default() {
        let bound = |key: &str| query(&it, key).and_then(|id| id.parse().ok());
        let asked = MessagesQuery {
            before: bound("before"),
            after: bound("after"),
            filter_internal_messages: None,
        };
        let id = it.param("conversation_id");
        let call = async |c: &Client| account(&it, c).messages(id).list(&asked).await;
        let replayed = replay(&it, call).await;
        same_query(&it, &replayed);
        let contact = replayed.value.meta.contact.and_then(|contact| contact.contact_id());
        assert!(contact.is_some(), "{it}: the contact is known as one");
    }
    for it in load("create-a-new-message-in-a-conversation").unwrap_or_default() {
        let message = new_message(&body(&it));
        let id = it.param("conversation_id");
        let call = async |c: &Client| account(&it, c).messages(id).create(&message).await;
        let replayed = replay(&it, call).await;
        same_body(&it, &replayed);
        let written = replayed.value;
        let customers = message.message_type == Some(MessageDirection::Incoming);
        let sender = written.sender.as_ref().expect("a sender");
        assert_eq!(sender.contact_id().is_some(), customers, "{it}");
        assert_eq!(sender.user_id().is_some(), !customers, "{it}");
        assert_eq!(written.is_for_customer(), message.private != Some(true), "{it}");
    }
    for it in load("message-update").unwrap_or_default() {
        let status = body(&it)["status"].as_str().map(Into::into);
        let to = MessageDelivery { status, external_error: None };
        let (id, message) = (it.param("conversation_id"), it.param("message_id"));
        let call = async |c: &Client| account(&it, c).messages(id).update(message, &to).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("delete-a-message").unwrap_or_default() {
        let (id, message) = (it.param("conversation_id"), it.param("message_id"));
        replay(&it, async |c| account(&it, c).messages(id).delete(message).await).await;
    }
}
