-- name: job_same
-- The job of this command, or one that already has this id.
SELECT * FROM job_whole WHERE request_key = :request_key OR id = :id;

-- name: fair_tags
-- A wallet's newest tag in a lane, and the lane's virtual time.
SELECT tag FROM fair_tag WHERE scope = :mine UNION ALL SELECT tag FROM fair_tag WHERE scope = :lane;

-- name: job_add
-- A new job; no row if its command made one before, or its id is taken.
INSERT INTO job (
    id, request_key, wallet, server, provider, model, takes, grant_account, credits, state, money, budget,
    deadline_ms, next_check_ms, facts, created_ms, updated_ms, priority
) VALUES (
    :id, :request_key, :wallet, :server, :provider, :model, :takes, :grant_account, :credits, 'queued', 'held',
    :budget, :deadline_ms, :next_check_ms, :facts, :created_ms, :created_ms, :priority
) ON CONFLICT DO NOTHING
RETURNING n;

-- name: job_text_add
-- What was asked, beside the job.
INSERT INTO job_text (n, person, request) VALUES (:n, :person, :request);

-- name: job_text_read
-- What was asked.
SELECT request FROM job_text WHERE n = :n;

-- name: job_text_write
-- The answers go elsewhere now.
UPDATE job_text SET request = :request WHERE n = :n;

-- name: job_reroute
-- Somebody else makes it.
UPDATE job SET provider = :provider WHERE n = :n;

-- name: job_clip_put
-- The finished file of a job.
INSERT INTO job_clip (n, clip) VALUES (:n, :clip) ON CONFLICT (n) DO UPDATE SET clip = excluded.clip;

-- name: job_clip_add
-- The same for a job whose number is not at hand.
INSERT INTO job_clip (n, clip) SELECT n, :clip FROM job WHERE id = :id
ON CONFLICT (n) DO UPDATE SET clip = excluded.clip;

-- name: job_takes_write
-- Part of the price came from granted credits.
UPDATE job SET takes = :takes WHERE n = :n;

-- name: job_by_id
-- One job.
SELECT * FROM job_whole WHERE id = :id;

-- name: job_for_write
-- What may change of a job, and what its money needs.
SELECT * FROM job WHERE id = :id;

-- name: job_write
-- The fenced update: no row if somebody else moved the job meanwhile.
UPDATE job SET
    state = :state, money = :money, budget = :budget, charged = :charged, placeholder = :placeholder,
    ticket = :ticket, remote_id = :remote_id, submitted_ms = :submitted_ms, deadline_ms = :deadline_ms,
    next_check_ms = :next_check_ms, ready_ms = :ready_ms, attempts = :attempts, outcome = :outcome,
    facts = :facts, cost_micro_usd = :cost_micro_usd, updated_ms = :updated_ms
WHERE id = :id AND epoch = :epoch AND state = :seen_state AND money = :seen_money AND budget = :seen_budget;

-- name: job_step
-- The next step of a job that is as its worker knows it; no row otherwise. What is NULL stays as it was.
UPDATE job SET
    state = :state, budget = COALESCE(:budget, budget), placeholder = COALESCE(:placeholder, placeholder),
    submitted_ms = COALESCE(:submitted_ms, submitted_ms), deadline_ms = COALESCE(:deadline_ms, deadline_ms),
    next_check_ms = COALESCE(:next_check_ms, next_check_ms), attempts = COALESCE(:attempts, attempts),
    outcome = COALESCE(:outcome, outcome), facts = COALESCE(:facts, facts),
    cost_micro_usd = COALESCE(:cost_micro_usd, cost_micro_usd), updated_ms = :updated_ms
WHERE id = :id AND epoch = :epoch AND state = :seen_state AND money = :seen_money AND charged = :seen_charged
AND cost_micro_usd = :seen_cost AND wallet = :wallet AND server = :server AND cancel_asked = :cancel_asked
AND budget = COALESCE(:seen_budget, budget);

-- name: job_adopt
-- The vendor's job belongs to a job that is as its worker knows it; no row otherwise.
UPDATE job SET
    state = :state, ticket = :ticket, remote_id = :remote_id, deadline_ms = :deadline_ms,
    next_check_ms = :next_check_ms, attempts = :attempts, updated_ms = :updated_ms
WHERE id = :id AND epoch = :epoch AND state = :seen_state AND money = :seen_money AND charged = :seen_charged
AND cost_micro_usd = :seen_cost AND wallet = :wallet AND server = :server AND cancel_asked = :cancel_asked;

-- name: job_settle
-- The whole price of a job that is as its worker knows it is charged; no row otherwise.
UPDATE job SET
    state = :state, money = 'settled', charged = :charged, updated_ms = :now_ms,
    ready_ms = CASE WHEN ready_ms = 0 THEN :now_ms ELSE ready_ms END
WHERE id = :id AND epoch = :epoch AND state = :seen_state AND money = :seen_money AND charged = :seen_charged
AND cost_micro_usd = :seen_cost AND wallet = :wallet AND server = :server AND cancel_asked = :cancel_asked
AND budget = :budget;

-- name: job_claim
-- Take a job over; older workers are fenced off from here on.
UPDATE job SET epoch = epoch + 1, updated_ms = :now_ms
WHERE id = :id AND state <> 'delivered' AND state <> 'undelivered' AND state <> 'released';

-- name: job_ask_cancel
-- Its owner wants it stopped.
UPDATE job SET cancel_asked = 1 WHERE id = :id;

-- name: job_of_ticket
-- Which job owns a vendor's job.
SELECT id FROM job WHERE provider = :provider AND remote_id = :remote_id AND remote_id <> ''
ORDER BY n LIMIT 1;

-- name: jobs_open
-- All that have not ended, oldest first.
SELECT * FROM job_whole WHERE state <> 'delivered' AND state <> 'undelivered' AND state <> 'released' ORDER BY n;

-- name: jobs_due
-- Open jobs whose time has come.
SELECT id, state, provider, placeholder, priority FROM job
WHERE state <> 'delivered' AND state <> 'undelivered' AND state <> 'released' AND next_check_ms <= :now_ms
ORDER BY n;

-- name: jobs_of_wallet
-- Somebody's newest jobs.
SELECT * FROM job_whole WHERE wallet = :wallet AND created_ms < :before_ms
ORDER BY created_ms DESC, n DESC LIMIT :limit;

-- name: seconds_of_clips
-- How long the last clips of a model took here, in milliseconds.
SELECT ready_ms - submitted_ms AS took_ms FROM job
WHERE server = :server AND model = :model AND ready_ms > 0 AND submitted_ms > 0 AND ticket <> ''
ORDER BY n DESC LIMIT 21;

-- name: fair_mine
-- A wallet's newest tag in a lane.
INSERT INTO fair_tag (scope, tag) VALUES (:mine, :tag) ON CONFLICT (scope) DO UPDATE SET tag = excluded.tag;

-- name: fair_served
-- A lane's virtual time is the tag of the last job that began.
INSERT INTO fair_tag (scope, tag) VALUES (:lane, :tag)
ON CONFLICT (scope) DO UPDATE SET tag = excluded.tag WHERE fair_tag.tag < excluded.tag;

-- name: open_jobs_of_wallet
-- What a merge has to carry over.
SELECT n, takes, grant_account FROM job WHERE wallet = :wallet AND money = 'held';

-- name: job_rebook
-- A merge moves the sources of a job that is still on hold.
UPDATE job SET takes = :takes, grant_account = :grant_account WHERE n = :n;

-- name: jobs_change_wallet
-- A merge moves the history.
UPDATE job SET wallet = :winner WHERE wallet = :loser;
