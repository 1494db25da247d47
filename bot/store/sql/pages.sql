-- name: switches_all
-- Everything that is turned off now.
SELECT kind, subject, actor, reason, at_ms FROM switched_off ORDER BY kind, subject;

-- name: switch_off
-- Turn something off, or say anew why it is off.
INSERT INTO switched_off (kind, subject, actor, reason, at_ms) VALUES (:kind, :subject, :actor, :reason, :at_ms)
ON CONFLICT (kind, subject) DO UPDATE SET
    actor = excluded.actor, reason = excluded.reason, at_ms = excluded.at_ms;

-- name: switch_on
-- Turn it on again.
DELETE FROM switched_off WHERE kind = :kind AND subject = :subject RETURNING kind;

-- name: page_admin_put
-- Let somebody open the admin pages of a server.
INSERT INTO page_admin (name, server, actor, at_ms) VALUES (:name, :server, :actor, :at_ms)
ON CONFLICT (name, server) DO NOTHING;

-- name: page_admin_drop
-- Take that back.
DELETE FROM page_admin WHERE name = :name AND server = :server RETURNING name;

-- name: page_admins
-- Everybody who may open admin pages.
SELECT name, server, actor, at_ms FROM page_admin ORDER BY server, name;

-- name: page_admin_servers
-- The servers whose admin pages somebody may open.
SELECT server FROM page_admin WHERE name = :name ORDER BY server;

-- name: withhold
-- Keep a clip out of the gallery.
INSERT INTO withheld (job, at_ms) VALUES (:job, :at_ms) ON CONFLICT (job) DO NOTHING;

-- name: withhold_end
-- Let it in again.
DELETE FROM withheld WHERE job = :job;

-- name: withheld_of
-- Whether a clip is kept out of the gallery.
SELECT job FROM withheld WHERE job = :job;

-- name: page_admin_forget
-- Somebody is forgotten, and with them their right to admin pages.
DELETE FROM page_admin WHERE 'web:' || name = :person;

-- name: page_admin_forget_actor
-- Who gave the right is known by a hash alone.
UPDATE page_admin SET actor = :mark WHERE actor = :person;

-- name: switches_forget_actor
-- Who stopped something is known by a hash alone.
UPDATE switched_off SET actor = :mark WHERE actor = :person;
