//! The audit of the schema finds each breach, and nothing else.

use examples::test_database::TestDatabase;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store_context_adapters::postgres::{AuditRetention, Breach, RlsAudit, Rule, Schema};

/// A migrated schema, and a connection of its owner.
struct Audited {
    database: TestDatabase,
    owner: PgConnection,
}

impl Audited {
    async fn new() -> Self {
        let database = TestDatabase::new().await.unwrap();
        let mut owner = database.owner().await.unwrap();
        let schema = Schema::new(database.schema()).unwrap();
        AuditRetention::months(1).with_schema(schema).run(&mut owner).await.unwrap();
        Self { database, owner }
    }

    /// Returns what the audit finds after statements, which are taken back. In them `$schema` and
    /// `$role` are replaced.
    async fn finds(&mut self, statements: &str) -> Vec<Breach> {
        let (schema, role) = (self.database.schema(), self.database.role());
        let sql = statements.replace("$schema", schema).replace("$role", role);
        let audit = RlsAudit::of_role(role).with_schema(Schema::new(schema).unwrap());
        let mut transaction = self.owner.begin().await.unwrap();
        let ran = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *transaction).await;
        assert!(ran.is_ok(), "{sql}: {ran:?}");
        let found = audit.run(&mut transaction).await.unwrap();
        transaction.rollback().await.unwrap();
        found
    }

    /// Asserts that the audit finds one breach after statements.
    async fn finds_one(&mut self, statements: &str, object: &str, rule: Rule) {
        let found = self.finds(statements).await;
        let told: Vec<_> = found.iter().map(|it| (it.object.as_str(), it.rule)).collect();
        let object = object.replace("$schema", self.database.schema());
        let object = object.replace("$role", self.database.role());
        assert_eq!(told, [(object.as_str(), rule)], "after {statements}: {found:#?}");
    }

    /// Returns names of relations that a condition is true of.
    async fn tables(&mut self, condition: &str) -> Vec<String> {
        let sql = format!(
            "SELECT relname::text FROM pg_class WHERE relnamespace = '{}'::regnamespace \
             AND relkind IN ('r', 'p') AND {condition} ORDER BY 1",
            self.database.schema()
        );
        let tables: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut self.owner).await.unwrap();
        assert!(!tables.is_empty(), "{condition}");
        tables
    }
}

#[tokio::test]
async fn a_migrated_schema_breaks_no_rule() {
    let mut audited = Audited::new().await;
    let found = audited.finds("SELECT 1").await;
    assert_eq!(found, []);
    let audit = RlsAudit::of_role(audited.database.role());
    let audit = audit.with_schema(Schema::new(audited.database.schema()).unwrap());
    let mut runtime = audited.database.pool.acquire().await.unwrap();
    assert_eq!(audit.run(&mut runtime).await.unwrap(), [], "for the runtime role too");
}

