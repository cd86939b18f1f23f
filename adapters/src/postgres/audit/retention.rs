//! The partitions of the audit trail, one a month.

use jiff::civil::Date;
use jiff::{ToSpan, tz::TimeZone};
use jiff_sqlx::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::postgres::error::DatabaseError;
use crate::postgres::schema::Schema;

/// Creates the audit trail's partitions of the coming months, and drops those of old ones. The host
/// runs it with the role that owns the tables, once a day or once a month.
///
/// Months are UTC's. Where it does not run, entries of a month without a partition go to a default
/// one, and the next run moves them.
///
/// ```no_run
/// use sqlx::Connection;
/// use store_context_adapters::postgres::AuditRetention;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut owner = sqlx::PgConnection::connect("postgres://shop_owner@localhost/shop").await?;
/// let done = AuditRetention::months(24).run(&mut owner).await?;
/// println!("dropped: {:?}", done.dropped);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AuditRetention {
    schema: Schema,
    keep: u32,
}

/// What a run of [`AuditRetention`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditMaintenance {
    /// The partitions that were created.
    pub created: Vec<String>,
    /// The partitions that were dropped with their entries.
    pub dropped: Vec<String>,
    /// The number of entries that were moved from the default partition to that of their month.
    pub moved: u64,
}

/// The number of months after the current one that have a partition.
const AHEAD: i32 = 2;

const PREFIX: &str = "audit_trail_";

impl AuditRetention {
    /// Keeps the entries of so many months before the current one.
    pub fn months(keep: u32) -> Self {
        Self { schema: Schema::default(), keep }
    }

    /// Uses another schema.
    #[must_use]
    pub fn with_schema(self, schema: Schema) -> Self {
        Self { schema, ..self }
    }

    /// Creates and drops partitions, in one transaction.
    ///
    /// # Errors
    /// Returns an error if the database refused it, for example because the role is not the owner.
    pub async fn run(&self, owner: &mut PgConnection) -> Result<AuditMaintenance, DatabaseError> {
        const NOW: &str = "SELECT store_context.ledger_now()";
        const PARTITIONS: &str = "
            SELECT child.relname::text FROM pg_inherits
            JOIN pg_class child ON child.oid = inhrelid
            WHERE inhparent = 'store_context.audit_trail'::regclass ORDER BY 1";
        let mut done = AuditMaintenance::default();
        let mut transaction = owner.begin().await?;
        // Runs at the same time wait for each other, and nobody else waits.
        let lock = "LOCK TABLE store_context.audit_trail IN SHARE UPDATE EXCLUSIVE MODE";
        sqlx::query(self.schema.sql(lock)).execute(&mut *transaction).await?;
        let now: Timestamp =
            sqlx::query_scalar(self.schema.sql(NOW)).fetch_one(&mut *transaction).await?;
        let present: Vec<String> =
            sqlx::query_scalar(self.schema.sql(PARTITIONS)).fetch_all(&mut *transaction).await?;
        let month = now.to_jiff().to_zoned(TimeZone::UTC).date().first_of_month();
        let keep = i32::try_from(self.keep).unwrap_or(i32::MAX).min(12 * 1_000);
        let oldest = month.checked_sub(keep.months()).unwrap_or(Date::MIN);

        let mut wanted: Vec<Date> = (0..=AHEAD).filter_map(|n| later(month, n)).collect();
        let waiting = self.waiting(&mut transaction).await?;
        wanted.extend(waiting.iter().flatten().filter(|month| **month >= oldest));
        wanted.sort_unstable();
        wanted.dedup();
        for month in wanted {
            let name = partition(month);
            if !present.contains(&name) {
                done.moved += self.create(&mut transaction, month).await?;
                done.created.push(name);
            }
        }
        if waiting.is_some() {
            self.rest(&mut transaction, oldest).await?;
        }
        for name in present {
            if month_of(&name).is_some_and(|month| month < oldest) {
                self.raw(&mut transaction, &format!("DROP TABLE store_context.{name}")).await?;
                done.dropped.push(name);
            }
        }
        transaction.commit().await?;
        Ok(done)
    }

