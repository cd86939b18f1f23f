//! Tests of `find_exact` and `upsert` against an in-memory server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::application::Account;
use crate::client::Client;
use crate::http::Body;
use crate::http::transport::{Transport, TransportError};
use crate::types::Secret;

/// An in-memory server with Chatwoot's uniqueness rules and its case-insensitive filter.
#[derive(Clone, Debug, Default)]
struct Server {
    contacts: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

const PAGE: usize = 15;

fn lower(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_lowercase()
}

impl Server {
    fn with(contacts: &Value) -> Self {
        let server = Self::default();
        *server.contacts.lock().unwrap() = contacts.as_array().unwrap().clone();
        server
    }

    fn account(&self) -> Account {
        let client = Client::builder("https://chatwoot.test").transport(self.clone()).build();
        client.unwrap().account(1, "t")
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(what, _)| what.clone()).collect()
    }

    fn body_of(&self, what: &str) -> Value {
        let asked = self.asked.lock().unwrap();
        asked.iter().find(|(asked, _)| asked == what).map(|(_, body)| body.clone()).unwrap()
    }

    fn answer(&self, verb: &str, path: &str, query: &str, body: &Value) -> (u16, Value) {
        let mut contacts = self.contacts.lock().unwrap();
        if path.ends_with("/filter") {
            let condition = &body["payload"][0];
            let key = condition["attribute_key"].as_str().unwrap();
            let wanted = lower(&condition["values"][0]);
            let page = query.split('&').find_map(|pair| pair.strip_prefix("page="));
            let from = (page.unwrap_or("1").parse::<usize>().unwrap() - 1) * PAGE;
            let fits = |contact: &&Value| !contact[key].is_null() && lower(&contact[key]) == wanted;
            let all: Vec<&Value> = contacts.iter().filter(fits).collect();
            let rows: Vec<&&Value> = all.iter().skip(from).take(PAGE).collect();
            (200, json!({"meta": {"count": all.len(), "current_page": 1}, "payload": rows}))
        } else if verb == "PUT" {
            let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
            let contact = contacts.iter_mut().find(|contact| contact["id"] == id).unwrap();
            for (key, value) in body.as_object().unwrap() {
                contact[key] = value.clone();
            }
            (200, json!({"payload": contact}))
        } else if path.ends_with("/contact_inboxes") {
            (200, json!({"source_id": "made", "inbox": {"id": body["inbox_id"]}}))
        } else {
            let taken = |key: &str| {
                let same = |have: &Value| match key {
                    "email" => lower(have) == lower(&body[key]),
                    _ => have == &body[key],
                };
                !body[key].is_null() && contacts.iter().any(|contact| same(&contact[key]))
            };
            if let Some(key) =
                ["email", "identifier", "phone_number"].into_iter().find(|key| taken(key))
            {
                let message = format!("{key} has already been taken");
                return (422, json!({"message": message, "attributes": [key]}));
            }
            let mut made = body.clone();
            made["id"] = (contacts.len() as u64 + 100).into();
            contacts.push(made.clone());
            (200, json!({"payload": {"contact": made, "contact_inbox": {}}}))
        }
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let body: Value =
            serde_json::from_slice(&request.body().to_bytes().unwrap()).unwrap_or_default();
        let (verb, path) = (request.method().as_str(), request.uri().path());
        let what = format!("{verb} {}", path.trim_start_matches("/api/v1/accounts/1/"));
        self.asked.lock().unwrap().push((what, body.clone()));
        let (status, answer) =
            self.answer(verb, path, request.uri().query().unwrap_or_default(), &body);
        Ok(http::Response::builder().status(status).body(answer.to_string().into()).unwrap())
    }
}

fn wanted(identifier: Option<&str>, email: Option<&str>, phone: Option<&str>) -> NewContact {
    NewContact {
        name: Some("Ada".into()),
        identifier: identifier.map(Into::into),
        email: email.map(Into::into),
        phone_number: phone.map(Into::into),
        ..NewContact::default()
    }
}

