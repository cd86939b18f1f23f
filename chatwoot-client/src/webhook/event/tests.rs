use serde_json::{Value, json};

use super::*;

fn conversation() -> Value {
    json!({
        "id": 5, "inbox_id": 3, "status": "open", "labels": ["vip"],
        "updated_at": 1_795_221_285.655_975_8, "snoozed_until": null,
        "custom_attributes": {"order": {"lines": [1, 2.5, "x"]}},
        "meta": {
            "sender": {"id": 9, "name": "Ada", "email": null, "type": "contact"},
            "assignee": {"id": 4, "type": "user", "name": "Bo"},
            "assignee_type": "User", "team": {"id": 1, "name": "care"}, "hmac_verified": true
        },
        "messages": [{
            "id": 77, "account_id": 2, "inbox_id": 3, "message_type": 0, "content": "hi",
            "sender": {"id": 9, "type": "contact"}
        }],
        "new_in_a_later_version": {"kept": true}
    })
}

fn parse(body: &Value) -> Event {
    Event::parse(body.to_string().as_bytes()).unwrap()
}

/// Whether `to` has everything of `from` unchanged, and only `null` besides.
fn kept(from: &Value, to: &Value) -> bool {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => {
            from.iter().all(|(key, value)| to.get(key).is_some_and(|to| kept(value, to)))
                && to.iter().all(|(key, value)| from.contains_key(key) || empty(value))
        }
        (Value::Array(from), Value::Array(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(from, to)| kept(from, to))
        }
        (from, to) => from == to,
    }
}

fn empty(value: &Value) -> bool {
    value.is_null() || *value == json!(false)
}

#[test]
fn a_conversation_tells_its_ids_with_and_without_account() {
    let mut body = conversation();
    body["event"] = "conversation_created".into();
    let event = parse(&body);
    assert_eq!(event.name(), "conversation_created");
    assert_eq!(event.account_id(), Some(AccountId(2)), "from the last message");
    assert_eq!(event.conversation_id(), Some(ConversationId(5)));
    assert_eq!(event.contact_id(), Some(ContactId(9)));
    assert_eq!(event.inbox_id(), Some(InboxId(3)));
    assert_eq!(event.message_id(), None);

    body["account"] = json!({"id": 6, "name": "Shop"});
    let event = parse(&body);
    assert_eq!(event.account_id(), Some(AccountId(6)));
    let conversation = event.conversation().unwrap();
    assert_eq!(conversation.assignee().unwrap().user_id(), Some(4.into()));
    assert_eq!(*conversation.labels, ["vip"]);
    assert_eq!(conversation.custom_attribute("order").unwrap()["lines"][1], 2.5);
    assert_eq!(conversation.extra["new_in_a_later_version"]["kept"], true);
    assert!(!conversation.extra.contains_key("event"));
}

#[test]
fn changes_are_told_and_null_is_none() {
    let mut body = conversation();
    body["event"] = "conversation_updated".into();
    body["changed_attributes"] = Value::Null;
    assert!(parse(&body).changed_attributes().is_empty());
    body["changed_attributes"] =
        json!([{"priority": {"previous_value": null, "current_value": "high"}}]);
    let event = parse(&body);
    assert_eq!(event.changed_attributes()[0].name, "priority");
    assert_eq!(event.changed_attributes()[0].current, "high");
}

#[test]
fn a_message_has_its_type_as_a_word() {
    for sender in [Value::Null, json!({"id": 9, "name": "Ada", "account": {"id": 2}})] {
        let body = json!({
            "event": "message_created", "id": 77, "message_type": "incoming",
            "account": {"id": 2, "name": "Shop"}, "inbox": {"id": 3, "name": "Web"},
            "conversation": conversation(), "sender": sender, "private": false,
            "created_at": "2026-11-21T00:34:43.959Z", "content_attributes": {"deleted": true}
        });
        let event = parse(&body);
        assert!(event.message().unwrap().is_incoming());
        assert_eq!(event.message_id(), Some(MessageId(77)));
        assert_eq!(event.conversation_id(), Some(ConversationId(5)));
        assert!(kept(&body, &serde_json::to_value(&event).unwrap()));
    }
}

