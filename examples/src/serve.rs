//! Serves HTTP/1.1 with a time limit for a request's headers: `axum::serve` would keep a connection
//! with half a header open for as long as the client likes.

use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// The time limit for a request's headers and for an idle connection.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// The pause of accepting when the system has no more sockets.
const BREATH: Duration = Duration::from_millis(100);

/// The time limit for the requests that are under way when the server stops.
const FINISH_WITHIN: Duration = Duration::from_secs(8);

/// Serves until the task is dropped.
pub async fn serve(listener: TcpListener, router: Router, headers_within: Duration) {
    let connections = GracefulShutdown::new();
    accept(&listener, &router, headers_within, &connections).await;
}

/// Serves until `stop` completes. Then it accepts no more connections, and returns when the requests
/// that are under way are answered, or after eight seconds.
pub async fn serve_until(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = accept(&listener, &router, HEADERS_WITHIN, &connections) => {}
        () = stop => {}
    }
    drop(listener);
    if tokio::time::timeout(FINISH_WITHIN, connections.shutdown()).await.is_err() {
        tracing::warn!("requests that took too long were dropped");
    }
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    headers_within: Duration,
    connections: &GracefulShutdown,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let mut server = Builder::new(TokioExecutor::new()).http1_only();
        server.http1().timer(TokioTimer::new()).header_read_timeout(headers_within);
        let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Returns what the server sends until it closes the connection.
    async fn said(sent: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "hello" }));
        tokio::spawn(serve(listener, router, Duration::from_millis(50)));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await;
        closed.expect("the connection stays open").unwrap();
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn half_a_header_keeps_no_connection_open() {
        for half in ["", "GET / HTTP/1.1\r\nHost: shop", "GET / HTTP/1.1\r\nHost: shop\r\n"] {
            assert!(!said(half).await.contains("hello"), "{half}");
        }
    }

    #[tokio::test]
    async fn a_whole_request_is_answered_and_an_idle_connection_closed() {
        let said = said("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
        assert!(said.starts_with("HTTP/1.1 200 ") && said.ends_with("hello"), "{said}");
    }
}
