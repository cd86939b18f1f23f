//! Credentials and the columns that they are sealed in.

use jiff_sqlx::ToSqlx;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row, Transaction};
use store_context::chatwoot::Secret;
use store_context::model::StoreId;
use store_context::ports::{
    Address, AddressToken, AuditAction, AuditEntry, AuditSubject, BoundToken, Expiring, PortError,
    PortResult, StoreAccount, StoreCredentials,
};
use store_context::{Timestamp, Url};

use super::PostgresStores;
use crate::postgres::audit;
use crate::postgres::error::{failed, invalid};
use crate::postgres::seal::{
    self, KeyId, Place, SealError, SealProblem, SealingKey, address_hash, base_url,
};

/// The sealed columns.
const COLUMNS: [&str; 12] = [
    "user_token",
    "webhook_secret",
    "previous_webhook_secret",
    "website_hmac",
    "api_hmac",
    "webhook_address",
    "panel_address",
    "previous_panel_address",
    "identifier_key",
    "proof_key",
    "previous_proof_key",
    "previous_webhook_address",
];

/// The columns of the credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SealedCredentials {
    /// The values of [`COLUMNS`].
    sealed: [Option<Vec<u8>>; COLUMNS.len()],
    user_token_base_url: Option<String>,
    panel_address_since: Option<Timestamp>,
    previous_webhook_secret_until: Option<Timestamp>,
    previous_panel_address_until: Option<Timestamp>,
    previous_proof_key_until: Option<Timestamp>,
    previous_webhook_address_until: Option<Timestamp>,
}

/// What is stored of a URL for its look-up.
#[derive(Debug)]
pub(super) struct SealedAddress {
    pub(super) address: Address,
    pub(super) hash: Vec<u8>,
    pub(super) key: KeyId,
    pub(super) until: Option<Timestamp>,
}

/// What is stored of a record's credentials.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) columns: SealedCredentials,
    pub(super) addresses: Vec<SealedAddress>,
    /// The key of all of them; `None` if there are none.
    pub(super) key: Option<KeyId>,
}

impl SealedCredentials {
    pub(super) fn read(row: &PgRow) -> PortResult<Self> {
        let mut sealed = <[Option<Vec<u8>>; COLUMNS.len()]>::default();
        for (value, column) in sealed.iter_mut().zip(COLUMNS) {
            *value = row.try_get(column).map_err(failed)?;
        }
        let time = |column| -> PortResult<Option<Timestamp>> {
            let time: Option<jiff_sqlx::Timestamp> = row.try_get(column).map_err(failed)?;
            Ok(time.map(jiff_sqlx::Timestamp::to_jiff))
        };
        Ok(Self {
            sealed,
            user_token_base_url: row.try_get("user_token_base_url").map_err(failed)?,
            panel_address_since: time("panel_address_since")?,
            previous_webhook_secret_until: time("previous_webhook_secret_until")?,
            previous_panel_address_until: time("previous_panel_address_until")?,
            previous_proof_key_until: time("previous_proof_key_until")?,
            previous_webhook_address_until: time("previous_webhook_address_until")?,
        })
    }

    /// Binds the columns in the order of `write.sql`.
    pub(super) fn bind(
        self,
        mut query: Query<'_, Postgres, PgArguments>,
    ) -> Query<'_, Postgres, PgArguments> {
        for value in self.sealed {
            query = query.bind(value);
        }
        query = query.bind(self.user_token_base_url);
        let times = [
            self.panel_address_since,
            self.previous_webhook_secret_until,
            self.previous_panel_address_until,
            self.previous_proof_key_until,
            self.previous_webhook_address_until,
        ];
        for time in times {
            query = query.bind(time.map(ToSqlx::to_sqlx));
        }
        query
    }

    /// Returns where the value of a column belongs.
    fn place<'a>(
        &'a self,
        store: &'a StoreId,
        account: &'a StoreAccount,
        column: &'static str,
    ) -> Place<'a> {
        let until = match column {
            "previous_webhook_secret" => self.previous_webhook_secret_until,
            "previous_panel_address" => self.previous_panel_address_until,
            "previous_proof_key" => self.previous_proof_key_until,
            "previous_webhook_address" => self.previous_webhook_address_until,
            _ => None,
        };
        let base_url = match column {
            "user_token" => self.user_token_base_url.as_deref().unwrap_or_default(),
            _ => base_url(account),
        };
        let table = match column {
            "previous_webhook_address" => "store_lifecycles",
            _ => "stores",
        };
        Place { table, store, column, base_url, until }
    }
}

