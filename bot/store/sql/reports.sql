-- name: report_servers
-- Every server that was ever heard of, with its open jobs.
SELECT heard.id, COALESCE(server.name, '') AS name,
    (SELECT COUNT(*) FROM job WHERE job.server = heard.id AND state <> 'delivered' AND state <> 'undelivered'
        AND state <> 'released') AS open_jobs
FROM (SELECT id FROM server UNION SELECT server AS id FROM rule UNION SELECT server AS id FROM job) AS heard
LEFT JOIN server ON server.id = heard.id
WHERE heard.id <> ''
ORDER BY name, heard.id;

-- name: report_spent_slots
-- Credits and clips by stretch of time.
SELECT transfer.at_ms / :slot_ms AS slot,
    SUM(CASE WHEN transfer.kind = 'settle' THEN transfer.amount ELSE -transfer.amount END) AS credits,
    COUNT(DISTINCT CASE WHEN transfer.kind = 'settle' THEN job.n END) AS clips
FROM transfer JOIN job ON job.n = transfer.job_n
WHERE transfer.at_ms >= :since_ms AND transfer.at_ms < :until_ms AND transfer.purse = :purse
    AND (transfer.kind = 'settle' OR transfer.kind = 'adjust') AND (:server = '' OR job.server = :server)
GROUP BY 1 ORDER BY 1;

-- name: report_spent_models
-- Credits and clips by model.
SELECT job.model,
    SUM(CASE WHEN transfer.kind = 'settle' THEN transfer.amount ELSE -transfer.amount END) AS credits,
    COUNT(DISTINCT CASE WHEN transfer.kind = 'settle' THEN job.n END) AS clips
FROM transfer JOIN job ON job.n = transfer.job_n
WHERE transfer.at_ms >= :since_ms AND transfer.at_ms < :until_ms AND transfer.purse = :purse
    AND (transfer.kind = 'settle' OR transfer.kind = 'adjust') AND (:server = '' OR job.server = :server)
GROUP BY job.model ORDER BY credits DESC, job.model LIMIT 40;

-- name: report_spent_people
-- Credits and clips by person.
SELECT job.wallet,
    SUM(CASE WHEN transfer.kind = 'settle' THEN transfer.amount ELSE -transfer.amount END) AS credits,
    COUNT(DISTINCT CASE WHEN transfer.kind = 'settle' THEN job.n END) AS clips
FROM transfer JOIN job ON job.n = transfer.job_n
WHERE transfer.at_ms >= :since_ms AND transfer.at_ms < :until_ms AND transfer.purse = :purse
    AND (transfer.kind = 'settle' OR transfer.kind = 'adjust') AND (:server = '' OR job.server = :server)
GROUP BY job.wallet ORDER BY credits DESC, job.wallet LIMIT 40;

-- name: report_cost_slots
-- What vendors were asked for, by stretch of time, at list price.
SELECT slot, SUM(cost_micro_usd) AS cost FROM (
    SELECT submitted_ms / :slot_ms AS slot, cost_micro_usd FROM job
    WHERE submitted_ms >= :since_ms AND submitted_ms < :until_ms AND cost_micro_usd > 0
        AND (:server = '' OR server = :server)
    UNION ALL
    SELECT at_ms / :slot_ms AS slot, cost_micro_usd FROM expense
    WHERE at_ms >= :since_ms AND at_ms < :until_ms AND (:server = '' OR server = :server)
) AS costs GROUP BY slot ORDER BY slot;

-- name: report_cost_models
-- The same by model; a transcript by its provider.
SELECT model, SUM(cost_micro_usd) AS cost FROM (
    SELECT model, cost_micro_usd FROM job
    WHERE submitted_ms >= :since_ms AND submitted_ms < :until_ms AND cost_micro_usd > 0
        AND (:server = '' OR server = :server)
    UNION ALL
    SELECT provider AS model, cost_micro_usd FROM expense
    WHERE at_ms >= :since_ms AND at_ms < :until_ms AND (:server = '' OR server = :server)
) AS costs GROUP BY model ORDER BY model;

-- name: report_cost_people
-- The same by person.
SELECT wallet, SUM(cost_micro_usd) AS cost FROM (
    SELECT wallet, cost_micro_usd FROM job
    WHERE submitted_ms >= :since_ms AND submitted_ms < :until_ms AND cost_micro_usd > 0
        AND (:server = '' OR server = :server)
    UNION ALL
    SELECT wallet, cost_micro_usd FROM expense
    WHERE at_ms >= :since_ms AND at_ms < :until_ms AND (:server = '' OR server = :server)
) AS costs GROUP BY wallet ORDER BY wallet;

-- name: report_jobs
-- The newest jobs.
SELECT * FROM job_whole WHERE n < :before AND (:server = '' OR server = :server) ORDER BY n DESC LIMIT :limit;

