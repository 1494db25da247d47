-- name: create_facts
-- Single values: the key that signs buttons.
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- name: create_updates
-- Updates that were taken from Telegram; `body` is gone once one is dealt with.
CREATE TABLE IF NOT EXISTS updates (id INTEGER PRIMARY KEY, body TEXT, at_ms INTEGER NOT NULL);

-- name: create_posts
-- Our messages about jobs: a repeated nonce is the same message.
CREATE TABLE IF NOT EXISTS posts (
    nonce TEXT PRIMARY KEY, chat INTEGER NOT NULL, message INTEGER NOT NULL, job TEXT NOT NULL
) WITHOUT ROWID;

-- name: create_posts_place
-- From a message to its job.
CREATE INDEX IF NOT EXISTS posts_place ON posts (chat, message);

-- name: create_heads
-- What a job's message says above its progress.
CREATE TABLE IF NOT EXISTS heads (job TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;

-- name: create_answers
-- Our answer to somebody's message, for when they edit it.
CREATE TABLE IF NOT EXISTS answers (
    chat INTEGER NOT NULL, message INTEGER NOT NULL, answer INTEGER NOT NULL, job TEXT NOT NULL,
    at_ms INTEGER NOT NULL, PRIMARY KEY (chat, message)
) WITHOUT ROWID;

-- name: create_uploads
-- Files that Telegram already has, by their address here.
CREATE TABLE IF NOT EXISTS uploads (
    address TEXT NOT NULL, kind TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (address, kind)
) WITHOUT ROWID;

-- name: create_panels
-- Cards and forms that are being filled in. `prompt` is the message that asks for their next answer.
CREATE TABLE IF NOT EXISTS panels (
    id TEXT PRIMARY KEY, chat INTEGER NOT NULL, message INTEGER NOT NULL, prompt INTEGER NOT NULL,
    person TEXT NOT NULL, body TEXT NOT NULL, at_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- name: create_panels_place
-- From a message to the panel it shows or asks for.
CREATE INDEX IF NOT EXISTS panels_place ON panels (chat, person);

-- name: create_buttons
-- What buttons mean whose meaning is longer than Telegram keeps.
CREATE TABLE IF NOT EXISTS buttons (id TEXT PRIMARY KEY, words TEXT NOT NULL) WITHOUT ROWID;

-- name: create_names
-- Whom a user name belongs to, as far as they were seen here.
CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, person INTEGER NOT NULL) WITHOUT ROWID;

-- name: create_moves
-- Groups that became supergroups, and so got another id.
CREATE TABLE IF NOT EXISTS moves (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);

-- name: get_fact
-- A single value.
SELECT value FROM facts WHERE name = :name;

-- name: put_fact
-- Keep a single value; the first one stays.
INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING;

-- name: put_update
-- Take an update; nothing comes back for one that was taken before.
INSERT INTO updates (id, body, at_ms) VALUES (:id, :body, :at_ms) ON CONFLICT DO NOTHING RETURNING id;

-- name: end_update
-- An update is dealt with; its number stays.
UPDATE updates SET body = NULL WHERE id = :id;

-- name: open_updates
-- What was taken and not dealt with, the oldest first.
SELECT id, body FROM updates WHERE body IS NOT NULL ORDER BY id;

-- name: last_update
-- The newest number that was taken.
SELECT coalesce(max(id), 0) FROM updates WHERE at_ms > :since_ms;

-- name: drop_updates
-- Forget old numbers.
DELETE FROM updates WHERE body IS NULL AND at_ms < :before_ms;

-- name: put_post
-- Remember our message about a job.
INSERT INTO posts (nonce, chat, message, job) VALUES (:nonce, :chat, :message, :job)
ON CONFLICT (nonce) DO UPDATE SET chat = excluded.chat, message = excluded.message;

-- name: post_of
-- Our message for a nonce.
SELECT chat, message FROM posts WHERE nonce = :nonce;

-- name: job_of
-- The job that one of our messages is about.
SELECT job FROM posts WHERE chat = :chat AND message = :message ORDER BY nonce DESC LIMIT 1;

-- name: put_head
-- Keep what stands above the progress of a job.
INSERT INTO heads (job, text) VALUES (:job, :text) ON CONFLICT (job) DO UPDATE SET text = excluded.text;

-- name: head_of
-- What stands above the progress of a job.
SELECT text FROM heads WHERE job = :job;

-- name: drop_head
-- The job has ended.
DELETE FROM heads WHERE job = :job;

-- name: put_answer
-- Remember what was answered to a message.
INSERT INTO answers (chat, message, answer, job, at_ms) VALUES (:chat, :message, :answer, :job, :at_ms)
ON CONFLICT (chat, message) DO UPDATE SET answer = excluded.answer, job = excluded.job;

-- name: answer_to
-- What was answered to a message.
SELECT answer, job FROM answers WHERE chat = :chat AND message = :message;

-- name: drop_answers
-- Forget old answers.
DELETE FROM answers WHERE at_ms < :before_ms;

-- name: put_upload
-- Remember a file that Telegram has.
INSERT INTO uploads (address, kind, file) VALUES (:address, :kind, :file)
ON CONFLICT (address, kind) DO UPDATE SET file = excluded.file;

-- name: upload_of
-- The file that Telegram has.
SELECT file FROM uploads WHERE address = :address AND kind = :kind;

-- name: drop_upload
-- Telegram has it no longer.
DELETE FROM uploads WHERE file = :file;

-- name: put_panel
-- Keep a panel.
INSERT INTO panels (id, chat, message, prompt, person, body, at_ms)
VALUES (:id, :chat, :message, :prompt, :person, :body, :at_ms)
ON CONFLICT (id) DO UPDATE SET message = excluded.message, prompt = excluded.prompt, body = excluded.body,
    at_ms = excluded.at_ms, chat = excluded.chat;

-- name: panel
-- A panel.
SELECT id, chat, message, prompt, person, body FROM panels WHERE id = :id;

-- name: panel_at
-- The panel that a message shows or asks for.
SELECT id, chat, message, prompt, person, body FROM panels
WHERE chat = :chat AND person = :person AND (message = :message OR prompt = :message);

-- name: panel_waiting
-- The newest panel of a person in a chat that waits for an answer in words or a file.
SELECT id, chat, message, prompt, person, body FROM panels
WHERE chat = :chat AND person = :person AND prompt > 0 ORDER BY at_ms DESC, id DESC LIMIT 1;

-- name: drop_panel
-- A panel is done with; nothing comes back if it was before.
DELETE FROM panels WHERE id = :id RETURNING id;

-- name: drop_panels
-- Forget old panels.
DELETE FROM panels WHERE at_ms < :before_ms;

-- name: put_button
-- Keep what a button means.
INSERT INTO buttons (id, words) VALUES (:id, :words) ON CONFLICT DO NOTHING;

-- name: button
-- What a button means.
SELECT words FROM buttons WHERE id = :id;

-- name: put_name
-- Somebody goes by this name.
INSERT INTO names (name, person) VALUES (:name, :person)
ON CONFLICT (name) DO UPDATE SET person = excluded.person;

-- name: person_named
-- Who goes by this name.
SELECT person FROM names WHERE name = :name;

-- name: forget_panels
-- Drop what a person was filling in.
DELETE FROM panels WHERE person = :person;

-- name: forget_names
-- Drop a person's user name.
DELETE FROM names WHERE person = :person;

-- name: put_move
-- A group has a new id.
INSERT INTO moves (old, new) VALUES (:old, :new) ON CONFLICT (old) DO UPDATE SET new = excluded.new
WHERE new <> excluded.new RETURNING old;

-- name: moves
-- All groups that have a new id.
SELECT old, new FROM moves;