    /// Returns the months of the entries in the default partition; `None` if it is empty. The owner
    /// sees entries only while the partition does not force row-level security on it: from here
    /// until [`Self::rest`].
    async fn waiting(
        &self,
        transaction: &mut PgConnection,
    ) -> Result<Option<Vec<Date>>, DatabaseError> {
        const SIZE: &str = "SELECT pg_relation_size('store_context.audit_trail_default')";
        const MONTHS: &str = "
            SELECT DISTINCT to_char(at AT TIME ZONE 'UTC', 'YYYY_MM')
            FROM store_context.audit_trail_default";
        let size: i64 =
            sqlx::query_scalar(self.schema.sql(SIZE)).fetch_one(&mut *transaction).await?;
        if size == 0 {
            return Ok(None);
        }
        let open = "ALTER TABLE store_context.audit_trail_default NO FORCE ROW LEVEL SECURITY";
        self.raw(transaction, open).await?;
        let months: Vec<String> =
            sqlx::query_scalar(self.schema.sql(MONTHS)).fetch_all(&mut *transaction).await?;
        let month = |month: &String| month_of(&format!("{PREFIX}{month}"));
        Ok(Some(months.iter().filter_map(month).collect()))
    }

    /// Removes what is left in the default partition, which is older than what is kept, and forces
    /// row-level security again.
    async fn rest(
        &self,
        transaction: &mut PgConnection,
        oldest: Date,
    ) -> Result<(), DatabaseError> {
        self.raw(
            transaction,
            &format!(
                "DELETE FROM store_context.audit_trail_default WHERE at < '{oldest} 00:00:00+00'; \
                 ALTER TABLE store_context.audit_trail_default FORCE ROW LEVEL SECURITY"
            ),
        )
        .await
    }

    /// Creates the partition of a month, with the entries of the month that are in the default one.
    async fn create(
        &self,
        transaction: &mut PgConnection,
        month: Date,
    ) -> Result<u64, DatabaseError> {
        let name = partition(month);
        let next = later(month, 1).unwrap_or(Date::MAX);
        let (from, to) = (format!("'{month} 00:00:00+00'"), format!("'{next} 00:00:00+00'"));
        let create = format!(
            "CREATE TABLE store_context.{name} \
             (LIKE store_context.audit_trail INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
        );
        self.raw(transaction, &create).await?;
        let fill = format!(
            "WITH moved AS (DELETE FROM store_context.audit_trail_default \
             WHERE at >= {from} AND at < {to} RETURNING *) \
             INSERT INTO store_context.{name} SELECT * FROM moved"
        );
        let fill = AssertSqlSafe(self.schema.text(&fill));
        let moved = sqlx::query(fill).execute(&mut *transaction).await?.rows_affected();
        let attach = format!(
            "ALTER TABLE store_context.{name} \
             ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; \
             CREATE POLICY named_stores ON store_context.{name} USING (store = ANY \
             ((SELECT NULLIF(current_setting('store_context_tenant.stores', true), '')::text[])::text[])); \
             ALTER TABLE store_context.audit_trail ATTACH PARTITION store_context.{name} \
             FOR VALUES FROM ({from}) TO ({to})"
        );
        self.raw(transaction, &attach).await?;
        Ok(moved)
    }

    /// Runs statements that consist of our own text, names of partitions and dates.
    async fn raw(&self, connection: &mut PgConnection, sql: &str) -> Result<(), DatabaseError> {
        sqlx::raw_sql(AssertSqlSafe(self.schema.text(sql))).execute(connection).await?;
        Ok(())
    }
}

fn later(month: Date, months: i32) -> Option<Date> {
    month.checked_add(months.months()).ok()
}

/// Returns the name of a month's partition: `audit_trail_2026_11`.
fn partition(month: Date) -> String {
    format!("{PREFIX}{:04}_{:02}", month.year(), month.month())
}

/// Returns the month of a partition; `None` for the default one.
fn month_of(partition: &str) -> Option<Date> {
    let (year, month) = partition.strip_prefix(PREFIX)?.split_once('_')?;
    Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_named_by_its_month() {
        let month = Date::new(2026, 11, 1).unwrap();
        assert_eq!(partition(month), "audit_trail_2026_11");
        assert_eq!(month_of("audit_trail_2026_11"), Some(month));
        assert_eq!(later(month, 2), Date::new(2027, 1, 1).ok());
        assert_eq!(month_of("audit_trail_default"), None);
        assert_eq!(month_of("audit_trail_2026_13"), None);
    }
}
