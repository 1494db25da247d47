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
