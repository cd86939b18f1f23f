//! The host's back office, and where it reaches the host.

use anyhow::{Context, Result, bail};
use axum::Router;
use chatwoot_client::Secret;
use serde_json::{Value, json};
use store_context::Url;
use tokio::net::TcpListener;

use super::Tenant;
use crate::serve::{HEADERS_WITHIN, serve};

/// The back office, which sends commands.
#[derive(Clone, Debug)]
pub struct BackOffice {
    url: Url,
    operator: Secret,
}

impl BackOffice {
    /// Creates the back office of a host at this URL.
    pub fn new(url: Url, operator: impl Into<Secret>) -> Self {
        Self { url, operator: operator.into() }
    }

    /// Runs a command; returns what the host says of it.
    ///
    /// # Errors
    /// Returns an error with what the host says, if it did not do it.
    pub async fn run(&self, command: &Value) -> Result<String> {
        let request = reqwest::Client::new().post(self.url.join("/commands")?);
        let request = request.bearer_auth(self.operator.expose()).json(command);
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        let (status, said) = (answer.status(), answer.text().await?);
        if status.is_success() { Ok(said) } else { bail!("{said}") }
    }

    /// Signs a tenant up with a token.
    ///
    /// # Errors
    /// As for [`BackOffice::run`].
    pub async fn sign_up(&self, tenant: &Tenant, token: &Secret) -> Result<String> {
        let (store, base_url, account) = (&tenant.store, &tenant.base_url, tenant.account);
        let token = token.expose();
        let new =
            json!({ "store": store, "base_url": base_url, "account": account, "token": token });
        self.run(&json!({ "sign_up": new })).await
    }

    /// Runs a command that names only a tenant.
    ///
    /// # Errors
    /// As for [`BackOffice::run`].
    pub async fn of(&self, tenant: &Tenant, command: &str) -> Result<String> {
        self.run(&json!({ command: { "tenant": tenant.store.id } })).await
    }

    /// Saves the tenant's customer.
    ///
    /// # Errors
    /// As for [`BackOffice::run`].
    pub async fn put_customer(&self, tenant: &Tenant) -> Result<String> {
        let new = json!({ "tenant": tenant.store.id, "customer": tenant.customer });
        self.run(&json!({ "put_customer": new })).await
    }
}

/// A free port of this machine at which a host can be reached.
#[derive(Debug)]
pub struct Port {
    /// The URL of the port.
    pub url: Url,
    listener: TcpListener,
}

impl Port {
    /// Takes a free port.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub async fn bind() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
        Ok(Self { url: format!("http://{}", listener.local_addr()?).parse()?, listener })
    }

    /// Serves a host there, for as long as the process runs; returns the URL.
    pub fn serve(self, router: Router) -> Url {
        tokio::spawn(serve(self.listener, router, HEADERS_WITHIN));
        self.url
    }
}
