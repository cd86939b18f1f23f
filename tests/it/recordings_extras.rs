//! Tests of surveys, search, reporting events and the further operations on contacts, conversations
//! and inboxes with the recorded responses of two live servers.

use chatwoot_client::application::contacts::{ContactExport, ContactsQuery};
use chatwoot_client::application::conversations::{ConversationFilesQuery, ConversationsQuery};
use chatwoot_client::application::csat::CsatQuery;
use chatwoot_client::application::reports::ReportingEventsQuery;
use chatwoot_client::application::search::SearchQuery;
use chatwoot_client::public::CsatAnswer;
use chatwoot_client::{Client, ConversationId, Error, ErrorKind, Time, UserId};
use serde::Serialize;
use serde_json::{Value, json};
use tests::recordings::{Exchange, load};
use tests::replay::{Replay, each, refused, replay, replay_done};

use crate::asked::{account, body, query, same_query};

/// Runs `call` against each exchange: a response decodes completely and the query is the recorded
/// one, a refusal has this kind.
async fn read<T: Serialize + std::fmt::Debug>(
    name: &str,
    kind: ErrorKind,
    call: impl AsyncFn(&Client, &Exchange) -> Result<T, Error>,
) {
    for it in load(name) {
        if it.succeeded() {
            same_query(&it, &replay(&it, async |client| call(client, &it).await).await);
        } else {
            let error = refused(&it, async |client| call(client, &it).await).await;
            assert_eq!(error.kind(), kind, "{it}: {error}");
        }
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn surveys_answer_as_recorded() {
    each("csat-list", async |client, it| {
        account(it, client).csat().list(&CsatQuery::default()).await
    })
    .await;
    each("csat-metrics", async |client, it| {
        account(it, client).csat().metrics(&CsatQuery::default()).await
    })
    .await;
    read("public-csat-show", ErrorKind::NotFound, async |client, it| {
        client.csat_survey().get(&it.param::<String>("conversation_uuid")).await
    })
    .await;
    for it in load("public-csat-update") {
        let answer = CsatAnswer {
            rating: it.sent("/message/submitted_values/csat_survey_response/rating"),
            feedback_message: it
                .sent("/message/submitted_values/csat_survey_response/feedback_message"),
        };
        let uuid: String = it.param("conversation_uuid");
        let transport = Replay::new(&it);
        let outcome = transport.client().csat_survey().answer(&uuid, &answer).await;
        assert!(outcome.is_err_and(|error| error.is_not_found()), "{it}");
        let asked = transport.asked().expect("it was sent");
        let sent: Value = serde_json::from_slice(asked.body()).expect("JSON");
        assert_eq!(sent, body(&it), "{it}");
    }
    for it in load("get-csat-survey-page") {
        let uuid: String = it.param("conversation_uuid");
        let replayed =
            replay_done(&it, async |client: &Client| client.csat_survey().page(&uuid).await).await;
        assert_eq!(replayed.value, it.response.text.clone().unwrap_or_default(), "{it}");
        assert_eq!(replayed.asked.headers()["accept"], "text/html", "{it}: a page, not JSON");
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn further_contact_operations_answer_as_recorded() {
    each("contact-export", async |client, it| {
        let export =
            ContactExport { column_names: it.sent("/column_names"), ..ContactExport::default() };
        account(it, client).contacts().export(&export).await
    })
    .await;
    each("contacts-active", async |client, it| {
        account(it, client).contacts().active(&ContactsQuery::default()).await
    })
    .await;
    each("contact-avatar-delete", async |client, it| {
        account(it, client).contact(it.param::<u64>("id")).delete_avatar().await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn further_conversation_operations_answer_as_recorded() {
    each("conversation-mute", async |client, it| {
        account(it, client).conversation(it.param::<u64>("conversation_id")).mute().await
    })
    .await;
    each("conversation-unmute", async |client, it| {
        account(it, client).conversation(it.param::<u64>("conversation_id")).unmute().await
    })
    .await;
    each("conversation-unread", async |client, it| {
        account(it, client).conversation(it.param::<u64>("conversation_id")).mark_unread().await
    })
    .await;
    each("conversation-update-last-seen", async |client, it| {
        let id: ConversationId = it.param("conversation_id");
        let read = account(it, client).conversation(id).mark_read().await?;
        assert!(read.agent_last_seen_at.and_then(Time::at).is_some(), "{it}");
        Ok(read)
    })
    .await;
    each("conversation-transcript", async |client, it| {
        let email: String = it.sent("/email");
        let id: ConversationId = it.param("conversation_id");
        account(it, client).conversation(id).send_transcript(&email).await
    })
    .await;
    each("conversation-delete", async |client, it| {
        account(it, client).conversations().delete(it.param("conversation_id")).await
    })
    .await;
    each("conversation-attachments", async |client, it| {
        let id: ConversationId = it.param("conversation_id");
        let files = account(it, client)
            .conversation(id)
            .attachments(&ConversationFilesQuery::default())
            .await?;
        assert_eq!(files.meta.total_count, Some(files.payload.len() as u64), "{it}");
        Ok(files)
    })
    .await;
    read("conversation-search", ErrorKind::Server, async |client, it| {
        let text = query(it, "q").unwrap_or_default();
        account(it, client).conversations().search(&text, &ConversationsQuery::default()).await
    })
    .await;
    for it in load("conversation-unread-counts") {
        let call =
            async |client: &Client| account(&it, client).conversations().unread_counts().await;
        let kind = refused(&it, call).await.kind();
        let lacks = if it.version == "4.9.1" { ErrorKind::NotFound } else { ErrorKind::Forbidden };
        assert_eq!(kind, lacks, "{it}");
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn participants_answer_as_recorded() {
    each("conversation-participants", async |client, it| {
        account(it, client)
            .conversation(it.param::<u64>("conversation_id"))
            .participants()
            .list()
            .await
    })
    .await;
    each("conversation-participants-add", async |client, it| {
        let users: Vec<UserId> = it.sent("/user_ids");
        account(it, client)
            .conversation(it.param::<u64>("conversation_id"))
            .participants()
            .add(&users)
            .await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn search_answers_as_recorded() {
    let asked = |it: &Exchange| SearchQuery {
        page: query(it, "page").and_then(|page| page.parse().ok()),
        ..SearchQuery::new(query(it, "q").unwrap_or_default())
    };
    read("search-all", ErrorKind::Server, async |client, it| {
        account(it, client).search().all(&asked(it)).await
    })
    .await;
    read("search-contacts", ErrorKind::Server, async |client, it| {
        account(it, client).search().contacts(&asked(it)).await
    })
    .await;
    read("search-conversations", ErrorKind::Server, async |client, it| {
        account(it, client).search().conversations(&asked(it)).await
    })
    .await;
    read("search-messages", ErrorKind::Server, async |client, it| {
        account(it, client).search().messages(&asked(it)).await
    })
    .await;
    read("search-articles", ErrorKind::Server, async |client, it| {
        account(it, client).search().articles(&asked(it)).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn reporting_events_answer_as_recorded() {
    let second = |it: &Exchange, key: &str| {
        let second = query(it, key).and_then(|second| second.parse().ok());
        second.and_then(|second| jiff::Timestamp::from_second(second).ok())
    };
    read("get-account-reporting-events", ErrorKind::NotFound, async |client, it| {
        let asked = ReportingEventsQuery {
            since: second(it, "since"),
            until: second(it, "until"),
            page: query(it, "page").and_then(|page| page.parse().ok()),
            ..ReportingEventsQuery::default()
        };
        account(it, client).reporting_events().list(&asked).await
    })
    .await;
    each("get-conversation-reporting-events", async |client, it| {
        let id = it.param("conversation_id");
        account(it, client).reporting_events().of_conversation(id).await
    })
    .await;
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn further_inbox_operations_answer_as_recorded() {
    read("inbox-health", ErrorKind::Invalid, async |client, it| {
        account(it, client).inboxes().health(it.param("id")).await
    })
    .await;
}

#[tokio::test]
async fn a_translation_is_there_or_was_there_before() -> Result<(), Error> {
    // According to the server's source; no recording has the integration.
    for (answer, wanted) in [
        (json!({"content": "Bonjour"}).to_string(), Some(Some("Bonjour".to_owned()))),
        (json!({"content": null}).to_string(), Some(None)),
        (String::new(), None),
    ] {
        let transport = Replay::answering(200, answer);
        let client = transport.client();
        let account = client.account(2, "t");
        let translation = account.conversation(12).messages().translate(9.into(), "fr").await?;
        assert_eq!(translation.map(|it| it.content), wanted);
        let asked = transport.asked().expect("it was sent");
        let sent: Value = serde_json::from_slice(asked.body()).expect("JSON");
        assert_eq!(sent, json!({"target_language": "fr"}));
    }
    Ok(())
}
