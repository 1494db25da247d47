-- How many clips of a route came without the sound that was promised, and when the last one did.

ALTER TABLE route_health ADD COLUMN soundless BIGINT NOT NULL DEFAULT 0;
ALTER TABLE route_health ADD COLUMN soundless_ms BIGINT NOT NULL DEFAULT 0;
