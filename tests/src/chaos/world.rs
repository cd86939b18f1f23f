//! What is up during a run: a Chatwoot over HTTP, provisioned stores, and the storage.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chatwoot_client::application::messages::MessagesQuery;
use chatwoot_client::fake::{FakeChatwoot, FakeServer};
use chatwoot_client::types::{Message, MessageId, MessageType};
use chatwoot_client::{Client, Limits};
use examples::local_postgres::LocalPostgres;
use examples::shop;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row};
use store_context::accounts::{Accounts, Clients};
use store_context::ports::PortFailure;
use store_context::provision::{ProvisionConfig, Provisioner};
use store_context_adapters::postgres::Migrations;

use super::contacts::diverged;
use super::judge::{Effect, Fault, Place};
use super::servers::{ROLE, Servers, Storage, new_store, store_id};
use super::worker::NOTE;

/// The role that owns the tables. It is no superuser.
pub(super) const OWNER: &str = "chaos_owner";

/// The driver's table: what the handlers did outside of the engine.
pub(super) const EFFECTS: &str = "
CREATE SCHEMA chaos;
CREATE TABLE chaos.effects (
    serial bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account bigint NOT NULL,
    conversation bigint NOT NULL,
    message bigint NOT NULL,
    reconciled boolean NOT NULL
);
GRANT USAGE ON SCHEMA chaos TO chaos;
GRANT SELECT, INSERT ON chaos.effects TO chaos;
";

/// What is in the conversations, by account and message.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The messages of visitors.
    pub(super) questions: BTreeSet<(u64, u64)>,
    /// How many notes there are on each message.
    pub(super) notes: BTreeMap<(u64, u64), u64>,
}

/// What is up during a run, as the driver uses it.
pub(super) struct World {
    pub(super) chatwoot: FakeServer,
    /// Calls the Chatwoot without HTTP.
    pub(super) client: Client,
    pub(super) storage: Storage,
    pub(super) servers: Servers,
    pub(super) accounts: Accounts,
    stores: u32,
}

impl World {
    /// Creates the database and the stores.
    pub(super) async fn new(postgres: &LocalPostgres, redis: String, stores: u32) -> Result<Self> {
        create_database(postgres).await?;
        let chatwoot = FakeServer::start(FakeChatwoot::new()).await;
        let key = format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
        let servers = Servers {
            database: url(postgres, ROLE, ROLE),
            redis,
            chatwoot: chatwoot.uri(),
            keys: format!("chaos:{key}"),
        };
        let storage = servers.storage(16, "driver")?;
        let fake = chatwoot.fake().clone();
        let client = servers.client().transport(fake.clone());
        let client = client.limits(Limits::off()).build()?;
        let accounts = Accounts::new(&storage.ports, Clients::single(client.clone()));
        let config = ProvisionConfig::new("https://host.example".parse()?, "host.example".parse()?);
        let (url, token) = (chatwoot.uri().parse()?, fake.platform_token());
        let provisioner = Provisioner::new(&accounts, url, token, storage.ports.clone(), config)?;
        for store in 0..stores {
            let store = new_store(store)?;
            storage.shop.put_store(&store).await?;
            provisioner.provision(&store).await?;
        }
        Ok(Self { chatwoot, client, storage, servers, accounts, stores })
    }

    /// Goes on with another database, which has all of this one.
    pub(super) fn on(self, database: String) -> Result<Self> {
        let servers = Servers { database, ..self.servers };
        let storage = servers.storage(16, "driver")?;
        let accounts = Accounts::new(&storage.ports, Clients::single(self.client.clone()));
        Ok(Self { storage, servers, accounts, ..self })
    }

