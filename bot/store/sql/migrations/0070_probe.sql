-- Which job tries a route after a pause, so that it goes alone.

ALTER TABLE route_health ADD COLUMN probe TEXT NOT NULL DEFAULT '';
