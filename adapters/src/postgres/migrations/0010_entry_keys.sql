-- An entry is found by its digest first: comparing the stores' names, which most entries of a group
-- share, before it was a twelfth of the cost of a delivery. The next migration removes the previous
-- index; in one transaction with this one it could block deliveries and be blocked by them.
CREATE UNIQUE INDEX webhook_entries_key ON store_context.webhook_entries (digest, store);