impl PostgresStores {
    /// Seals credentials with the current key.
    pub(super) async fn seal(
        &self,
        store: &StoreId,
        account: &StoreAccount,
        credentials: &StoreCredentials,
    ) -> PortResult<Sealed> {
        let id = self.keys.current().await?;
        let key = self.keys.key(&id).await?;
        let key = key.ok_or_else(|| PortError::new("stores", "the current key is not known"))?;
        let mut columns = SealedCredentials {
            user_token_base_url: credentials.user_token.as_ref().map(|it| it.base_url.to_string()),
            panel_address_since: credentials.panel_address_since.map(stored),
            previous_webhook_secret_until: until(credentials.previous_webhook_secret.as_ref()),
            previous_panel_address_until: until(credentials.previous_panel_address.as_ref()),
            previous_proof_key_until: until(credentials.previous_proof_key.as_ref()),
            previous_webhook_address_until: until(credentials.previous_webhook_address.as_ref()),
            ..SealedCredentials::default()
        };
        let mut sealed = <[Option<Vec<u8>>; COLUMNS.len()]>::default();
        let texts = COLUMNS.into_iter().zip(texts(credentials));
        for (value, (column, text)) in sealed.iter_mut().zip(texts) {
            if let Some(text) = text {
                let place = columns.place(store, account, column);
                *value = Some(seal::seal((&id, &key), &place, text)?);
            }
        }
        let is_empty = sealed.iter().all(Option::is_none);
        columns.sealed = sealed;
        let addresses = addresses(credentials, &id, &key);
        Ok(Sealed { columns, addresses, key: (!is_empty).then_some(id) })
    }

    /// Opens sealed credentials, and appends the openings to the audit trail in the transaction of
    /// the read. This is the one place that opens a secret; the caller commits before it uses any.
    pub(super) async fn open_sealed(
        &self,
        transaction: &mut Transaction<'static, Postgres>,
        store: &StoreId,
        account: &StoreAccount,
        credentials: &SealedCredentials,
        action: AuditAction,
    ) -> PortResult<StoreCredentials> {
        let mut opened = <[Option<Secret>; COLUMNS.len()]>::default();
        let mut entries = Vec::new();
        let places = COLUMNS.into_iter().zip(&credentials.sealed);
        for (secret, (column, sealed)) in opened.iter_mut().zip(places) {
            let Some(sealed) = sealed else { continue };
            let refused = |problem| {
                PortError::new("stores", SealError { store: store.clone(), column, problem })
            };
            let id = seal::key_id(sealed).map_err(refused)?;
            let key = self.keys.key(&id).await?;
            let key = key.ok_or_else(|| refused(SealProblem::UnknownKey(id)))?;
            let place = credentials.place(store, account, column);
            *secret = Some(seal::open(&key, &place, sealed).map_err(refused)?);
            entries.push(AuditEntry {
                store: store.clone(),
                actor: self.actor.to_string(),
                action: action.clone(),
                subject: AuditSubject::Secret(column.to_owned()),
            });
        }
        if !entries.is_empty() {
            audit::append(&self.database, transaction, &entries).await?;
        }
        record(opened, credentials)
    }
}