    /// Says what the ledgers have left to do; `None` if that is nothing.
    pub(super) async fn left(&self) -> Option<String> {
        let ports = &self.storage.ports;
        let counts = async {
            let sync = ports.sync.counts(None).await.map_err(PortFailure::from)?;
            let webhooks = ports.webhooks.counts(None).await.map_err(PortFailure::from)?;
            Ok::<_, PortFailure>((sync, webhooks))
        };
        let (sync, webhooks) = match counts.await {
            Ok(counts) => counts,
            Err(error) => return Some(format!("the ledgers cannot be counted: {error}")),
        };
        let left = [sync.waiting, sync.claimed, sync.in_doubt, sync.parked].into_iter().chain([
            webhooks.waiting,
            webhooks.claimed,
            webhooks.parked,
        ]);
        (left.sum::<u64>() > 0).then(|| format!("{sync:?}, {webhooks:?}"))
    }

    /// Returns the customers whose contact is not as it should be.
    pub(super) async fn diverged(&self, customers: u32) -> Result<Vec<Fault>> {
        let mut faults = Vec::new();
        for store in 0..self.stores {
            let of = diverged(&self.storage.shop, &self.accounts, store, customers).await?;
            faults.extend(of);
        }
        Ok(faults)
    }

    /// Reads all conversations.
    pub(super) async fn written(&self) -> Result<Written> {
        let mut written = Written::default();
        for store in 0..self.stores {
            let open = self.accounts.open(&store_id(store)?).await?;
            let account = open.key.account.0;
            let page = open.account.conversations().updated_within(1_000_000).await?;
            for conversation in page.payload {
                let messages = open.account.conversation(conversation.id);
                let mut after = MessageId(0);
                loop {
                    let query = MessagesQuery { after: Some(after), ..MessagesQuery::default() };
                    let page: Vec<Message> = messages.messages().list(&query).await?.payload;
                    let Some(last) = page.iter().map(|it| it.id).max().filter(|it| *it > after)
                    else {
                        break;
                    };
                    for message in page.iter().filter(|it| it.id > after) {
                        let noted = message.content.as_deref().and_then(|it| it.strip_prefix(NOTE));
                        if let Some(noted) = noted {
                            *written.notes.entry((account, noted.parse()?)).or_default() += 1;
                        } else if message.message_type == MessageType::Incoming {
                            written.questions.insert((account, message.id.0));
                        }
                    }
                    after = last;
                }
            }
        }
        Ok(written)
    }

    /// Returns what the handlers did, in that order.
    pub(super) async fn effects(&self) -> Result<Vec<Effect>> {
        let rows = sqlx::query(
            "SELECT account, conversation, message, reconciled FROM chaos.effects ORDER BY serial",
        );
        let rows = rows.fetch_all(&self.storage.pool).await?;
        rows.iter().map(effect).collect()
    }
}

fn effect(row: &PgRow) -> Result<Effect> {
    let number = |column: &str| -> Result<u64> { Ok(row.try_get::<i64, _>(column)?.try_into()?) };
    Ok(Effect {
        place: Place { account: number("account")?, conversation: number("conversation")? },
        message: number("message")?,
        reconciled: row.try_get("reconciled")?,
    })
}

/// Returns the address of a database with a role's name.
pub(super) fn url(postgres: &LocalPostgres, database: &str, role: &str) -> String {
    postgres.url(database).replace("postgres@", &format!("{role}@"))
}

async fn create_database(postgres: &LocalPostgres) -> Result<()> {
    let mut server = PgConnection::connect(&postgres.url("postgres")).await?;
    for create in [
        "CREATE ROLE chaos LOGIN",
        "CREATE ROLE chaos_owner LOGIN",
        "CREATE DATABASE chaos OWNER chaos_owner",
    ] {
        sqlx::query(create).execute(&mut server).await?;
    }
    let mut owner = PgConnection::connect(&url(postgres, ROLE, OWNER)).await?;
    shop::migrate(&mut owner, ROLE).await?;
    Migrations::for_role(ROLE)?.run(&mut owner).await?;
    sqlx::raw_sql(EFFECTS).execute(&mut owner).await?;
    Ok(())
}
