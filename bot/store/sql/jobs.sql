-- name: job_same
-- The job of this command, or one that already has this id.
SELECT * FROM job WHERE request_key = :request_key OR id = :id;

-- name: job_add
-- A new job, with its price on hold.
INSERT INTO job (
    id, request_key, wallet, person, server, provider, model, destination, wish, plan, takes, grant_account,
    credits, state, epoch, money, budget, deadline_ms, next_check_ms, priority, facts, created_ms, updated_ms
) VALUES (
    :id, :request_key, :wallet, :person, :server, :provider, :model, :destination, :wish, :plan, :takes,
    :grant_account, :credits, 'queued', 0, 'held', 'held', :deadline_ms, :next_check_ms, :priority, :facts,
    :created_ms, :created_ms
);

-- name: job_by_id
-- One job.
SELECT * FROM job WHERE id = :id;

-- name: job_for_write
-- What may change of a job, and what its money needs.
SELECT
    wallet, server, provider, takes, grant_account, credits, state, epoch, money, budget, charged, destination,
    placeholder, ticket, remote_id, submitted_ms, deadline_ms, next_check_ms, ready_ms, attempts, priority, clip,
    outcome, facts, cost_micro_usd, cancel_asked, updated_ms
FROM job WHERE id = :id;

-- name: job_write
-- The fenced update: no row if somebody else moved the job meanwhile.
UPDATE job SET
    state = :state, money = :money, budget = :budget, charged = :charged, destination = :destination,
    placeholder = :placeholder, ticket = :ticket, remote_id = :remote_id, submitted_ms = :submitted_ms,
    deadline_ms = :deadline_ms, next_check_ms = :next_check_ms, ready_ms = :ready_ms, attempts = :attempts,
    clip = :clip, outcome = :outcome, facts = :facts, cost_micro_usd = :cost_micro_usd, updated_ms = :updated_ms
WHERE id = :id AND epoch = :epoch AND state = :seen_state AND money = :seen_money AND budget = :seen_budget
RETURNING id;

-- name: job_claim
-- Take a job over; older workers are fenced off from here on.
UPDATE job SET epoch = epoch + 1, updated_ms = :now_ms
WHERE id = :id AND state NOT IN ('delivered', 'undelivered', 'released')
RETURNING *;

-- name: job_ask_cancel
-- Its owner wants it stopped.
UPDATE job SET cancel_asked = 1 WHERE id = :id RETURNING *;

-- name: job_of_ticket
-- Which job owns a vendor's job.
SELECT id FROM job WHERE provider = :provider AND remote_id = :remote_id AND remote_id <> ''
ORDER BY created_ms LIMIT 1;

-- name: jobs_open
-- All that have not ended, oldest first.
SELECT * FROM job WHERE state NOT IN ('delivered', 'undelivered', 'released') ORDER BY created_ms, id;

-- name: jobs_due
-- Open jobs whose time has come.
SELECT id, state, provider, placeholder, priority FROM job
WHERE state NOT IN ('delivered', 'undelivered', 'released') AND next_check_ms <= :now_ms
ORDER BY created_ms, id;

-- name: jobs_of_wallet
-- Somebody's newest jobs.
SELECT * FROM job WHERE wallet = :wallet AND created_ms < :before_ms ORDER BY created_ms DESC, id DESC LIMIT :limit;

-- name: seconds_of_clips
-- How long the last clips of a model took here, in milliseconds.
SELECT ready_ms - submitted_ms AS took_ms FROM job
WHERE server = :server AND model = :model AND ready_ms > 0 AND submitted_ms > 0
ORDER BY ready_ms DESC LIMIT 21;

-- name: fair_next
-- The start tag of fair queueing: nobody gets ahead by having waited idle, nobody by asking often.
INSERT INTO fair_tag (scope, tag)
VALUES (:mine, COALESCE((SELECT tag FROM fair_tag WHERE scope = :lane), 0) + :cost)
ON CONFLICT (scope) DO UPDATE SET tag = CASE
    WHEN fair_tag.tag + :cost > excluded.tag THEN fair_tag.tag + :cost ELSE excluded.tag END
RETURNING tag;

-- name: fair_served
-- A lane's virtual time is the tag of the last job that began.
INSERT INTO fair_tag (scope, tag) VALUES (:lane, :tag)
ON CONFLICT (scope) DO UPDATE SET tag = excluded.tag WHERE fair_tag.tag < excluded.tag;

-- name: open_jobs_of_wallet
-- What a merge has to carry over.
SELECT id, takes, grant_account FROM job WHERE wallet = :wallet AND money = 'held';

-- name: job_rebook
-- A merge moves the sources of a job that is still on hold.
UPDATE job SET takes = :takes, grant_account = :grant_account WHERE id = :id;

-- name: jobs_change_wallet
-- A merge moves the history.
UPDATE job SET wallet = :winner WHERE wallet = :loser;
