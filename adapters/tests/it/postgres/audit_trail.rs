//! The audit trail.

use examples::test_database::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};
use store_context::model::StoreId;
use store_context::ports::{AuditAction, AuditEntry, AuditSubject, AuditTrail};
use store_context_adapters::postgres::{AuditRetention, PostgresAuditTrail, Schema};

store_context::audit_conformance!(
    async { PostgresAuditTrail::new(TestDatabase::new().await.unwrap().database.clone()) },
    flavor = "multi_thread",
    worker_threads = 2
);

async fn run(database: &TestDatabase, owner: &mut PgConnection, sql: &str) -> Result<u64, String> {
    let sql = sql.replace("store_context.", &format!("{}.", database.schema()));
    let ran = sqlx::raw_sql(AssertSqlSafe(sql)).execute(owner).await;
    ran.map(|it| it.rows_affected()).map_err(|error| error.to_string())
}

fn entry(store: &StoreId) -> AuditEntry {
    AuditEntry {
        store: store.clone(),
        actor: "test".to_owned(),
        action: AuditAction::Open,
        subject: AuditSubject::Store,
    }
}

/// The runtime role cannot change or remove what it appended, nor reach a partition past the table.
#[tokio::test]
async fn the_runtime_role_only_appends() {
    let database = TestDatabase::new().await.unwrap();
    let trail = PostgresAuditTrail::new(database.database.clone());
    let store = StoreId::new("north").unwrap();
    trail.append(&[entry(&store)]).await.unwrap();
    let mut runtime = database.pool.acquire().await.unwrap();
    let name = "SET store_context_tenant.stores = '{north}'; ";
    for statement in [
        "UPDATE store_context.audit_trail SET actor = 'nobody'",
        "DELETE FROM store_context.audit_trail",
        "TRUNCATE store_context.audit_trail",
        "DROP TABLE store_context.audit_trail_default",
        "SELECT * FROM store_context.audit_trail_default",
        "DELETE FROM store_context.audit_trail_default",
        "SELECT setval('store_context.audit_entries', 1)",
    ] {
        let refused = run(&database, &mut runtime, &format!("{name}{statement}")).await;
        assert!(refused.is_err(), "{statement}");
    }
    drop(runtime);
    assert_eq!(trail.entries(&store, None, 10).await.unwrap().len(), 1);
}

/// Old months are dropped; what is in the default partition moves to its month; the owner, too, is
/// no superuser.
#[tokio::test]
async fn months_are_created_and_dropped() {
    let database = TestDatabase::new().await.unwrap();
    let mut owner = database.owner().await.unwrap();
    let trail = PostgresAuditTrail::new(database.database.clone());
    let store = StoreId::new("north").unwrap();
    trail.append(&[entry(&store)]).await.unwrap();
    let role = format!("{}_owner", database.schema());
    let prepare = format!(
        "INSERT INTO store_context.audit_trail (at, store, actor, action, subject_kind, subject) \
         SELECT now() - make_interval(months => n), 'north', 'n' || n, 'open', 'store', '' \
         FROM generate_series(1, 4) n; \
         CREATE ROLE {role}; \
         GRANT CREATE ON SCHEMA store_context TO {role}; GRANT USAGE ON SCHEMA store_context TO {role}; \
         ALTER TABLE store_context.audit_trail OWNER TO {role}; \
         ALTER TABLE store_context.audit_trail_default OWNER TO {role}; \
         GRANT USAGE ON SEQUENCE store_context.audit_entries TO {role}; \
         SET ROLE {role}"
    );
    let prepare =
        prepare.replace("SCHEMA store_context ", &format!("SCHEMA {} ", database.schema()));
    run(&database, &mut owner, &prepare).await.unwrap();

    let retention = |months| {
        AuditRetention::months(months).with_schema(Schema::new(database.schema()).unwrap())
    };
    let done = retention(2).run(&mut owner).await.unwrap();
    assert_eq!(done.created.len(), 5, "two months before, this one, two ahead: {done:?}");
    assert_eq!((done.moved, done.dropped.len()), (3, 0), "{done:?}");
    let read = || trail.entries(&store, None, 100);
    let actors = |records: Vec<store_context::ports::AuditRecord>| -> Vec<String> {
        let mut actors: Vec<_> = records.into_iter().map(|it| it.entry.actor).collect();
        actors.sort();
        actors
    };
    assert_eq!(actors(read().await.unwrap()), ["n1", "n2", "test"], "what is kept");

    let again = retention(2).run(&mut owner).await.unwrap();
    assert_eq!((again.created.len(), again.moved, again.dropped.len()), (0, 0, 0), "{again:?}");
    let less = retention(0).run(&mut owner).await.unwrap();
    assert_eq!((less.created.len(), less.dropped.len()), (0, 2), "{less:?}");
    assert_eq!(actors(read().await.unwrap()), ["test"]);
    trail.append(&[entry(&store)]).await.unwrap();
    assert_eq!(read().await.unwrap().len(), 2, "a partition of this month");

    let audit = store_context_adapters::postgres::RlsAudit::of_role(database.role());
    let audit = audit.with_schema(Schema::new(database.schema()).unwrap());
    assert_eq!(audit.run(&mut owner).await.unwrap(), []);
    run(&database, &mut owner, "RESET ROLE").await.unwrap();
    let back =
        format!("REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}");
    run(&database, &mut owner, &back).await.unwrap();
}
