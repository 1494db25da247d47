-- name: window_hold
-- Hold an amount if the whole of it fits; no row if it does not, or if there is no window yet.
UPDATE quota_window SET held = held + :amount
WHERE scope = :scope AND unit = :unit AND start_ms = :start_ms AND held + used + :amount <= :cap;

-- name: window_open
-- The first hold of a period; no row if another was first.
INSERT INTO quota_window (scope, unit, start_ms, renews_ms, held, used)
VALUES (:scope, :unit, :start_ms, :renews_ms, :amount, 0) ON CONFLICT DO NOTHING;

-- name: window_read
-- Held and used of one window.
SELECT held, used FROM quota_window WHERE scope = :scope AND unit = :unit AND start_ms = :start_ms;

-- name: window_shift
-- Move a window's figures; the checks of the table forbid going below zero.
UPDATE quota_window SET held = held + :held, used = used + :used
WHERE scope = :scope AND unit = :unit AND start_ms = :start_ms;

-- name: window_put
-- Add figures to a window that may not exist yet.
INSERT INTO quota_window (scope, unit, start_ms, renews_ms, held, used)
VALUES (:scope, :unit, :start_ms, :renews_ms, :held, :used)
ON CONFLICT (scope, unit, start_ms) DO UPDATE
SET held = quota_window.held + excluded.held, used = quota_window.used + excluded.used;

-- name: windows_of_wallet
-- A wallet's windows that still matter: running, without end, or with something on hold.
SELECT scope, unit, start_ms, renews_ms, held, used FROM quota_window
WHERE scope LIKE :suffix AND (renews_ms = 0 OR renews_ms > :now_ms OR held > 0)
ORDER BY scope, unit, start_ms;

-- name: window_clear
-- Nothing is left in a window after a merge.
UPDATE quota_window SET held = 0, used = 0 WHERE scope = :scope AND unit = :unit AND start_ms = :start_ms;

-- name: account_balance
-- Granted credits left.
SELECT balance FROM account WHERE name = :name AND purse = :purse;

-- name: account_take
-- Take granted credits if there are enough; no row if not.
UPDATE account SET balance = balance - :amount
WHERE name = :name AND purse = :purse AND balance >= :amount;

-- name: account_put
-- Add granted credits.
INSERT INTO account (name, purse, server, wallet, balance) VALUES (:name, :purse, :server, :wallet, :amount)
ON CONFLICT (name, purse) DO UPDATE SET balance = account.balance + excluded.balance
RETURNING balance;

-- name: accounts_of_wallet
-- All granted credits of a wallet.
SELECT name, purse, server, balance FROM account WHERE wallet = :wallet AND balance > 0 ORDER BY name, purse;

-- name: granted_on_server
-- Granted credits of all members together.
SELECT COALESCE(SUM(balance), 0) AS total FROM account WHERE server = :server AND purse = :purse;

-- name: transfer_add
-- One movement.
INSERT INTO transfer (debit, credit, amount, kind, purse, server, job_n, resolves, actor, reason, key, at_ms)
VALUES (:debit, :credit, :amount, :kind, :purse, :server, :job_n, :resolves, :actor, :reason, :key, :at_ms);

-- name: transfer_by_key
-- Whether a grant was given already.
SELECT id FROM transfer WHERE key = :key;

-- name: holds_of_job
-- The holds of a job; open as long as the job says so.
SELECT id, debit, amount FROM transfer WHERE job_n = :job_n AND kind = 'hold' ORDER BY id;

-- name: holds_settle
-- Everything on hold for a job is charged: what lies in the account of the hold goes to what was spent.
INSERT INTO transfer (debit, credit, amount, kind, purse, server, job_n, resolves, actor, reason, at_ms)
SELECT credit, :spent, amount, 'settle', purse, :server, job_n, id, '', '', :now_ms
FROM transfer WHERE job_n = (SELECT n FROM job WHERE id = :id) AND kind = 'hold' ORDER BY id;

-- name: transfers_of_job
-- Newest movements of a job.
SELECT transfer.*, job.id AS job_id FROM transfer JOIN job ON job.n = transfer.job_n
WHERE job.id = :job ORDER BY transfer.id DESC LIMIT :limit;

-- name: transfers_of_server
-- Newest movements on a server.
SELECT transfer.*, '' AS job_id FROM transfer WHERE server = :server AND job_n IS NULL
UNION ALL
SELECT transfer.*, job.id AS job_id FROM job JOIN transfer ON transfer.job_n = job.n WHERE job.server = :server
ORDER BY 1 DESC LIMIT :limit;

-- name: transfers_newest
-- Newest movements.
SELECT transfer.*, job.id AS job_id FROM transfer LEFT JOIN job ON job.n = transfer.job_n
ORDER BY transfer.id DESC LIMIT :limit;
