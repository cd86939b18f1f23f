WITH lifecycles AS (
    INSERT INTO store_context.store_lifecycles AS l
        (store, lifecycle, previous_webhook_address, previous_webhook_address_until)
    VALUES ($1, $3, $15, $21)
    ON CONFLICT (store) DO UPDATE SET
        lifecycle = excluded.lifecycle,
        previous_webhook_address = excluded.previous_webhook_address,
        previous_webhook_address_until = excluded.previous_webhook_address_until
)
UPDATE store_context.stores SET
    account = $2,
    user_token = $4,
    webhook_secret = $5,
    previous_webhook_secret = $6,
    website_hmac = $7,
    api_hmac = $8,
    webhook_address = $9,
    panel_address = $10,
    previous_panel_address = $11,
    identifier_key = $12,
    proof_key = $13,
    previous_proof_key = $14,
    user_token_base_url = $16,
    panel_address_since = $17,
    previous_webhook_secret_until = $18,
    previous_panel_address_until = $19,
    previous_proof_key_until = $20
WHERE store = $1
