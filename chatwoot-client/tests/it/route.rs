//! How a request gets there: base URL, proxy, certificates.

use std::sync::Arc;

use chatwoot_client::{BuildError, Client, ErrorKind, ReqwestTransport};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs, pki_types};

use crate::wire::{Then, Wire, patient, read_request};

const LABELS: &str = r#"{"payload": []}"#;

#[tokio::test]
async fn a_base_url_may_have_a_path_and_slashes() {
    for (base, path) in
        [("", ""), ("/", ""), ("/server", "/server"), ("/server/eu//", "/server/eu")]
    {
        let server = Wire::serve([Then::json(LABELS)]).await;
        let client = Client::builder(format!("{}{base}", server.url())).build().unwrap();
        assert_eq!(client.base_url(), format!("{}{path}", server.url()));
        client.account(7, "token").labels().list().await.unwrap();
        let wanted = format!("GET {path}/api/v1/accounts/7/labels HTTP/1.1\r\n");
        assert!(server.seen()[0].starts_with(&wanted), "{base:?}: {:?}", server.seen());
    }
}

#[test]
fn a_base_url_that_is_none_is_refused_and_not_shown() {
    for base in [
        "chatwoot.example.com",
        "ftp://chatwoot.example.com",
        "https://user:pa55word@chatwoot.example.com",
        "https://chatwoot.example.com/?key=pa55word",
        "https://chatwoot.example.com/#pa55word",
        "https://pa55word:99999999",
    ] {
        let builder = Client::builder(base);
        assert!(!format!("{builder:?}").contains("pa55word"), "{builder:?}");
        let error = builder.build().unwrap_err();
        assert!(error.to_string().contains("base URL"), "{error}");
        assert!(!format!("{error} {error:?}").contains("pa55word"), "{error:?}");
    }
}

#[tokio::test]
async fn everything_goes_through_the_proxy() {
    let proxy = Wire::serve([Then::json(LABELS)]).await;
    let address = format!("http://shop:pa55word@{}", proxy.address);
    let transport = ReqwestTransport::builder().proxy(&address).build().unwrap();
    assert!(!format!("{transport:?}").contains("pa55word"), "{transport:?}");
    let client = Client::builder("http://chatwoot.invalid")
        .allow_plain_http()
        .transport(transport)
        .build()
        .unwrap();
    assert!(!format!("{client:?}").contains("pa55word"), "{client:?}");
    client.account(1, "token").labels().list().await.unwrap();
    let seen = proxy.seen().remove(0);
    let wanted = "GET http://chatwoot.invalid/api/v1/accounts/1/labels HTTP/1.1\r\n";
    assert!(seen.starts_with(wanted), "{seen}");
    assert!(seen.to_lowercase().contains("proxy-authorization: basic "), "{seen}");
}

/// A proxy sees each header of a request over plain `http`; one to this machine needs none.
#[tokio::test]
async fn nothing_for_this_machine_goes_through_a_proxy() {
    let proxy = Wire::serve([Then::json(LABELS)]).await;
    let server = Wire::serve([Then::json(LABELS)]).await;
    let transport = ReqwestTransport::builder().proxy(&proxy.url()).build().unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let base = format!("http://{host}:{}", server.address.port());
        let builder = Client::builder(base).transport(transport.clone());
        builder.build().unwrap().account(1, "token").labels().list().await.unwrap();
    }
    assert_eq!((proxy.requests(), server.requests()), (0, 2), "{:?}", proxy.seen());
}

/// The same with the environment's proxy, in a process of its own: [`asks_the_server`] does it.
#[tokio::test]
async fn nothing_for_this_machine_goes_through_the_environment_s_proxy() {
    let proxy = Wire::serve([Then::json(LABELS)]).await;
    let server = Wire::serve([Then::json(LABELS)]).await;
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "route::asks_the_server", "--ignored"]).env(SERVER, server.url());
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, proxy.url());
    }
    for name in ["no_proxy", "NO_PROXY", "REQUEST_METHOD"] {
        child.env_remove(name);
    }
    let done = child.output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    assert_eq!((proxy.requests(), server.requests()), (1, 1), "{:?}", proxy.seen());
    assert!(proxy.seen()[0].starts_with("GET http://chatwoot.invalid/"), "{:?}", proxy.seen());
}

