-- name: clip_drop
-- The finished file of a job is gone.
DELETE FROM job_clip WHERE n = :n;

-- name: job_deleted
-- Its row stays, for the books and the history.
UPDATE job SET outcome = 'deleted' WHERE n = :n;

-- name: blob_elsewhere
-- Whether a stored file still belongs to another clip, wish or waiting quote.
SELECT EXISTS (SELECT 1 FROM job_clip WHERE clip LIKE :inside)
    OR EXISTS (
        SELECT 1 FROM job_text JOIN job ON job.n = job_text.n
        WHERE job_text.request LIKE :inside AND job.outcome <> 'deleted'
    )
    OR EXISTS (SELECT 1 FROM pending WHERE payload LIKE :inside) AS used;

-- name: jobs_whole_of_wallet
-- Everything somebody ever asked for.
SELECT * FROM job_whole WHERE wallet = :wallet ORDER BY n;

-- name: text_forget
-- What was asked and by whom.
UPDATE job_text SET person = :mark, request = :request WHERE n = :n;

-- name: job_forget
-- The row stays for the books, without anything that leads to a person.
UPDATE job SET
    wallet = '', request_key = 'forgotten:' || n, placeholder = '', ticket = '', facts = '{}', outcome = 'deleted'
WHERE n = :n;

-- name: pendings_drop
-- Questions that wait for somebody.
DELETE FROM pending WHERE wallet = :wallet;

-- name: links_of_wallet_drop
-- Their links lead nowhere.
DELETE FROM link WHERE wallet = :wallet;

-- name: notes_forget
-- What the operator was told about somebody.
DELETE FROM operator_note WHERE facts LIKE :quoted_inside;

-- name: log_forget_actor
-- Changes stay, by a hash.
UPDATE admin_log SET actor = :mark WHERE actor = :person;

-- name: log_forget_detail
-- The same where somebody was concerned.
UPDATE admin_log SET detail = REPLACE(detail, :quoted, :quoted_mark) WHERE detail LIKE :quoted_inside;

-- name: blocks_forget_actor
-- Who blocked somebody.
UPDATE block SET actor = :mark WHERE actor = :person;
