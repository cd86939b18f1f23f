-- With an index: the ledgers' transactions discourage sequential scans, and at the cost of one the
-- server compiles each statement.
CREATE TABLE store_context.simulated_time (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    now timestamptz NOT NULL
);
INSERT INTO store_context.simulated_time (now) VALUES ('-infinity');
GRANT SELECT, UPDATE ON store_context.simulated_time TO runtime_role;
CREATE OR REPLACE FUNCTION store_context.ledger_now() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT now FROM store_context.simulated_time WHERE id);