/// Where the server is, for [`asks_the_server`].
const SERVER: &str = "CHATWOOT_CLIENT_TEST_SERVER";

/// Asks the server on this machine, and one elsewhere.
#[tokio::test]
#[ignore = "run by another test, with the environment's proxy set"]
async fn asks_the_server() {
    for base in [std::env::var(SERVER).unwrap(), "http://chatwoot.invalid".to_owned()] {
        let client = Client::builder(base).allow_plain_http().build().unwrap();
        client.account(1, "token").labels().list().await.unwrap();
    }
}

#[test]
fn plain_http_to_another_machine_is_refused_unless_it_is_allowed() {
    for base in [
        "http://chatwoot.example.com",
        "http://chatwoot.example.com:3000/server",
        "HTTP://10.0.0.7",
        "http://[fd00::7]",
        "http://128.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://notlocalhost",
        "http://0.0.0.0",
    ] {
        let error = Client::builder(base).build().unwrap_err();
        assert!(matches!(error, BuildError::PlainHttp), "{base}: {error:?}");
        let told = error.to_string();
        assert!(told.contains("https") && told.contains("allow_plain_http"), "{told}");
        assert!(Client::builder(base).allow_plain_http().build().is_ok(), "{base}");
    }
    for base in [
        "https://chatwoot.example.com",
        "http://localhost:3000",
        "http://LOCALHOST",
        "http://chatwoot.localhost",
        "http://localhost.:3000",
        "http://127.0.0.1",
        "http://127.8.9.10:3000",
        "http://[::1]:3000",
        "http://[::ffff:127.0.0.1]",
    ] {
        assert!(Client::builder(base).build().is_ok(), "{base}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_away_is_a_failed_connection() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://shop:pa55word@{}", free.local_addr().unwrap());
    drop(free);
    let transport = ReqwestTransport::builder().proxy(&address).build().unwrap();
    let builder = Client::builder("http://chatwoot.invalid")
        .allow_plain_http()
        .retry(patient())
        .transport(transport);
    let client = builder.build().unwrap();
    let error = client.account(1, "token").labels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(!format!("{error} {error:?}").contains("pa55word"), "{error:?}");
}

#[test]
fn settings_that_are_unusable_are_named() {
    let proxy = ReqwestTransport::builder().proxy("http://user:pa55word@[proxy").build();
    let error = proxy.unwrap_err();
    assert!(error.to_string().contains("proxy"), "{error}");
    assert!(!format!("{error:?}").contains("pa55word"), "{error:?}");
    for pem in
        ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
    {
        let transport = ReqwestTransport::builder().root_certificates(pem.as_bytes()).build();
        assert!(transport.is_err(), "{pem:?}");
    }
}

/// A server with a certificate of its own; its address and the certificate as PEM.
async fn self_signed() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if read_request(&mut stream).await.is_some() {
                let Then::Write(answer) = Then::json(LABELS) else { unreachable!() };
                stream.write_all(&answer).await.unwrap();
            }
        }
    });
    (format!("https://localhost:{port}"), made.cert.pem())
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_only_when_named() {
    let (url, pem) = self_signed().await;
    let stranger = Client::builder(&url).retry(patient()).build().unwrap();
    let error = stranger.account(1, "token").labels().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");

    let builder = ReqwestTransport::builder().root_certificates(pem.as_bytes()).no_proxy();
    let client = Client::builder(&url).transport(builder.build().unwrap()).build().unwrap();
    client.account(1, "token").labels().list().await.unwrap();
}
