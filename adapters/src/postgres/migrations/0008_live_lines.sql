-- Which process holds the line of which store: the connection to the live feed of its account.
CREATE TABLE store_context.live_lines (
    store text COLLATE "C" PRIMARY KEY,
    -- When the line may be claimed, or when its lease ends.
    due_at timestamptz NOT NULL,
    fence bigint NOT NULL DEFAULT 0,
    held boolean NOT NULL DEFAULT false
) WITH (fillfactor = 80);

CREATE INDEX live_lines_due ON store_context.live_lines (due_at);

-- When the sweep after the one that is held is due at the latest. Processes of the previous version
-- leave it as it is: then a store is swept once more than it had to be.
ALTER TABLE store_context.sweeps ADD COLUMN at_latest timestamptz;
