//! Several Chatwoots in one process, and stores that move between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::{Client, Limits, RetryPolicy, Transport};
use store_context::model::Store;
use store_context::provision::{ProvisionConfig, ProvisionError, ProvisionReport, Provisioner};
use store_context::sync::{ContactSync, SyncConfig};

use crate::support::{Bench, DOMAIN, PUBLIC_URL, customer};

/// A Chatwoot that remembers every token that came to it.
#[derive(Clone, Debug)]
struct Server {
    base: &'static str,
    fake: FakeChatwoot,
    tokens: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: http::Request<Body>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let token = request.headers().get("api-access-token");
        let token = token.map(|token| token.to_str().unwrap().to_owned());
        self.tokens.lock().unwrap().extend(token);
        self.fake.send(request, timeout).await
    }
}

impl Server {
    fn new(base: &'static str) -> Self {
        Self { base, fake: FakeChatwoot::new(), tokens: Arc::default() }
    }

    fn client(&self) -> Client {
        let once = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
        let builder = Client::builder(self.base).transport(self.clone());
        builder.retry(once).limits(Limits::off()).build().unwrap()
    }

    async fn provision(
        &self,
        bench: &Bench,
        store: &Store,
    ) -> Result<ProvisionReport, ProvisionError> {
        let config = ProvisionConfig::new(PUBLIC_URL.parse().unwrap(), DOMAIN.parse().unwrap());
        let accounts = bench.accounts_by(self.client());
        let (base_url, token) = (self.base.parse().unwrap(), self.fake.platform_token());
        let provisioner = Provisioner::new(&accounts, base_url, token, bench.ports.clone(), config);
        provisioner.unwrap().provision(store).await
    }

    fn saw(&self, token: &str) -> bool {
        self.tokens.lock().unwrap().iter().any(|seen| seen == token)
    }
}

#[tokio::test]
async fn point_04_a_stores_token_goes_to_its_own_chatwoot_only() {
    let bench = Bench::new();
    let (one, two) = (Server::new("https://one.test"), Server::new("https://two.test"));
    one.provision(&bench, &bench.stores[0]).await.unwrap();
    two.provision(&bench, &bench.stores[1]).await.unwrap();
    let sync = ContactSync::new(
        bench.accounts_by(one.client()),
        bench.ports.clone(),
        SyncConfig::default(),
    );
    for store in &bench.stores {
        let ada = customer("ada");
        bench.shop.put_customer(&store.id, ada.clone()).unwrap();
        sync.want(&store.id, &ada.id).await.unwrap();
    }
    sync.run_once().await.unwrap();
    let held = bench.record(&bench.stores[1].id).await.credentials;
    let token = held.user_token.unwrap().token;
    assert!(!one.saw(token.secret().expose()), "server one was sent a token of server two");
}

#[tokio::test]
async fn point_03_a_store_that_moves_begins_anew() {
    let bench = Bench::new();
    let (one, two) = (Server::new("https://one.test"), Server::new("https://two.test"));
    let store = &bench.stores[0];
    one.provision(&bench, store).await.unwrap();
    let before = bench.record(&store.id).await.credentials;
    two.provision(&bench, store).await.unwrap();
    let after = bench.record(&store.id).await.credentials;
    assert_ne!(before.webhook_address, after.webhook_address);
}
