-- Claims queues that are due. The recursion visits the stores that have some by one look-up each,
-- from $1 on, and no more than $2 of them; it never reads a backlog.
WITH RECURSIVE stores (store, number) AS (
    (SELECT q.store, 1 FROM store_context.webhook_queues q
     WHERE q.ready AND q.store > $1 ORDER BY q.store LIMIT 1)
    UNION ALL
    SELECT next.store, s.number + 1 FROM stores s
    CROSS JOIN LATERAL (
        SELECT q.store FROM store_context.webhook_queues q
        WHERE q.ready AND q.store > s.store ORDER BY q.store LIMIT 1
    ) next
    WHERE s.number < $2
), served AS (
    SELECT s.store, COALESCE(w.served, 0) AS served
    FROM stores s LEFT JOIN LATERAL (
        SELECT w.served FROM store_context.webhook_stores w WHERE w.store = s.store LIMIT 1
    ) w ON true
    WHERE s.store <> ALL ($3::text[])
), picked AS MATERIALIZED (
    SELECT p.id, p.due_at, p.entries, p.served, p.store FROM (
        SELECT q.id, q.due_at, q.entries, s.served, s.store
        FROM (SELECT s.store, s.served, count(*) OVER () AS stores
              FROM served s ORDER BY s.served, s.store LIMIT $4) s
        CROSS JOIN LATERAL (
            SELECT q.id, q.due_at, q.entries FROM store_context.webhook_queues q
            WHERE q.ready AND q.store = s.store
            ORDER BY q.due_at, q.id
            LIMIT CASE WHEN s.stores = 1 THEN $4 ELSE $5 END
            FOR UPDATE SKIP LOCKED
        ) q
        LIMIT $4
    ) p
), turns AS (
    SELECT t.store, nextval('store_context.webhook_numbers') AS served
    FROM (SELECT DISTINCT p.served, p.store FROM picked p ORDER BY p.served, p.store) t
), turned AS (
    -- A row that another claim has locked is being served just now.
    UPDATE store_context.webhook_stores w SET served = turns.served
    FROM turns, (SELECT l.store FROM store_context.webhook_stores l
                 WHERE l.store IN (SELECT t.store FROM turns t)
                 FOR UPDATE SKIP LOCKED) l
    WHERE w.store = turns.store AND l.store = turns.store
), emptied AS (
    -- By a late worker, after its lease had ended.
    DELETE FROM store_context.webhook_queues q USING picked p WHERE q.id = p.id AND p.entries = 0
), claimed AS (
    UPDATE store_context.webhook_queues q SET
        ready = false, fence = nextval('store_context.webhook_numbers'),
        due_at = store_context.ledger_now() + make_interval(secs => $6)
    FROM picked p WHERE q.id = p.id AND p.entries > 0
    RETURNING q.id, q.store, q.base_url, q.account, q.conversation, q.fence, q.waiting_since,
        p.served, p.due_at
)
SELECT c.id, c.store, c.base_url, c.account, c.conversation, c.fence, c.waiting_since,
       (SELECT max(s.store) FROM stores s WHERE s.number = $2) AS last_store
FROM claimed c ORDER BY c.served, c.store, c.due_at, c.id