#[tokio::test]
async fn an_identifier_is_found_with_its_case_and_an_email_without() {
    let server = Server::with(&json!([
        {"id": 1, "identifier": "C-1", "email": "ada@example.com"},
        {"id": 2, "identifier": "c-1", "phone_number": "+31612345678"},
    ]));
    let account = server.account();
    let id = async |key: ContactKey| {
        account.contacts().find_exact(key).await.unwrap().map(|contact| contact.id.0)
    };
    assert_eq!(id(ContactKey::Identifier("c-1".into())).await, Some(2));
    assert_eq!(id(ContactKey::Identifier("C-1".into())).await, Some(1));
    assert_eq!(id(ContactKey::Identifier("c-10".into())).await, None);
    assert_eq!(id(ContactKey::Email("ADA@Example.com".into())).await, Some(1));
    assert_eq!(id(ContactKey::Phone("+31612345678".into())).await, Some(2));
    let sent = server.asked().len();
    assert_eq!(id(ContactKey::Phone(String::new())).await, None);
    assert_eq!(server.asked().len(), sent, "an empty key is not asked for");
}

#[tokio::test]
async fn identifiers_that_differ_by_case_alone_may_fill_pages() {
    let case = |bits: u32| -> String {
        let letter = |(bit, c): (u32, char)| {
            if bits >> bit & 1 == 1 { c.to_ascii_uppercase() } else { c }
        };
        (0..).zip("abcde".chars()).map(letter).collect()
    };
    let rows: Vec<Value> = (0..20).map(|n| json!({"id": n + 1, "identifier": case(n)})).collect();
    let server = Server::with(&json!(rows));
    let account = server.account();
    for n in [0, 14, 15, 19] {
        let found = account.contacts().find_exact(ContactKey::Identifier(case(n))).await;
        assert_eq!(found.unwrap().unwrap().id.0, u64::from(n) + 1);
    }
    let none = account.contacts().find_exact(ContactKey::Identifier(case(31))).await;
    assert_eq!(none.unwrap(), None);
    assert_eq!(server.asked().len(), 1 + 1 + 2 + 2 + 2, "the second page only where it is needed");
}

#[tokio::test]
async fn a_new_contact_is_created_in_one_call() {
    let server = Server::default();
    let account = server.account();
    let made = account.contacts().upsert(&wanted(Some("c-1"), None, None)).await.unwrap();
    assert_eq!(made.outcome, UpsertOutcome::Created);
    assert_eq!(server.asked(), ["POST contacts"]);
    let again = account.contacts().upsert(&wanted(Some("c-1"), None, None)).await.unwrap();
    assert_eq!((again.outcome, again.contact.id), (UpsertOutcome::Adopted, made.contact.id));
}

#[tokio::test]
async fn a_contact_found_by_email_gets_the_identifier_and_keeps_the_rest() {
    let server =
        Server::with(&json!([{"id": 5, "email": "ada@example.com", "phone_number": "+311"}]));
    let account = server.account();
    let ada = wanted(Some("c-1"), Some("Ada@example.com"), None);
    let upserted = account.contacts().upsert(&ada).await.unwrap();
    assert_eq!((upserted.outcome, upserted.contact.id.0), (UpsertOutcome::Adopted, 5));
    assert_eq!(upserted.contact.phone_number.as_deref(), Some("+311"));
    let sent = server.body_of("PUT contacts/5");
    assert_eq!(sent, json!({"name": "Ada", "identifier": "c-1", "email": "Ada@example.com"}));
}

#[tokio::test]
async fn keys_of_two_contacts_are_not_adopted() {
    let contacts = json!([
        {"id": 1, "identifier": "c-1"},
        {"id": 2, "email": "ada@example.com"},
        {"id": 3, "phone_number": "+311"},
    ]);
    for (contact, second_key, second) in [
        (wanted(Some("c-1"), Some("ada@example.com"), None), "email", 2),
        (wanted(Some("c-1"), None, Some("+311")), "phone_number", 3),
    ] {
        let server = Server::with(&contacts);
        let account = server.account();
        let error = account.contacts().upsert(&contact).await.unwrap_err();
        let UpsertError::TwoContacts { first_key, first, second_key: key, second: id } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!((*first_key, first.0, *key, id.0), ("identifier", 1, second_key, second));
        assert!(!error.to_string().contains("example.com"), "{error}");
        assert!(server.asked().iter().all(|what| !what.starts_with("PUT")), "nothing was changed");
    }
}

