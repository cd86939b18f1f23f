-- Adds stores to those that have entries, and moves the rounds of stores with webhooks forward.
WITH stores AS (
    INSERT INTO store_context.webhook_stores (store)
    SELECT n.store FROM unnest($1::text[]) AS n (store)
    ON CONFLICT (store) DO NOTHING
), moved AS (
    SELECT r.store FROM unnest($2::text[]) AS n (store)
    CROSS JOIN LATERAL (
        SELECT r.store FROM store_context.webhook_rounds r WHERE r.store = n.store LIMIT 1 FOR UPDATE
    ) r
)
UPDATE store_context.webhook_rounds r SET
    last_webhook_at = store_context.ledger_now(),
    due_at = CASE WHEN r.fence = 0
        THEN LEAST(r.due_at, store_context.ledger_now() + r.after_webhook) ELSE r.due_at END,
    at_latest = CASE WHEN r.fence = 0 THEN r.at_latest
        ELSE LEAST(r.at_latest, store_context.ledger_now() + r.after_webhook) END
FROM moved WHERE r.store = moved.store
