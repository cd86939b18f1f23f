-- The stores that a transaction names are read once in a statement: without the subquery the setting is
-- parsed again for each row. What the policies allow stays the same.
DO $$
DECLARE
    payload regclass;
BEGIN
    FOR payload IN
        SELECT p.polrelid FROM pg_policy p
        JOIN pg_class c ON c.oid = p.polrelid
        JOIN pg_class ours ON ours.relnamespace = c.relnamespace
        WHERE p.polname = 'named_stores' AND ours.oid = 'store_context.webhook_entries'::regclass
        ORDER BY 1
    LOOP
        EXECUTE format(
            'ALTER POLICY named_stores ON %s USING (store = ANY ((SELECT NULLIF('
            'current_setting(''store_context_tenant.stores'', true), '''')::text[])::text[]))', payload);
    END LOOP;
END
$$;
