-- name: identities_of_wallet
-- All accounts that share a wallet.
SELECT person, name FROM identity WHERE wallet = :wallet ORDER BY person;

-- name: identity_move
-- One account leaves a wallet.
UPDATE identity SET wallet = :wallet WHERE person = :person;

-- name: identities_drop
-- Somebody is forgotten.
DELETE FROM identity WHERE wallet = :wallet;

-- name: mark_put
-- What is left of an account that was forgotten.
INSERT INTO identity_mark (mark, wallet, until_ms, relink_ms) VALUES (:mark, :wallet, :until_ms, :relink_ms)
ON CONFLICT (mark) DO UPDATE SET
    wallet = excluded.wallet, until_ms = excluded.until_ms, relink_ms = excluded.relink_ms;

-- name: mark_take
-- Somebody who was forgotten comes back.
DELETE FROM identity_mark WHERE mark = :mark RETURNING wallet, until_ms, relink_ms;

-- name: marks_expire
-- Nothing of them matters any more.
DELETE FROM identity_mark WHERE until_ms <> 0 AND until_ms <= :now_ms;

-- name: relink_put
-- An account that left a wallet has to wait.
INSERT INTO relink (person, until_ms) VALUES (:person, :until_ms)
ON CONFLICT (person) DO UPDATE SET until_ms = excluded.until_ms;

-- name: relink_read
-- How long an account has to wait.
SELECT until_ms FROM relink WHERE person = :person AND until_ms > :now_ms;

-- name: relink_drop
-- Its waiting is known by its hash from now on.
DELETE FROM relink WHERE person = :person;

-- name: jobs_of_person_open
-- Clips of one account that are still on hold.
SELECT COUNT(*) AS total FROM job JOIN job_text ON job_text.n = job.n
WHERE job.wallet = :wallet AND job_text.person = :person AND job.money = 'held';

-- name: jobs_of_person_move
-- An account takes its own history along.
UPDATE job SET wallet = :fresh
WHERE wallet = :wallet AND money <> 'held' AND n IN (SELECT n FROM job_text WHERE person = :person);

-- name: strikes_of_person_move
-- What counts against an account goes with it.
UPDATE strike SET wallet = :fresh WHERE wallet = :wallet AND job IN (
    SELECT job.id FROM job JOIN job_text ON job_text.n = job.n WHERE job_text.person = :person
);

-- name: attempt_add
-- Something that may not be tried too often.
INSERT INTO attempt (wallet, kind, at_ms) VALUES (:wallet, :kind, :at_ms);

-- name: attempts_since
-- How often it was tried since then.
SELECT COUNT(*) AS total FROM attempt WHERE wallet = :wallet AND kind = :kind AND at_ms > :since_ms;

-- name: attempts_expire
-- Long ago.
DELETE FROM attempt WHERE at_ms <= :since_ms;

-- name: pendings_of_wallet
-- Questions that wait for somebody.
SELECT * FROM pending WHERE wallet = :wallet AND kind = :kind AND expires_ms > :now_ms ORDER BY expires_ms DESC;