#[tokio::test]
async fn another_customers_contact_is_not_adopted_by_email() {
    let server = Server::with(&json!([{"id": 1, "identifier": "c-9", "email": "ada@example.com"}]));
    let account = server.account();
    let ada = wanted(Some("c-1"), Some("ada@example.com"), None);
    let error = account.contacts().upsert(&ada).await.unwrap_err();
    assert!(matches!(error, UpsertError::OtherIdentifier { key: "email", contact: ContactId(1) }));
    // Without a wanted identifier it is the same customer.
    let ada = wanted(None, Some("ada@example.com"), None);
    let upserted = account.contacts().upsert(&ada).await.unwrap();
    assert_eq!(upserted.contact.identifier.as_deref(), Some("c-9"));
}

#[tokio::test]
async fn an_adopted_contact_is_made_present_once() {
    let there = json!([{"source_id": "s-4", "inbox": {"id": 4}}]);
    for (inbox, source, expected) in
        [(4, None, false), (4, Some("s-4"), false), (4, Some("other"), true), (6, None, true)]
    {
        let server =
            Server::with(&json!([{"id": 1, "identifier": "c-1", "contact_inboxes": there}]));
        let account = server.account();
        let source_id = source.map(Secret::new);
        let inbox_id = Some(inbox.into());
        let ada = NewContact { inbox_id, source_id, ..wanted(Some("c-1"), None, None) };
        account.contacts().upsert(&ada).await.unwrap();
        let made = server.asked().contains(&"POST contacts/1/contact_inboxes".to_owned());
        assert_eq!(made, expected, "{inbox} {source:?}");
    }
}

#[tokio::test]
async fn a_conflict_whose_owner_is_gone_stays_a_conflict() {
    #[derive(Debug)]
    struct Hidden(Server);

    #[async_trait]
    impl Transport for Hidden {
        async fn send(
            &self,
            request: http::Request<Body>,
            timeout: Duration,
        ) -> Result<http::Response<Bytes>, TransportError> {
            if request.uri().path().ends_with("/filter") {
                self.0.contacts.lock().unwrap().clear();
            }
            self.0.send(request, timeout).await
        }
    }

    let server = Server::with(&json!([{"id": 1, "identifier": "c-1"}]));
    let client =
        Client::builder("https://chatwoot.test").transport(Hidden(server)).build().unwrap();
    let account = client.account(1, "t");
    let error = account.contacts().upsert(&wanted(Some("c-1"), None, None)).await.unwrap_err();
    assert!(error.call().is_some_and(Error::is_conflict), "{error:?}");
}

#[tokio::test]
async fn a_contact_without_a_key_is_refused() {
    let server = Server::default();
    let account = server.account();
    let error = account.contacts().upsert(&wanted(Some(""), None, None)).await.unwrap_err();
    assert!(matches!(error, UpsertError::NoKey));
    assert!(server.asked().is_empty());
}

/// The server folds the KELVIN SIGN, U+212A, into a `k`, and then refuses the address as a
/// duplicate.
#[tokio::test]
async fn an_email_that_only_the_server_folds_into_another_s_adopts_nobody() {
    for (asked, there) in [
        ("\u{212a}ai@example.com", "kai@example.com"),
        ("kai@example.com", "\u{212a}ai@example.com"),
        ("\u{212b}sa@example.com", "\u{e5}sa@example.com"),
        ("\u{130}da@example.com", "i\u{307}da@example.com"),
    ] {
        let server = Server::with(&json!([{"id": 7, "name": "Kai", "email": there}]));
        let contacts = server.account();
        let key = ContactKey::Email(asked.into());
        assert_eq!(contacts.contacts().find_exact(key).await.unwrap(), None, "{asked:?}");
        let refused = contacts.contacts().upsert(&wanted(Some("c-1"), Some(asked), None)).await;
        let error = refused.unwrap_err();
        assert!(error.call().is_some_and(Error::is_conflict), "{error:?}");
        assert!(
            !server.asked().iter().any(|asked| asked.starts_with("PUT")),
            "{:?}",
            server.asked()
        );
    }
}
