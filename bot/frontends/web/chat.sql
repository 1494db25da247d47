-- name: create_message
-- One row for each message; the body is its stored form.
CREATE TABLE IF NOT EXISTS message (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL,
    kind TEXT NOT NULL,
    job TEXT NOT NULL,
    changed INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- name: create_message_place
-- A page of somebody's chat.
CREATE INDEX IF NOT EXISTS message_place ON message (person, place);

-- name: create_message_changed
-- What somebody's page has missed.
CREATE INDEX IF NOT EXISTS message_changed ON message (person, changed);

-- name: create_message_job
-- The message of a job.
CREATE INDEX IF NOT EXISTS message_job ON message (person, job) WHERE job <> '';

-- name: last_change
-- The newest change of all.
SELECT coalesce(max(changed), 0) FROM message;

-- name: put
-- Write a message or its new form.
INSERT INTO message (id, person, kind, job, changed, body)
VALUES (:id, :person, :kind, :job, :changed, :body)
ON CONFLICT (id) DO UPDATE
SET kind = excluded.kind, job = excluded.job, changed = excluded.changed, body = excluded.body
WHERE person = excluded.person
RETURNING place;

-- name: get
-- One message of one person.
SELECT place, body FROM message WHERE id = :id AND person = :person;

-- name: of_job
-- The messages about one job.
SELECT place, body FROM message WHERE person = :person AND job = :job ORDER BY place;

-- name: page
-- The newest messages before a place.
SELECT place, body FROM message WHERE person = :person AND place < :before ORDER BY place DESC LIMIT :count;

-- name: missed
-- What changed since, the oldest change first.
SELECT place, body FROM message WHERE person = :person AND changed > :after ORDER BY changed LIMIT :count;

-- name: drop_person
-- Somebody wants to be forgotten.
DELETE FROM message WHERE person = :person RETURNING place, body;

-- name: unanswered
-- Messages that were being read when the bot stopped.
SELECT place, body FROM message WHERE kind = 'working';