-- name: report_jobs_open
-- The newest jobs that have not ended.
SELECT * FROM job_whole
WHERE state <> 'delivered' AND state <> 'undelivered' AND state <> 'released' AND n < :before
    AND (:server = '' OR server = :server)
ORDER BY n DESC LIMIT :limit;

-- name: report_jobs_of
-- Somebody's newest jobs, and whether they keep them out of the gallery.
SELECT job_whole.*, withheld.job AS withheld FROM job_whole LEFT JOIN withheld ON withheld.job = job_whole.id
WHERE job_whole.wallet = :wallet AND job_whole.n < :before ORDER BY job_whole.n DESC LIMIT :limit;

-- name: report_clips
-- A server's newest clips that nobody keeps out of the gallery.
SELECT job_whole.* FROM job_whole LEFT JOIN withheld ON withheld.job = job_whole.id
WHERE job_whole.server = :server AND job_whole.clip IS NOT NULL AND withheld.job IS NULL AND job_whole.n < :before
    AND (job_whole.state = 'delivered' OR job_whole.state = 'undelivered')
ORDER BY job_whole.n DESC LIMIT :limit;

-- name: report_movements
-- The newest movements that fit every filter.
SELECT transfer.*, job.id AS job_id, job.model AS job_model, job.wallet AS job_wallet,
    COALESCE(job.server, transfer.server) AS place
FROM transfer LEFT JOIN job ON job.n = transfer.job_n
WHERE transfer.id < :before AND transfer.at_ms >= :since_ms AND transfer.at_ms < :until_ms
    AND (:kind = '' OR transfer.kind = :kind) AND (:purse = '' OR transfer.purse = :purse)
    AND (:server = '' OR COALESCE(job.server, transfer.server) = :server)
    AND (:job = '' OR job.id = :job)
    AND (:person = '' OR job.wallet IN (
            SELECT wallet FROM identity WHERE person = :person OR LOWER(name) = LOWER(:person))
        OR (transfer.job_n IS NULL AND EXISTS (
            SELECT 1 FROM identity WHERE (person = :person OR LOWER(name) = LOWER(:person))
                AND (transfer.credit LIKE '%:' || wallet OR transfer.debit LIKE '%:' || wallet))))
ORDER BY transfer.id DESC LIMIT :limit;

-- name: report_movements_of
-- The newest movements of one person, by way of their jobs.
SELECT transfer.*, job.id AS job_id, job.model AS job_model, job.wallet AS job_wallet, job.server AS place
FROM job JOIN transfer ON transfer.job_n = job.n
WHERE job.wallet = :wallet AND transfer.id < :before
UNION ALL
SELECT transfer.*, NULL AS job_id, NULL AS job_model, NULL AS job_wallet, transfer.server AS place
FROM transfer WHERE transfer.job_n IS NULL AND transfer.id < :before
    AND (transfer.credit LIKE :mine OR transfer.debit LIKE :mine)
ORDER BY 1 DESC LIMIT :limit;

-- name: report_changes
-- The audit log.
SELECT id, at_ms, server, actor, action, detail FROM admin_log
WHERE id < :before AND (:server = '' OR server = :server) ORDER BY id DESC LIMIT :limit;

-- name: report_people
-- Everybody who made clips, holds credits or has a limit of their own on a server.
SELECT identity.wallet, identity.person, identity.name,
    COALESCE((SELECT SUM(balance) FROM account WHERE account.wallet = identity.wallet AND server = :server
        AND purse = 'paid'), 0) AS granted_paid,
    COALESCE((SELECT SUM(balance) FROM account WHERE account.wallet = identity.wallet AND server = :server
        AND purse = 'free'), 0) AS granted_free
FROM identity
WHERE identity.wallet IN (
        SELECT wallet FROM job WHERE server = :server
        UNION SELECT wallet FROM account WHERE server = :server
        UNION SELECT wallet FROM block WHERE server = :server)
    OR identity.person IN (SELECT subject FROM rule WHERE server = :server AND kind = 'member')
ORDER BY LOWER(identity.name), identity.person LIMIT 1000;

-- name: report_name
-- A wallet by the first name it came with.
SELECT person, name FROM identity WHERE wallet = :wallet ORDER BY seen_ms, person LIMIT 1;

-- name: report_person_name
-- A person's name.
SELECT name FROM identity WHERE person = :person;

-- name: report_blocks
-- Who is blocked on a server, with one of their identities.
SELECT wallet, until_ms, reason, (SELECT MIN(person) FROM identity WHERE identity.wallet = block.wallet) AS person
FROM block WHERE server = :server AND (until_ms = 0 OR until_ms > :now_ms);

-- name: report_wallet_of
-- Somebody by their key, else by their name.
SELECT wallet FROM identity WHERE person = :who OR LOWER(name) = LOWER(:who)
ORDER BY CASE WHEN person = :who THEN 0 ELSE 1 END, seen_ms LIMIT 1;
