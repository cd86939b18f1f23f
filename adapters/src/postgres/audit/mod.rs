//! The audit trail.

mod retention;

use async_trait::async_trait;
use jiff_sqlx::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, Row, Transaction};
use store_context::model::StoreId;
use store_context::ports::{AuditEntry, AuditRecord, AuditSubject, AuditTrail, PortResult};

pub use self::retention::{AuditMaintenance, AuditRetention};
use super::database::Database;
use super::error::{failed, invalid};
use super::values;

/// The audit trail in Postgres. The runtime role can append and read; it can neither change nor
/// remove an entry. See [`AuditRetention`] for the removal of old months.
///
/// ```no_run
/// use store_context::model::StoreId;
/// use store_context::ports::AuditTrail;
/// use store_context_adapters::postgres::{Database, PostgresAuditTrail};
///
/// # async fn example(database: Database) -> Result<(), Box<dyn std::error::Error>> {
/// let trail = PostgresAuditTrail::new(database);
/// for record in trail.entries(&StoreId::new("north")?, None, 100).await? {
///     println!("{} {} {}", record.at, record.entry.actor, record.entry.action);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresAuditTrail {
    database: Database,
}

impl PostgresAuditTrail {
    /// Uses the tables of a database.
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl AuditTrail for PostgresAuditTrail {
    async fn append(&self, entries: &[AuditEntry]) -> PortResult<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let stores = entries.iter().map(|entry| &entry.store);
        let mut transaction = self.database.begin(stores).await.map_err(failed)?;
        append(&self.database, &mut transaction, entries).await?;
        transaction.commit().await.map_err(failed)
    }

    async fn entries(
        &self,
        store: &StoreId,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AuditRecord>> {
        const READ: &str = "
            SELECT id, at, actor, action, subject_kind, subject
            FROM store_context.audit_trail WHERE store = $1 AND id < $2
            ORDER BY id DESC LIMIT $3";
        let before = before.map_or(i64::MAX, |id| i64::try_from(id).unwrap_or(i64::MAX));
        let mut transaction = self.database.begin([store]).await.map_err(failed)?;
        let read = sqlx::query(self.database.sql(READ));
        let read = read.bind(store.as_str()).bind(before);
        let read = read.bind(values::limit(limit));
        let rows = read.fetch_all(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rows.iter().map(|row| record(store, row)).collect()
    }
}

/// Appends entries in a transaction that names their stores.
pub(super) async fn append(
    database: &Database,
    transaction: &mut Transaction<'static, Postgres>,
    entries: &[AuditEntry],
) -> PortResult<()> {
    // The order of the ids is that of the entries.
    const APPEND: &str = "
        INSERT INTO store_context.audit_trail (store, actor, action, subject_kind, subject)
        SELECT store, actor, action, kind, subject
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
            WITH ORDINALITY AS entry (store, actor, action, kind, subject, position)
        ORDER BY position";
    let texts = |of: fn(&AuditEntry) -> &str| entries.iter().map(of).collect::<Vec<&str>>();
    let append = sqlx::query(database.sql(APPEND));
    let append = append.bind(texts(|it| it.store.as_str())).bind(texts(|it| &it.actor));
    let append = append.bind(texts(|it| it.action.as_str()));
    let append = append.bind(texts(|it| it.subject.kind())).bind(texts(|it| it.subject.id()));
    append.execute(&mut **transaction).await.map_err(failed)?;
    Ok(())
}

fn record(store: &StoreId, row: &PgRow) -> PortResult<AuditRecord> {
    let text = |column| row.try_get::<&str, _>(column).map_err(failed);
    let id: i64 = row.try_get("id").map_err(failed)?;
    let at: Timestamp = row.try_get("at").map_err(failed)?;
    Ok(AuditRecord {
        id: id.try_into().map_err(|_| invalid("audit_trail.id"))?,
        at: at.to_jiff(),
        entry: AuditEntry {
            store: store.clone(),
            actor: text("actor")?.to_owned(),
            action: text("action")?.into(),
            subject: AuditSubject::new(text("subject_kind")?, text("subject")?),
        },
    })
}
