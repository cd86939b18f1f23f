//! What the system catalogs say of a schema.

use sqlx::{PgConnection, Row};

use crate::postgres::error::DatabaseError;
use crate::postgres::schema::Schema;

/// What the catalogs say of a schema and a runtime role.
pub(super) struct Catalog {
    pub(super) schema_owner: Option<String>,
    /// The runtime role, and all roles that it is a member of.
    pub(super) roles: Vec<Role>,
    pub(super) relations: Vec<Relation>,
    pub(super) policies: Vec<Policy>,
    /// Table and column.
    pub(super) columns: Vec<(String, String)>,
    /// The privileges of these roles, and of everybody.
    pub(super) grants: Vec<Grant>,
    /// The functions, and whether each is a `SECURITY DEFINER`.
    pub(super) functions: Vec<(String, bool)>,
    /// Tables with a trigger or a rewrite rule.
    pub(super) triggers: Vec<(String, String)>,
    /// The views of the schema, and all others that read its tables; whether each is a
    /// `security_invoker`.
    pub(super) views: Vec<(String, bool)>,
    /// What is in the schema, and who owns it.
    pub(super) owned: Vec<(String, String)>,
}

pub(super) struct Role {
    pub(super) name: String,
    pub(super) is_superuser: bool,
    pub(super) bypasses_rls: bool,
    pub(super) creates_roles: bool,
}

pub(super) struct Relation {
    pub(super) name: String,
    /// The partitioned table that it belongs to, or its own name.
    pub(super) root: String,
    pub(super) kind: String,
    pub(super) row_security: bool,
    pub(super) forced: bool,
}

pub(super) struct Policy {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) is_permissive: bool,
    pub(super) is_for_all_roles: bool,
    pub(super) command: String,
    pub(super) using: Option<String>,
    pub(super) check: Option<String>,
}

pub(super) struct Grant {
    /// `table`, `view`, `sequence`, `function` or `schema`.
    pub(super) object: String,
    pub(super) name: String,
    pub(super) privilege: String,
    pub(super) grantee: String,
    pub(super) is_grantable: bool,
}

const SCHEMA_OWNER: &str =
    "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = $1";

const ROLES: &str = "
    WITH RECURSIVE member AS (
        SELECT oid FROM pg_roles WHERE rolname = $1
        UNION SELECT roleid FROM pg_auth_members JOIN member ON member = member.oid
    )
    SELECT rolname::text, rolsuper, rolbypassrls, rolcreaterole
    FROM pg_roles JOIN member USING (oid) ORDER BY 1";

const RELATIONS: &str = "
    SELECT relname::text,
        (SELECT root.relname FROM pg_class root
            WHERE root.oid = coalesce(pg_partition_root(class.oid), class.oid))::text,
        relkind::text, relrowsecurity, relforcerowsecurity
    FROM pg_class class WHERE relnamespace = $1::regnamespace ORDER BY 1";

const POLICIES: &str = "
    SELECT relname::text, polname::text, polpermissive, polroles = '{0}', polcmd::text,
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
    FROM pg_policy JOIN pg_class class ON class.oid = polrelid
    WHERE relnamespace = $1::regnamespace ORDER BY 1, 2";

const COLUMNS: &str = "
    SELECT relname::text, attname::text
    FROM pg_attribute JOIN pg_class class ON class.oid = attrelid
    WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p') AND attnum > 0
        AND NOT attisdropped
    ORDER BY 1, attnum";

const GRANTS: &str = "
    WITH RECURSIVE member AS (
        SELECT oid FROM pg_roles WHERE rolname = $2
        UNION SELECT roleid FROM pg_auth_members JOIN member ON member = member.oid
    ),
    acl (object, name, owner, acl) AS (
        SELECT CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view'
                ELSE 'table' END,
            relname::text, relowner,
            coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner))
        FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        UNION ALL
        SELECT 'table', relname::text, relowner, attacl
        FROM pg_attribute JOIN pg_class class ON class.oid = attrelid
        WHERE relnamespace = $1::regnamespace AND attacl IS NOT NULL AND NOT attisdropped
        UNION ALL
        SELECT 'function', proname::text, proowner, coalesce(proacl, acldefault('f', proowner))
        FROM pg_proc WHERE pronamespace = $1::regnamespace
        UNION ALL
        SELECT 'schema', nspname::text, nspowner, coalesce(nspacl, acldefault('n', nspowner))
        FROM pg_namespace WHERE oid = $1::regnamespace
    )
    SELECT DISTINCT object, name, privilege_type::text,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END, is_grantable
    FROM acl, aclexplode(acl)
    WHERE grantee = 0 OR (grantee <> owner AND grantee IN (SELECT oid FROM member))
    ORDER BY 1, 2, 3, 4";

const FUNCTIONS: &str = "
    SELECT proname::text, prosecdef FROM pg_proc WHERE pronamespace = $1::regnamespace ORDER BY 1";

