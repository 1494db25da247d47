-- name: audit_count
-- How many movements there are.
SELECT COUNT(*) AS total FROM transfer;

-- name: audit_accounts
-- Every balance, from the movements alone.
SELECT name, purse, SUM(amount) AS balance FROM (
    SELECT credit AS name, purse, amount FROM transfer
    UNION ALL
    SELECT debit AS name, purse, -amount AS amount FROM transfer
) AS sides GROUP BY name, purse ORDER BY name, purse;

-- name: audit_cached_accounts
-- The balances that are kept.
SELECT name, purse, balance FROM account ORDER BY name, purse;

-- name: audit_windows
-- The windows that are kept.
SELECT scope, unit, start_ms, held, used FROM quota_window ORDER BY scope, unit, start_ms;

-- name: audit_jobs
-- What each job says of its money.
SELECT id, state, money, budget, credits, charged, takes FROM job ORDER BY id;

-- name: audit_open_holds
-- Holds that nothing ended.
SELECT hold.id, hold.amount, job.id AS job_id FROM transfer AS hold LEFT JOIN job ON job.n = hold.job_n
WHERE hold.kind = 'hold' AND NOT EXISTS (SELECT 1 FROM transfer AS ending WHERE ending.resolves = hold.id)
ORDER BY hold.id;

-- name: audit_wrong_endings
-- Settles and releases that do not fit the hold they end.
SELECT ending.id, ending.resolves FROM transfer AS ending
LEFT JOIN transfer AS hold ON hold.id = ending.resolves
WHERE ending.kind IN ('settle', 'release') AND (
    hold.id IS NULL OR hold.kind <> 'hold' OR hold.amount <> ending.amount OR hold.credit <> ending.debit
    OR hold.purse <> ending.purse)
ORDER BY ending.id;

-- name: audit_expenses
-- What was taken from the budget beside clips.
SELECT takes FROM expense ORDER BY id;

-- name: audit_cost
-- Vendor cost booked since then.
SELECT COALESCE(SUM(cost_micro_usd), 0) AS total FROM (
    SELECT cost_micro_usd FROM job WHERE submitted_ms >= :since_ms AND submitted_ms > 0
    UNION ALL
    SELECT cost_micro_usd FROM expense WHERE at_ms >= :since_ms
) AS costs;
