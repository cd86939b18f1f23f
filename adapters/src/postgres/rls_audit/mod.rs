//! An audit of the schema: whether the tables, views, functions and roles of a database separate
//! the stores as the crate promises.

mod catalog;

use std::collections::BTreeSet;
use std::fmt;

use sqlx::PgConnection;

use self::catalog::{Catalog, Grant, Policy, Relation, Role};
use super::error::DatabaseError;
use super::schema::Schema;
use super::tables::{Kind, QUEUE_COLUMNS, TABLES};

/// A rule of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The schema and each table exist.
    Exists,
    /// Each table is one that the migrations create.
    KnownTable,
    /// Payload has row-level security.
    RowSecurity,
    /// Row-level security applies to the owner too.
    ForcedRowSecurity,
    /// Payload has one policy: for all commands, only rows of the stores that the transaction names.
    Policy,
    /// A queue has the declared columns only, which hold no payload.
    QueueColumns,
    /// No table has a trigger or a rewrite rule of somebody else's.
    NoTrigger,
    /// A view reads with the rights of the role that queries it.
    SecurityInvoker,
    /// No function runs with the rights of its owner.
    NoSecurityDefiner,
    /// The runtime role and everybody have no privilege but what the runtime role needs.
    Privileges,
    /// The runtime role owns nothing here.
    OwnsNothing,
    /// The runtime role can bypass nothing, and cannot become a role that can.
    PlainRole,
}

impl Rule {
    /// Returns the rule's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::KnownTable => "known table",
            Self::RowSecurity => "row-level security",
            Self::ForcedRowSecurity => "forced row-level security",
            Self::Policy => "policy",
            Self::QueueColumns => "columns of a queue",
            Self::NoTrigger => "no trigger",
            Self::SecurityInvoker => "security invoker",
            Self::NoSecurityDefiner => "no security definer",
            Self::Privileges => "privileges",
            Self::OwnsNothing => "owns nothing",
            Self::PlainRole => "plain role",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{object}: {rule}: {detail}")]
#[non_exhaustive]
pub struct Breach {
    /// What breaks it: a table, view, function, sequence, schema or role, with its kind.
    pub object: String,
    /// The rule.
    pub rule: Rule,
    /// What is wrong.
    pub detail: String,
}

/// Audits a schema and its runtime role. Any role that can read the system catalogs, as every role
/// can by default, may run it; it changes nothing.
///
/// ```no_run
/// use sqlx::Connection;
/// use store_context_adapters::postgres::RlsAudit;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut connection = sqlx::PgConnection::connect("postgres://shop_owner@localhost/shop").await?;
/// for breach in RlsAudit::of_role("shop_runtime").run(&mut connection).await? {
///     eprintln!("{breach}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RlsAudit {
    schema: Schema,
    role: String,
}

impl RlsAudit {
    /// Prepares the audit of a runtime role.
    pub fn of_role(runtime_role: &str) -> Self {
        Self { schema: Schema::default(), role: runtime_role.to_owned() }
    }

    /// Uses another schema.
    #[must_use]
    pub fn with_schema(self, schema: Schema) -> Self {
        Self { schema, ..self }
    }

    /// Returns everything that breaks a rule, sorted; nothing if all is well.
    ///
    /// # Errors
    /// Returns an error if the catalogs could not be read.
    pub async fn run(&self, connection: &mut PgConnection) -> Result<Vec<Breach>, DatabaseError> {
        let catalog = Catalog::read(connection, &self.schema, &self.role).await?;
        let mut found = Found::default();
        if catalog.schema_owner.is_none() {
            found.add(format!("schema {}", self.schema), Rule::Exists, "there is no such schema");
        }
        self.check_role(&catalog, &mut found);
        check_tables(&catalog, &mut found);
        for relation in &catalog.relations {
            check_relation(&catalog, relation, &mut found);
        }
        for grant in &catalog.grants {
            check_grant(&catalog, grant, &mut found);
        }
        for (function, is_definer) in &catalog.functions {
            if *is_definer {
                let what = "it runs with the rights of its owner";
                found.add(format!("function {function}"), Rule::NoSecurityDefiner, what);
            }
        }
        for (table, trigger) in &catalog.triggers {
            found.add(format!("table {table}"), Rule::NoTrigger, format!("it has {trigger}"));
        }
        for (view, is_invoker) in &catalog.views {
            if !is_invoker {
                let what = "it reads with the rights of its owner";
                found.add(format!("view {view}"), Rule::SecurityInvoker, what);
            }
        }
        Ok(found.0.into_iter().collect())
    }