const TRIGGERS: &str = "
    SELECT relname::text, 'trigger ' || tgname
    FROM pg_trigger JOIN pg_class class ON class.oid = tgrelid
    WHERE relnamespace = $1::regnamespace AND NOT tgisinternal
    UNION ALL
    SELECT relname::text, 'rule ' || rulename
    FROM pg_rewrite JOIN pg_class class ON class.oid = ev_class
    WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')
    ORDER BY 1, 2";

const VIEWS: &str = "
    SELECT DISTINCT CASE WHEN view.relnamespace = $1::regnamespace THEN view.relname::text
            ELSE view.oid::regclass::text END,
        coalesce((SELECT option_value::boolean FROM pg_options_to_table(view.reloptions)
            WHERE option_name = 'security_invoker'), false)
    FROM pg_class view
    WHERE view.relkind IN ('v', 'm')
        AND (view.relnamespace = $1::regnamespace OR EXISTS (
            SELECT FROM pg_rewrite JOIN pg_depend ON objid = pg_rewrite.oid
            JOIN pg_class read ON read.oid = refobjid
            WHERE ev_class = view.oid AND classid = 'pg_rewrite'::regclass
                AND refclassid = 'pg_class'::regclass
                AND read.relnamespace = $1::regnamespace))
    ORDER BY 1";

const OWNED: &str = "
    SELECT 'schema ' || nspname, pg_get_userbyid(nspowner)::text
    FROM pg_namespace WHERE oid = $1::regnamespace
    UNION ALL
    SELECT CASE relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' ELSE 'table ' END || relname,
        pg_get_userbyid(relowner)::text
    FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'function ' || proname, pg_get_userbyid(proowner)::text
    FROM pg_proc WHERE pronamespace = $1::regnamespace
    UNION ALL
    SELECT 'type ' || typname, pg_get_userbyid(typowner)::text
    FROM pg_type WHERE typnamespace = $1::regnamespace AND typtype IN ('e', 'd', 'r')
    ORDER BY 1";

impl Catalog {
    /// Reads the catalogs.
    pub(super) async fn read(
        connection: &mut PgConnection,
        schema: &Schema,
        role: &str,
    ) -> Result<Self, DatabaseError> {
        let schema = schema.as_str();
        let owner = sqlx::query_scalar(SCHEMA_OWNER).bind(schema);
        let schema_owner: Option<String> = owner.fetch_optional(&mut *connection).await?;
        let mut read = Self {
            schema_owner,
            roles: Vec::new(),
            relations: Vec::new(),
            policies: Vec::new(),
            columns: Vec::new(),
            grants: Vec::new(),
            functions: Vec::new(),
            triggers: Vec::new(),
            views: Vec::new(),
            owned: Vec::new(),
        };
        for row in sqlx::query(ROLES).bind(role).fetch_all(&mut *connection).await? {
            read.roles.push(Role {
                name: row.try_get(0)?,
                is_superuser: row.try_get(1)?,
                bypasses_rls: row.try_get(2)?,
                creates_roles: row.try_get(3)?,
            });
        }
        if read.schema_owner.is_none() {
            return Ok(read);
        }
        for row in sqlx::query(RELATIONS).bind(schema).fetch_all(&mut *connection).await? {
            read.relations.push(Relation {
                name: row.try_get(0)?,
                root: row.try_get(1)?,
                kind: row.try_get(2)?,
                row_security: row.try_get(3)?,
                forced: row.try_get(4)?,
            });
        }
        for row in sqlx::query(POLICIES).bind(schema).fetch_all(&mut *connection).await? {
            read.policies.push(Policy {
                table: row.try_get(0)?,
                name: row.try_get(1)?,
                is_permissive: row.try_get(2)?,
                is_for_all_roles: row.try_get(3)?,
                command: row.try_get(4)?,
                using: row.try_get(5)?,
                check: row.try_get(6)?,
            });
        }
        let grants = sqlx::query(GRANTS).bind(schema).bind(role);
        for row in grants.fetch_all(&mut *connection).await? {
            read.grants.push(Grant {
                object: row.try_get(0)?,
                name: row.try_get(1)?,
                privilege: row.try_get(2)?,
                grantee: row.try_get(3)?,
                is_grantable: row.try_get(4)?,
            });
        }
        read.columns = pairs(connection, COLUMNS, schema).await?;
        read.functions = pairs(connection, FUNCTIONS, schema).await?;
        read.triggers = pairs(connection, TRIGGERS, schema).await?;
        read.views = pairs(connection, VIEWS, schema).await?;
        read.owned = pairs(connection, OWNED, schema).await?;
        Ok(read)
    }
}

/// Reads rows of a text and another value.
async fn pairs<T>(
    connection: &mut PgConnection,
    statement: &'static str,
    schema: &str,
) -> Result<Vec<(String, T)>, DatabaseError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    Ok(sqlx::query_as(statement).bind(schema).fetch_all(connection).await?)
}
