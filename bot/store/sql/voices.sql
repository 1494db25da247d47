-- name: voice_add
-- A maker is about to be asked for a voice.
INSERT INTO voice (name, job, route, state, ticket, voice_id, asked, tries, due_ms, made_ms, gone_ms)
VALUES (:name, :job, :route, :state, :ticket, :voice_id, :asked, :tries, :due_ms, :made_ms, :gone_ms);

-- name: voice_write
-- How far a voice is; one that is gone stays gone.
UPDATE voice SET
    state = :state, ticket = :ticket, voice_id = :voice_id, asked = :asked, tries = :tries, due_ms = :due_ms,
    made_ms = :made_ms, gone_ms = :gone_ms
WHERE name = :name AND state <> 'gone';

-- name: voice_of_job
-- The voice of a job.
SELECT * FROM voice WHERE job = :job;

-- name: voices_unneeded
-- Voices that may still lie at their makers though no job needs them any more, the oldest first.
SELECT voice.* FROM voice LEFT JOIN job ON job.id = voice.job
WHERE voice.state <> 'gone' AND (
    voice.state = 'leaving' OR job.id IS NULL
    OR job.state = 'delivered' OR job.state = 'undelivered' OR job.state = 'released')
ORDER BY voice.made_ms, voice.name;

-- name: voices_of_wallet
-- Voices made of somebody's recordings, the newest first.
SELECT voice.* FROM voice JOIN job ON job.id = voice.job
WHERE job.wallet = :wallet ORDER BY voice.made_ms DESC, voice.name LIMIT :limit;

-- name: voices_forget
-- Nothing leads from a voice to whoever it was made of; it is still to be deleted.
UPDATE voice SET job = '', due_ms = 0
WHERE state <> 'gone' AND job IN (SELECT id FROM job WHERE wallet = :wallet);

-- name: voices_gone_drop
-- That there were voices is forgotten, too.
DELETE FROM voice WHERE state = 'gone' AND job IN (SELECT id FROM job WHERE wallet = :wallet);

-- name: voices_lost_drop
-- A voice that belonged to nobody any more is gone.
DELETE FROM voice WHERE state = 'gone' AND job = '';