    fn check_role(&self, catalog: &Catalog, found: &mut Found) {
        let object = format!("role {}", self.role);
        let Some(role) = catalog.roles.iter().find(|role| role.name == self.role) else {
            return found.add(object, Rule::Exists, "there is no such role");
        };
        for role in &catalog.roles {
            let member = if role.name == self.role {
                String::new()
            } else {
                format!("it is a member of {}, which ", role.name)
            };
            for power in powers(role) {
                let what =
                    if member.is_empty() { format!("it {power}") } else { member.clone() + power };
                found.add(object.clone(), Rule::PlainRole, what);
            }
        }
        if role.is_superuser {
            return;
        }
        for (owned, owner) in &catalog.owned {
            if owner == &self.role {
                found.add(object.clone(), Rule::OwnsNothing, format!("it owns {owned}"));
            }
        }
        let owners: BTreeSet<&str> =
            catalog.owned.iter().map(|(_, owner)| owner.as_str()).collect();
        for role in catalog.roles.iter().filter(|role| role.name != self.role) {
            if owners.contains(role.name.as_str()) {
                let what = format!("it is a member of {}, which owns objects here", role.name);
                found.add(object.clone(), Rule::PlainRole, what);
            }
        }
    }
}

/// Finds the tables that are missing.
fn check_tables(catalog: &Catalog, found: &mut Found) {
    if catalog.schema_owner.is_none() {
        return;
    }
    for (table, _) in TABLES {
        if catalog.relations.iter().all(|relation| relation.name != *table) {
            found.add(format!("table {table}"), Rule::Exists, "it is missing");
        }
    }
}

/// What was found; each breach once.
#[derive(Default)]
struct Found(BTreeSet<Breach>);

impl Found {
    fn add(&mut self, object: String, rule: Rule, detail: impl Into<String>) {
        self.0.insert(Breach { object, rule, detail: detail.into() });
    }
}

/// Returns what a role can do that a runtime role must not.
fn powers(role: &Role) -> impl Iterator<Item = &'static str> {
    // Predefined roles of Postgres that read or write everything, or leave the database.
    const PREDEFINED: [&str; 6] = [
        "pg_read_all_data",
        "pg_write_all_data",
        "pg_read_server_files",
        "pg_write_server_files",
        "pg_execute_server_program",
        "pg_maintain",
    ];
    let predefined = PREDEFINED.contains(&role.name.as_str());
    let powers = [
        (role.is_superuser, "is a superuser"),
        (role.bypasses_rls, "bypasses row-level security"),
        (role.creates_roles, "may create roles"),
        (predefined, "reads or writes beyond the granted privileges"),
    ];
    powers.into_iter().filter_map(|(has, power)| has.then_some(power))
}

fn kind_of(table: &str) -> Option<Kind> {
    TABLES.iter().find(|(name, _)| *name == table).map(|(_, kind)| *kind)
}

