//! The Chatwoot server of the example: the built-in fake over HTTP, or a real one.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use chatwoot_client::fake::{FakeChatwoot, FakeLimits, FakeServer};
use chatwoot_client::{Client, ErrorKind, Limits, ReqwestTransport, RetryPolicy, Secret};

use crate::args::Args;

pub(crate) struct Chatwoot {
    /// The built-in server; `None` for a real one.
    fake: Option<FakeServer>,
    base: String,
    platform_token: Secret,
}

impl Chatwoot {
    pub(crate) async fn open(args: &Args) -> anyhow::Result<Self> {
        if let Some(url) = &args.chatwoot {
            let platform_token = args.platform_token()?;
            let chatwoot = Self { fake: None, base: url.to_string(), platform_token };
            chatwoot.greet().await?;
            return Ok(chatwoot);
        }
        let server = FakeServer::start(FakeChatwoot::new()).await;
        server.fake().deliver_through(Arc::new(ReqwestTransport::new()?));
        let platform_token = Secret::new(server.fake().platform_token());
        Ok(Self { base: server.uri(), fake: Some(server), platform_token })
    }

    /// Checks that the server responds, is a Chatwoot, and accepts the token.
    async fn greet(&self) -> anyhow::Result<()> {
        let patience = RetryPolicy {
            deadline: Duration::from_secs(10),
            max_attempts: 2,
            ..RetryPolicy::default()
        };
        let client = Client::builder(&self.base).retry(patience).build()?;
        let version = client.server().version().await.with_context(|| {
            format!("no Chatwoot answers at {}: is the address right, and does it run?", self.base)
        })?;
        let accounts = client.platform(self.platform_token.clone());
        match accounts.accounts().list().await {
            Err(error) if error.kind() == ErrorKind::Unauthorized => bail!(
                "the platform token is refused: make a platform app in Chatwoot's super admin \
                 console and pass its access token"
            ),
            // A server with a deleted account cannot list accounts.
            Err(error) if error.kind() != ErrorKind::Server => {
                return Err(error).context("the platform token cannot be tried");
            }
            _ => {}
        }
        eprintln!("Chatwoot {} at {}", version.version, self.base);
        Ok(())
    }

    pub(crate) fn fake(&self) -> Option<&FakeChatwoot> {
        self.fake.as_ref().map(FakeServer::fake)
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn platform_token(&self) -> Secret {
        self.platform_token.clone()
    }

    /// Enables or disables the limits of the built-in Chatwoot; a real one keeps its own.
    pub(crate) fn set_limits(&self, on: bool) {
        if let Some(fake) = self.fake() {
            fake.set_limits(on.then(FakeLimits::default));
        }
    }

    /// Returns a client with short deadlines for the built-in Chatwoot, where nothing takes long:
    /// the ledger retries anyway, and waiting a minute for a rate limit's window would stall the
    /// example.
    pub(crate) fn client(&self, limits: Limits) -> anyhow::Result<Client> {
        let mut policy = RetryPolicy::default();
        if self.fake.is_some() {
            policy.deadline = Duration::from_secs(2);
        }
        Ok(Client::builder(&self.base).retry(policy).limits(limits).build()?)
    }
}
