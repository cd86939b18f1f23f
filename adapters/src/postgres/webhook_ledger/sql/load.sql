SELECT e.id, e.key, e.event, e.reconciled, e.stale, e.received_at, e.tries
FROM store_context.webhook_entries e
WHERE e.queue = $1 AND EXISTS (
    SELECT FROM store_context.webhook_queues q
    WHERE q.id = $1 AND q.fence = $2 AND q.first_due <= store_context.ledger_now())
ORDER BY e.place LIMIT $3
