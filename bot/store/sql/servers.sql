-- name: use_of_members
-- What members hold and used in running periods.
SELECT taken.start_ms, taken.held + taken.used AS amount, identity.person, identity.name
FROM quota_window AS taken JOIN identity ON identity.wallet = SUBSTR(taken.scope, :skip)
WHERE taken.scope LIKE :members AND taken.unit = :purse AND taken.renews_ms > :now_ms
    AND taken.held + taken.used > 0 AND identity.person LIKE :platform
ORDER BY amount DESC, identity.person LIMIT :limit;

-- name: servers_that_keep_less
-- Servers with a retention of their own.
SELECT id, settings FROM server WHERE settings LIKE '%"keep_days"%';

-- name: clips_older
-- Clips of a server that are past their time.
SELECT job.id FROM job JOIN job_clip ON job_clip.n = job.n
WHERE job.server = :server AND job.created_ms < :before_ms
    AND (job.state = 'delivered' OR job.state = 'undelivered' OR job.state = 'released')
ORDER BY job.n LIMIT 200;
