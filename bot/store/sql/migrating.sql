-- name: server_rename
-- A server has another id.
UPDATE server SET id = :new WHERE id = :old;

-- name: server_forget_new
-- What was noted under the new id before anybody knew that it is the same server.
DELETE FROM server WHERE id = :new AND EXISTS (SELECT 1 FROM server WHERE id = :old);

-- name: rules_rename
-- Its limits; those already set under the new id stay.
UPDATE rule SET server = :new WHERE server = :old AND NOT EXISTS (
    SELECT 1 FROM rule AS other WHERE other.server = :new AND other.kind = rule.kind
        AND other.subject = rule.subject AND other.purse = rule.purse
);

-- name: rules_rename_channel
-- A group is its own channel.
UPDATE rule SET subject = :new WHERE server = :new AND kind = 'channel' AND subject = :old;

-- name: blocks_rename
-- Its blocks.
UPDATE block SET server = :new WHERE server = :old AND NOT EXISTS (
    SELECT 1 FROM block AS other WHERE other.server = :new AND other.wallet = block.wallet
);

-- name: log_rename
-- Its log.
UPDATE admin_log SET server = :new WHERE server = :old;

-- name: accounts_of_server
-- Its members' granted credits.
SELECT name, purse, wallet, balance FROM account WHERE server = :server AND balance > 0 ORDER BY name, purse;

-- name: windows_of_server
-- Everything counted under its id.
SELECT scope, unit, start_ms, renews_ms, held, used FROM quota_window
WHERE (scope LIKE :member OR scope LIKE :active OR scope LIKE :channel OR scope IN (:whole, :allotment))
    AND (held > 0 OR used > 0)
ORDER BY scope, unit, start_ms;

-- name: jobs_of_server
-- Its jobs, with what they took.
SELECT job.n, job.takes, job.grant_account, job_text.request FROM job JOIN job_text ON job_text.n = job.n
WHERE job.server = :server ORDER BY job.n;

-- name: job_rename
-- A job goes along.
UPDATE job SET server = :new, takes = :takes, grant_account = :grant_account WHERE n = :n;
