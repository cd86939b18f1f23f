-- Files new entries and states, and moves the rounds of stores with webhooks forward. It is refused
-- if another transaction has filed one of the entries meanwhile: `ON CONFLICT` would look each of
-- them up before it is inserted, a fifth of the database's time.
WITH states AS (
    INSERT INTO store_context.webhook_states AS w
        (store, base_url, account, conversation, contact, state, status_told, updated_at, updated_on)
    SELECT n.store, n.base_url, n.account, n.conversation, n.contact, n.state, n.status_told,
           store_context.ledger_now(), (store_context.ledger_now() AT TIME ZONE 'UTC')::date
    FROM unnest($15::text[], $16::text[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bytea[],
                $21::bytea[])
        AS n (store, base_url, account, conversation, contact, state, status_told)
    ON CONFLICT (store, base_url, account, conversation) DO UPDATE SET
        contact = EXCLUDED.contact, state = EXCLUDED.state,
        status_told = COALESCE(EXCLUDED.status_told, w.status_told),
        updated_at = EXCLUDED.updated_at, updated_on = EXCLUDED.updated_on
), stores AS (
    INSERT INTO store_context.webhook_stores (store)
    SELECT n.store FROM unnest($22::text[]) AS n (store)
    ON CONFLICT (store) DO NOTHING
), moved AS (
    -- No more than once a second, if that changes nothing but the time of the last webhook.
    SELECT r.store FROM unnest($23::text[]) AS n (store)
    CROSS JOIN LATERAL (
        SELECT r.store FROM store_context.webhook_rounds r
        WHERE r.store = n.store AND (
            r.last_webhook_at IS NULL
            OR r.last_webhook_at < store_context.ledger_now() - interval '1 second'
            OR store_context.ledger_now() + r.after_webhook
                < CASE WHEN r.fence = 0 THEN r.due_at ELSE COALESCE(r.at_latest, 'infinity') END)
        LIMIT 1 FOR UPDATE
    ) r
), rounds AS (
    UPDATE store_context.webhook_rounds r SET
        last_webhook_at = store_context.ledger_now(),
        due_at = CASE WHEN r.fence = 0
            THEN LEAST(r.due_at, store_context.ledger_now() + r.after_webhook) ELSE r.due_at END,
        at_latest = CASE WHEN r.fence = 0 THEN r.at_latest
            ELSE LEAST(r.at_latest, store_context.ledger_now() + r.after_webhook) END
    FROM moved WHERE r.store = moved.store
)
INSERT INTO store_context.webhook_entries
    (store, digest, id, place, queue, base_url, account, conversation, contact, delivery,
     received_at, reconciled, unknown, stale, key, event)
SELECT n.store, n.digest, n.id, n.id, n.queue, n.base_url, n.account, n.conversation, n.contact,
       n.delivery, store_context.ledger_now(), n.reconciled, n.is_unknown, n.stale, n.key, n.event
FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::bigint[], $10::boolean[], $11::boolean[],
            $12::boolean[], $13::bytea[], $14::bytea[])
    AS n (store, digest, id, queue, base_url, account, conversation, contact, delivery,
          reconciled, is_unknown, stale, key, event)
