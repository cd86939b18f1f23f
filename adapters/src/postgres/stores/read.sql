-- Each column by its name: `stores.*` would change when a later version adds one, and the server
-- refuses a prepared statement whose result changes.
SELECT version, sealing_key, config, account, user_token, user_token_base_url, webhook_secret,
       previous_webhook_secret, previous_webhook_secret_until, website_hmac, api_hmac,
       webhook_address, panel_address, panel_address_since, previous_panel_address,
       previous_panel_address_until, identifier_key, proof_key, previous_proof_key,
       previous_proof_key_until, COALESCE(lifecycle, '{}') AS lifecycle, previous_webhook_address,
       previous_webhook_address_until
FROM store_context.store_versions JOIN store_context.stores USING (store)
    LEFT JOIN store_context.store_lifecycles USING (store)
WHERE store = $1
