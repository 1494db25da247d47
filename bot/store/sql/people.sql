-- name: identity_read
-- Who a person is.
SELECT wallet, name FROM identity WHERE person = :person;

-- name: identity_add
-- Somebody seen for the first time.
INSERT INTO identity (person, wallet, name, seen_ms) VALUES (:person, :wallet, :name, :now_ms)
ON CONFLICT (person) DO NOTHING;

-- name: identity_rename
-- People change their names.
UPDATE identity SET name = :name WHERE person = :person;

-- name: identities_change_wallet
-- A merge moves the identities.
UPDATE identity SET wallet = :winner WHERE wallet = :loser;

-- name: rules_of_server
-- All limits set on a server.
SELECT * FROM rule WHERE server = :server ORDER BY kind, subject, purse;

-- name: rule_put
-- Set or replace one limit.
INSERT INTO rule (server, kind, subject, purse, credits, period, at_once, price_cap)
VALUES (:server, :kind, :subject, :purse, :credits, :period, :at_once, :price_cap)
ON CONFLICT (server, kind, subject, purse) DO UPDATE SET
    credits = excluded.credits, period = excluded.period, at_once = excluded.at_once,
    price_cap = excluded.price_cap;

-- name: rules_drop
-- Back to "inherit".
DELETE FROM rule WHERE server = :server AND kind = :kind AND subject = :subject RETURNING purse;

-- name: server_read
-- What is known of a server.
SELECT * FROM server WHERE id = :id;

-- name: server_put
-- Remember a server.
INSERT INTO server (id, name, time_zone, language, settings)
VALUES (:id, :name, :time_zone, :language, :settings)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, time_zone = excluded.time_zone, language = excluded.language,
    settings = excluded.settings;

-- name: block_put
-- Block somebody, or change a block.
INSERT INTO block (server, wallet, until_ms, reason, actor)
VALUES (:server, :wallet, :until_ms, :reason, :actor)
ON CONFLICT (server, wallet) DO UPDATE SET
    until_ms = excluded.until_ms, reason = excluded.reason, actor = excluded.actor;

-- name: block_drop
-- Lift a block.
DELETE FROM block WHERE server = :server AND wallet = :wallet RETURNING wallet;

-- name: block_in_force
-- The block that lasts longest, here or everywhere.
SELECT * FROM block
WHERE server IN (:server, '') AND wallet = :wallet AND (until_ms = 0 OR until_ms > :now_ms)
ORDER BY CASE WHEN until_ms = 0 THEN 0 ELSE 1 END, until_ms DESC LIMIT 1;

-- name: blocks_of_wallet
-- All blocks of a wallet.
SELECT * FROM block WHERE wallet = :wallet;

-- name: strike_add
-- A job counts once, however often it is told.
INSERT INTO strike (job, wallet, kind, at_ms) VALUES (:job, :wallet, :kind, :at_ms)
ON CONFLICT (job) DO NOTHING;

-- name: strikes_since
-- How many since then.
SELECT COUNT(*) AS total FROM strike WHERE wallet = :wallet AND at_ms > :since_ms;

-- name: strikes_change_wallet
-- A merge forgets nothing.
UPDATE strike SET wallet = :winner WHERE wallet = :loser;

-- name: pending_put
-- Keep a quote.
INSERT INTO pending (id, wallet, kind, payload, expires_ms) VALUES (:id, :wallet, :kind, :payload, :expires_ms)
ON CONFLICT (id) DO UPDATE SET
    wallet = excluded.wallet, kind = excluded.kind, payload = excluded.payload, expires_ms = excluded.expires_ms;

-- name: pending_expire
-- Forget quotes that nobody confirmed.
DELETE FROM pending WHERE expires_ms <= :now_ms;

-- name: pending_take
-- Take a quote out, once.
DELETE FROM pending WHERE id = :id RETURNING *;

-- name: pendings_change_wallet
-- A merge moves waiting quotes.
UPDATE pending SET wallet = :winner WHERE wallet = :loser;

-- name: log_add
-- What an admin or the operator changed.
INSERT INTO admin_log (at_ms, server, actor, action, detail) VALUES (:at_ms, :server, :actor, :action, :detail);

-- name: log_newest
-- The newest changes on a server.
SELECT at_ms, actor, action, detail FROM admin_log WHERE server = :server ORDER BY id DESC LIMIT :limit;

-- name: note_put
-- Something for the operator; told once for each cause.
INSERT INTO operator_note (cause, at_ms, text_key, facts, times) VALUES (:cause, :at_ms, :text_key, :facts, 1)
ON CONFLICT (cause) DO UPDATE SET
    at_ms = excluded.at_ms, text_key = excluded.text_key, facts = excluded.facts, times = operator_note.times + 1
RETURNING times;

-- name: notes_newest
-- The newest notes.
SELECT * FROM operator_note ORDER BY at_ms DESC, cause LIMIT :limit;

-- name: health_all
-- All routes that were ever used; a job tries one only while it is on its way over it.
SELECT route, failures, opened_ms, last_ok_ms, last_error, soundless, soundless_ms, COALESCE((
    SELECT id FROM job WHERE id = route_health.probe AND provider || '/' || model = route_health.route
    AND (state = 'queued' OR state = 'submitting' OR state = 'uncertain' OR state = 'polling')
), '') AS probe
FROM route_health ORDER BY route;

-- name: health_put
-- Remember how a route is doing.
INSERT INTO route_health (route, failures, opened_ms, last_ok_ms, last_error, probe, soundless, soundless_ms)
VALUES (:route, :failures, :opened_ms, :last_ok_ms, :last_error, :probe, :soundless, :soundless_ms)
ON CONFLICT (route) DO UPDATE SET
    failures = excluded.failures, opened_ms = excluded.opened_ms, last_ok_ms = excluded.last_ok_ms,
    last_error = excluded.last_error, probe = excluded.probe, soundless = excluded.soundless,
    soundless_ms = excluded.soundless_ms;
