-- Files new entries and states. It is refused if another transaction has filed one of the entries
-- meanwhile: `ON CONFLICT` would look each of them up before it is inserted, a fifth of the database's
-- time.
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
