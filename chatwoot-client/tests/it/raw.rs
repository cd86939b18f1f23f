//! Operations that have no method yet, on the handles of each API.

use chatwoot_client::{Client, ErrorKind, Op};
use serde_json::{Value, json};

use crate::wire::{Then, Wire, patient};

const OP: Op = Op::post("things.keep", "/api/v1/accounts/{account_id}/things/{name}")
    .inside(&["payload", "thing"]);

#[tokio::test]
async fn a_request_has_the_token_the_path_the_query_and_the_body() {
    let server = Wire::serve([Then::json(r#"{"payload": {"thing": {"kept": 7}}}"#)]).await;
    let account = server.account(patient());
    let request = account.request(OP).path("name", "a/b").query(&[("page", 2)]);
    let kept: Value = request.json(&json!({ "color": "red" })).await.unwrap();
    assert_eq!(kept, json!({ "kept": 7 }));
    let seen = server.seen().remove(0);
    let path = format!("POST /api/v1/accounts/{}/things/a%2Fb?page=2 HTTP/1.1", account.id());
    assert_eq!(seen.lines().next(), Some(path.as_str()));
    assert!(seen.to_lowercase().contains("\r\napi-access-token: token\r\n"), "{seen}");
    assert!(seen.ends_with(r#"{"color":"red"}"#), "{seen}");
}

#[tokio::test]
async fn an_error_names_the_operation_and_the_place() {
    let server = Wire::serve([Then::json(r#"{"payload": {"thing": {"kept": "x"}}}"#)]).await;
    let account = server.account(patient());
    let call = account.request::<std::collections::BTreeMap<String, u64>>(OP).path("name", "a");
    let error = call.into_call().await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Decode, "things.keep"));
    assert_eq!(error.decode_path(), Some("payload.thing.kept"));
}

/// A path decides where the token goes.
#[tokio::test]
async fn a_token_goes_to_its_own_api_and_to_no_other_host() {
    let server = Wire::serve([Then::json("{}")]).await;
    let client = Client::builder(server.url()).retry(patient()).build().unwrap();
    let (account, platform) = (client.account(1, "token"), client.platform("token"));
    let inbox = client.public_inbox("inbox");
    let user = Op::get("x.get", "/api/v1/accounts/{account_id}/x");
    for error in [
        account.request::<Value>(Op::get("x.get", "@evil.example/x")).await.unwrap_err(),
        account.request::<Value>(Op::get("x.get", ".evil.example/api/v1/x")).await.unwrap_err(),
        account.request::<Value>(Op::get("x.get", "/platform/api/v1/x")).await.unwrap_err(),
        account.request::<Value>(Op::get("x.get", "/public/api/v1/x")).await.unwrap_err(),
        platform.request::<Value>(user).await.unwrap_err(),
        inbox.request::<Value>(user).await.unwrap_err(),
        account.request::<Value>(OP).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Request, 0), "{error}");
    }
    assert_eq!(server.requests(), 0);
}