#[tokio::test]
async fn row_level_security_of_each_payload_is_missed() {
    let mut audited = Audited::new().await;
    let payload = audited.tables("relrowsecurity").await;
    for expected in ["stores", "audit_trail", "audit_trail_default"] {
        assert!(payload.iter().any(|table| table == expected), "{expected} in {payload:?}");
    }
    for table in payload {
        let object = format!("table {table}");
        let table = format!("$schema.{table}");
        for (statement, rule) in [
            (format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"), Rule::RowSecurity),
            (format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"), Rule::ForcedRowSecurity),
            (format!("DROP POLICY named_stores ON {table}"), Rule::Policy),
            (format!("ALTER POLICY named_stores ON {table} TO $role"), Rule::Policy),
            (format!("ALTER POLICY named_stores ON {table} USING (true)"), Rule::Policy),
            (format!("ALTER POLICY named_stores ON {table} WITH CHECK (true)"), Rule::Policy),
            (format!("ALTER POLICY named_stores ON {table} RENAME TO others"), Rule::Policy),
            (format!("CREATE POLICY more ON {table} FOR SELECT USING (true)"), Rule::Policy),
        ] {
            if statement.contains("RENAME") {
                // Ours is missing, and there is another.
                let found = audited.finds(&statement).await;
                assert!(found.len() == 2 && found.iter().all(|it| it.rule == rule), "{found:#?}");
            } else {
                audited.finds_one(&statement, &object, rule).await;
            }
        }
    }
}

#[tokio::test]
async fn each_extra_privilege_is_found() {
    let mut audited = Audited::new().await;
    let all = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];
    for table in audited.tables("true").await {
        let object = format!("table {table}");
        let partition = table.starts_with("audit_trail_");
        for privilege in all {
            let to_all = format!("GRANT {privilege} ON $schema.{table} TO PUBLIC");
            audited.finds_one(&to_all, &object, Rule::Privileges).await;
            let has = format!(
                "SELECT has_table_privilege('{}', '{}.{table}', '{privilege}')",
                audited.database.role(),
                audited.database.schema()
            );
            let has: bool =
                sqlx::query_scalar(AssertSqlSafe(has)).fetch_one(&mut audited.owner).await.unwrap();
            let reads = partition && matches!(privilege, "SELECT" | "INSERT");
            if !has && !reads {
                let grant = format!("GRANT {privilege} ON $schema.{table} TO $role");
                audited.finds_one(&grant, &object, Rule::Privileges).await;
            } else if has {
                let option =
                    format!("GRANT {privilege} ON $schema.{table} TO $role WITH GRANT OPTION");
                audited.finds_one(&option, &object, Rule::Privileges).await;
            }
        }
    }
    let column = "GRANT UPDATE (actor) ON $schema.audit_trail TO $role";
    audited.finds_one(column, "table audit_trail", Rule::Privileges).await;
    let inherited = "CREATE ROLE $role_group; GRANT $role_group TO $role; \
        GRANT DELETE ON $schema.audit_trail TO $role_group";
    audited.finds_one(inherited, "table audit_trail", Rule::Privileges).await;
    let sequence = "GRANT UPDATE ON SEQUENCE $schema.store_fences TO $role";
    audited.finds_one(sequence, "sequence store_fences", Rule::Privileges).await;
    let create = "GRANT CREATE ON SCHEMA $schema TO $role";
    audited.finds_one(create, "schema $schema", Rule::Privileges).await;
    let create = "GRANT CREATE ON SCHEMA $schema TO PUBLIC";
    audited.finds_one(create, "schema $schema", Rule::Privileges).await;
}

#[tokio::test]
async fn what_goes_around_the_policies_is_found() {
    let mut audited = Audited::new().await;
    for (statements, object, rule) in [
        ("CREATE TABLE $schema.notes (store text)", "table notes", Rule::KnownTable),
        ("DROP TABLE $schema.store_addresses", "table store_addresses", Rule::Exists),
        (
            "ALTER TABLE $schema.store_versions ADD COLUMN email text",
            "table store_versions",
            Rule::QueueColumns,
        ),
        (
            "CREATE VIEW $schema.all_stores AS SELECT * FROM $schema.stores",
            "view all_stores",
            Rule::SecurityInvoker,
        ),
        (
            "CREATE VIEW $schema.all_stores WITH (security_invoker = false) AS SELECT 1",
            "view all_stores",
            Rule::SecurityInvoker,
        ),
        (
            "CREATE SCHEMA $schema_b; \
             CREATE VIEW $schema_b.all_stores AS SELECT * FROM $schema.stores",
            "view $schema_b.all_stores",
            Rule::SecurityInvoker,
        ),
        (
            "CREATE FUNCTION $schema.every() RETURNS bigint LANGUAGE sql SECURITY DEFINER \
             AS 'SELECT count(*) FROM $schema.stores'",
            "function every",
            Rule::NoSecurityDefiner,
        ),
        (
            "CREATE FUNCTION $schema.note() RETURNS trigger LANGUAGE plpgsql \
             AS 'BEGIN RETURN new; END'; \
             CREATE TRIGGER note AFTER INSERT ON $schema.stores \
             FOR EACH ROW EXECUTE FUNCTION $schema.note()",
            "table stores",
            Rule::NoTrigger,
        ),
        (
            "CREATE RULE none AS ON DELETE TO $schema.stores DO INSTEAD NOTHING",
            "table stores",
            Rule::NoTrigger,
        ),
    ] {
        audited.finds_one(statements, object, rule).await;
    }
    let invoker = "CREATE VIEW $schema.own WITH (security_invoker) AS SELECT * FROM $schema.stores";
    assert_eq!(audited.finds(invoker).await, []);
    let materialized = "CREATE MATERIALIZED VIEW $schema.copy AS SELECT * FROM $schema.stores";
    let found = audited.finds(materialized).await;
    assert!(found.iter().any(|it| it.object == "view copy" && it.rule == Rule::KnownTable));
}

#[tokio::test]
async fn a_powerful_runtime_role_is_found() {
    let mut audited = Audited::new().await;
    let role = "role $role";
    for (statements, rule) in [
        ("ALTER ROLE $role BYPASSRLS", Rule::PlainRole),
        ("ALTER ROLE $role CREATEROLE", Rule::PlainRole),
        ("ALTER ROLE $role SUPERUSER", Rule::PlainRole),
        ("CREATE ROLE $role_b BYPASSRLS; GRANT $role_b TO $role", Rule::PlainRole),
        (
            "CREATE ROLE $role_b; CREATE ROLE $role_c CREATEROLE; GRANT $role_b TO $role; \
          GRANT $role_c TO $role_b",
            Rule::PlainRole,
        ),
        ("GRANT pg_read_all_data TO $role", Rule::PlainRole),
        ("ALTER FUNCTION $schema.ledger_now() OWNER TO $role", Rule::OwnsNothing),
        ("ALTER SCHEMA $schema OWNER TO $role", Rule::OwnsNothing),
        (
            "CREATE ROLE $role_b; GRANT $role_b TO $role; \
          ALTER TABLE $schema.stores OWNER TO $role_b",
            Rule::PlainRole,
        ),
    ] {
        audited.finds_one(statements, role, rule).await;
    }
    let owns = "ALTER TABLE $schema.stores OWNER TO $role";
    audited.finds_one(owns, role, Rule::OwnsNothing).await;

    let nobody = RlsAudit::of_role("nobody_of_this_name");
    let nobody = nobody.with_schema(Schema::new(audited.database.schema()).unwrap());
    let found = nobody.run(&mut audited.owner).await.unwrap();
    assert_eq!(found[0].rule, Rule::Exists);
    let nowhere = RlsAudit::of_role(audited.database.role());
    let nowhere = nowhere.with_schema(Schema::new("no_schema_of_this_name").unwrap());
    let found = nowhere.run(&mut audited.owner).await.unwrap();
    assert!(matches!(found.as_slice(), [one] if one.rule == Rule::Exists), "{found:?}");
}