/// Returns the secrets in the order of [`COLUMNS`].
fn texts(credentials: &StoreCredentials) -> [Option<&str>; COLUMNS.len()] {
    fn secret(secret: Option<&Secret>) -> Option<&str> {
        secret.map(Secret::expose)
    }
    fn address(token: Option<&AddressToken>) -> Option<&str> {
        token.map(AddressToken::expose)
    }
    let it = credentials;
    [
        it.user_token.as_ref().map(|bound| bound.token.secret().expose()),
        secret(it.webhook_secret.as_ref()),
        it.previous_webhook_secret.as_ref().map(|previous| previous.value.expose()),
        secret(it.website_hmac.as_ref()),
        secret(it.api_hmac.as_ref()),
        address(it.webhook_address.as_ref()),
        address(it.panel_address.as_ref()),
        it.previous_panel_address.as_ref().map(|previous| previous.value.expose()),
        secret(it.identifier_key.as_ref()),
        secret(it.proof_key.as_ref()),
        it.previous_proof_key.as_ref().map(|previous| previous.value.expose()),
        it.previous_webhook_address.as_ref().map(|previous| previous.value.expose()),
    ]
}

/// Returns the credentials of opened columns.
fn record(
    opened: [Option<Secret>; COLUMNS.len()],
    columns: &SealedCredentials,
) -> PortResult<StoreCredentials> {
    let [
        user_token,
        webhook_secret,
        previous_webhook_secret,
        website_hmac,
        api_hmac,
        webhook_address,
        panel_address,
        previous_panel_address,
        identifier_key,
        proof_key,
        previous_proof_key,
        previous_webhook_address,
    ] = opened;
    let address = |secret: Secret| AddressToken::new(secret.expose());
    let user_token = match (user_token, &columns.user_token_base_url) {
        (Some(token), Some(url)) => {
            let base_url = Url::parse(url).map_err(|_| invalid("stores.user_token_base_url"))?;
            Some(BoundToken { base_url, token: token.into() })
        }
        (Some(_), None) => return Err(invalid("stores.user_token_base_url")),
        (None, _) => None,
    };
    Ok(StoreCredentials {
        user_token,
        webhook_secret,
        previous_webhook_secret: expiring(
            previous_webhook_secret,
            columns.previous_webhook_secret_until,
            "stores.previous_webhook_secret_until",
        )?,
        website_hmac,
        api_hmac,
        webhook_address: webhook_address.map(address),
        previous_webhook_address: expiring(
            previous_webhook_address.map(address),
            columns.previous_webhook_address_until,
            "stores.previous_webhook_address_until",
        )?,
        panel_address: panel_address.map(address),
        panel_address_since: columns.panel_address_since,
        previous_panel_address: expiring(
            previous_panel_address.map(address),
            columns.previous_panel_address_until,
            "stores.previous_panel_address_until",
        )?,
        identifier_key,
        proof_key,
        previous_proof_key: expiring(
            previous_proof_key,
            columns.previous_proof_key_until,
            "stores.previous_proof_key_until",
        )?,
    })
}

fn expiring<T>(
    value: Option<T>,
    until: Option<Timestamp>,
    column: &'static str,
) -> PortResult<Option<Expiring<T>>> {
    let Some(value) = value else { return Ok(None) };
    Ok(Some(Expiring { value, until: until.ok_or_else(|| invalid(column))? }))
}

/// Returns the hashes of the URLs. Of two equal ones the one that does not expire counts.
fn addresses(credentials: &StoreCredentials, id: &KeyId, key: &SealingKey) -> Vec<SealedAddress> {
    let webhook = credentials.previous_webhook_address.as_ref();
    let previous = credentials.previous_panel_address.as_ref();
    let tokens = [
        (Address::Webhook, credentials.webhook_address.as_ref(), None),
        (Address::Panel, credentials.panel_address.as_ref(), None),
        (Address::Webhook, webhook.map(|it| &it.value), until(webhook)),
        (Address::Panel, previous.map(|it| &it.value), until(previous)),
    ];
    let mut found: Vec<SealedAddress> = Vec::new();
    for (address, token, until) in tokens {
        let Some(token) = token else { continue };
        let hash = address_hash(key, address, token);
        if found.iter().all(|it| it.hash != hash) {
            found.push(SealedAddress { address, hash, key: id.clone(), until });
        }
    }
    found
}

fn until<T>(previous: Option<&Expiring<T>>) -> Option<Timestamp> {
    previous.map(|previous| stored(previous.until))
}

/// Returns a time as the database stores it: in microseconds.
fn stored(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
