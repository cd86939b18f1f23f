-- The time of the ledgers. A function, so that a test can replace it.
CREATE FUNCTION store_context.ledger_now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN now();