#[test]
fn what_happens_live_is_read() {
    for name in ["conversation_typing_on", "conversation_typing_off"] {
        let body = json!({
            "event": name, "user": {"id": 4, "type": "user"}, "conversation": conversation(),
            "is_private": true
        });
        let event = parse(&body);
        assert_eq!((event.name(), event.contact_id()), (name, Some(ContactId(9))));
        assert!(kept(&body, &serde_json::to_value(&event).unwrap()));
    }
    let body = json!({
        "event": "webwidget_triggered", "id": 40, "source_id": "s", "contact": {"id": 9},
        "inbox": {"id": 3, "name": "Web"}, "account": {"id": 2, "name": "Shop"},
        "current_conversation": null, "event_info": {"referer": "https://shop.example.com"}
    });
    let event = parse(&body);
    assert_eq!((event.contact_id(), event.conversation_id()), (Some(ContactId(9)), None));
    assert_eq!((event.inbox_id(), event.account_id()), (Some(InboxId(3)), Some(AccountId(2))));
    assert!(kept(&body, &serde_json::to_value(&event).unwrap()));
}

#[test]
fn every_known_name_is_known_and_another_keeps_its_whole_body() {
    assert_eq!(Event::KNOWN.len(), 14);
    for name in Event::KNOWN {
        let error = Event::parse(json!({"event": name, "id": "x"}).to_string().as_bytes());
        assert!(matches!(error, Err(ParseError::Shape { .. })), "{name}");
    }
    let body = json!({"account": {"id": 3}, "event": "call_started", "n": 1.5, "deep": [{}]});
    let event = parse(&body);
    assert_eq!((event.name(), event.account_id()), ("call_started", Some(AccountId(3))));
    assert_eq!(serde_json::to_value(&event).unwrap(), body);
}

#[test]
fn an_error_says_where_and_shows_nothing() {
    let mut body = conversation();
    body["event"] = "conversation_created".into();
    body["meta"]["sender"]["id"] = "PRIVATE".into();
    let error = Event::parse(body.to_string().as_bytes()).unwrap_err();
    assert_eq!(
        error,
        ParseError::Shape { event: "conversation_created".into(), path: "meta.sender.id".into() }
    );
    assert!(!format!("{error} {error:?}").contains("PRIVATE"));

    for text in ["", "{", "PRIVATE", r#"{"event":"contact_created"} PRIVATE"#] {
        let error = Event::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(error, ParseError::Json { .. }), "{text}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("PRIVATE"));
    }
    let latin = b"{\"event\":\"contact_created\",\"id\":1,\"name\":\"\xe9\"}";
    assert!(matches!(Event::parse(latin), Err(ParseError::Json { .. })));
    for text in ["{}", "[]", "3", "null", r#"{"event":3}"#, r#"{"event":null}"#] {
        assert_eq!(Event::parse(text.as_bytes()).unwrap_err(), ParseError::NoEvent, "{text}");
    }
}

#[test]
fn the_name_is_found_wherever_it_stands() {
    for body in [
        r#"{"event":"contact_waved","id":1}"#,
        r#"{"id":1,"event":"contact_waved"}"#,
        "{\"id\":1,\"event\":\"contact_waved\"}\r\n ",
        r#"{"id":1,"event":"contact_waved","last":{"id":1,"event":"contact_created"}}"#,
        r#"{"event":"contact_waved","text":",\"event\":\"contact_created\"}"}"#,
        r#"{"id": 1, "event": "contact_waved"}"#,
    ] {
        assert_eq!(Event::parse(body.as_bytes()).unwrap().name(), "contact_waved", "{body}");
    }
    for body in [r#","event":"contact_waved"}"#, r#"["","event":"contact_waved"}"#] {
        assert!(Event::parse(body.as_bytes()).is_err(), "{body}");
    }
}