/// Checks a table or partition.
fn check_relation(catalog: &Catalog, relation: &Relation, found: &mut Found) {
    let Relation { name, root, .. } = relation;
    let object = || format!("table {name}");
    match relation.kind.as_str() {
        "r" | "p" => {}
        "m" => {
            let what = "a materialized view has no row-level security";
            return found.add(format!("view {name}"), Rule::KnownTable, what);
        }
        "f" => return found.add(object(), Rule::KnownTable, "it is a foreign table"),
        _ => return,
    }
    let Some(kind) = kind_of(root) else {
        return found.add(object(), Rule::KnownTable, "no migration creates it");
    };
    if kind == Kind::Queue {
        check_columns(catalog, relation, found);
    }
    if !kind.is_payload() {
        return;
    }
    if !relation.row_security {
        found.add(object(), Rule::RowSecurity, "it is off");
    }
    if !relation.forced {
        found.add(object(), Rule::ForcedRowSecurity, "it is off");
    }
    let policies: Vec<&Policy> =
        catalog.policies.iter().filter(|policy| policy.table == *name).collect();
    if policies.iter().all(|policy| policy.name != OURS) {
        found.add(object(), Rule::Policy, format!("it has no policy `{OURS}`"));
    }
    for policy in policies.iter().filter(|policy| !is_ours(policy)) {
        let what = format!("its policy `{}` is not as the migrations create it", policy.name);
        found.add(object(), Rule::Policy, what);
    }
}

fn check_columns(catalog: &Catalog, relation: &Relation, found: &mut Found) {
    let object = format!("table {}", relation.name);
    let declared = QUEUE_COLUMNS.iter().find(|(table, _)| *table == relation.root);
    let Some((_, declared)) = declared else {
        return found.add(object, Rule::QueueColumns, "its columns are not declared");
    };
    let columns = catalog.columns.iter().filter(|(table, _)| *table == relation.name);
    for (_, column) in columns {
        if !declared.contains(&column.as_str()) {
            let what = format!("its column `{column}` is not declared");
            found.add(object.clone(), Rule::QueueColumns, what);
        }
    }
}

/// The name of the policy of all payload.
const OURS: &str = "named_stores";

/// Returns whether a policy is the one that the migrations create.
fn is_ours(policy: &Policy) -> bool {
    // As Postgres writes the expressions of the migrations: the present one, and the one before, which
    // a process of the previous version gives the audit trail's new partitions.
    const EXPRESSIONS: [&str; 2] = [
        "(store = ANY (( SELECT (NULLIF(current_setting(\
            'store_context_tenant.stores'::text, true), ''::text))::text[])::text[]))",
        "(store = ANY ((NULLIF(current_setting(\
            'store_context_tenant.stores'::text, true), ''::text))::text[]))",
    ];
    // Some versions write the name of the subquery's column.
    let using = policy.using.as_deref().unwrap_or_default().replace(" AS \"nullif\"", "");
    let is_expected = EXPRESSIONS.contains(&using.as_str());
    policy.name == OURS
        && policy.is_permissive
        && policy.command == "*"
        && policy.is_for_all_roles
        && is_expected
        && (policy.check.is_none() || policy.check == policy.using)
}

/// Checks a privilege of the runtime role, of a role that it is a member of, or of everybody.
fn check_grant(catalog: &Catalog, grant: &Grant, found: &mut Found) {
    let Grant { object, name, privilege, grantee, is_grantable } = grant;
    let allowed = match (grantee.as_str(), object.as_str()) {
        ("PUBLIC", "function") => "EXECUTE",
        ("PUBLIC", _) => "",
        (_, "schema" | "sequence") => "USAGE",
        (_, "function") => "EXECUTE",
        _ => {
            let relation = catalog.relations.iter().find(|relation| relation.name == *name);
            let kind = relation.and_then(|relation| kind_of(&relation.root));
            kind.map_or("", Kind::privileges)
        }
    };
    let is_needed = allowed.split(", ").any(|allowed| allowed == privilege);
    let what = format!("{grantee} has {privilege}");
    if !is_needed {
        found.add(format!("{object} {name}"), Rule::Privileges, what);
    } else if *is_grantable {
        let what = format!("{what} and may grant it to others");
        found.add(format!("{object} {name}"), Rule::Privileges, what);
    }
}
