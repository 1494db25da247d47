-- name: contest_add
-- A comparison begins.
INSERT INTO contest (id, wallet, server, state, version, closes_ms, created_ms, body)
VALUES (:id, :wallet, :server, :state, :version, :closes_ms, :created_ms, :body);

-- name: contest_read
-- A comparison by id.
SELECT * FROM contest WHERE id = :id;

-- name: contests_open
-- Those that are being made, shown or voted on.
SELECT * FROM contest WHERE state <> 'revealed' AND state <> 'closed' ORDER BY created_ms, id;

-- name: contests_revealed
-- Where the votes of a server come from.
SELECT * FROM contest WHERE server = :server AND state = 'revealed' ORDER BY created_ms, id;

-- name: contests_of_wallet
-- What somebody had compared.
SELECT * FROM contest WHERE wallet = :wallet ORDER BY created_ms, id;

-- name: contest_write
-- Only over what was read.
UPDATE contest SET state = :state, version = version + 1, closes_ms = :closes_ms, body = :body
WHERE id = :id AND version = :version;

-- name: contest_forget
-- Without what somebody asked for and without who it was; the votes of others stay.
UPDATE contest SET wallet = '', version = version + 1, body = :body WHERE id = :id;

-- name: contests_change_wallet
-- A merge moves the comparisons.
UPDATE contest SET wallet = :winner WHERE wallet = :loser;

-- name: contests_rename
-- A server goes by another id.
UPDATE contest SET server = :new WHERE server = :old;

-- name: rankings_drop_new
-- What a new id had is replaced by what the server brings along.
DELETE FROM ranking WHERE server = :new AND EXISTS (SELECT 1 FROM ranking AS old WHERE old.server = :old);

-- name: rankings_rename
-- A server goes by another id.
UPDATE ranking SET server = :new WHERE server = :old;

-- name: ballot_put
-- One answer for each person, pair and question; the last one counts.
INSERT INTO ballot (contest, voter, question, first, second, verdict, informed, at_ms)
VALUES (:contest, :voter, :question, :first, :second, :verdict, :informed, :at_ms)
ON CONFLICT (contest, voter, question, first, second) DO UPDATE SET
    verdict = excluded.verdict, informed = excluded.informed, at_ms = excluded.at_ms;

-- name: ballot_drop
-- What somebody answered before they were forgotten gives way to what they answer now.
DELETE FROM ballot
WHERE contest = :contest AND voter = :voter AND question = :question AND first = :first AND second = :second;

-- name: ballots_of_contest
-- All answers about one comparison.
SELECT * FROM ballot WHERE contest = :contest ORDER BY voter, question, first, second;

-- name: ballots_of_voter
-- All answers of one person.
SELECT * FROM ballot WHERE voter = :voter ORDER BY at_ms, contest, question, first, second;

-- name: ballots_of_server
-- All answers about revealed comparisons.
SELECT ballot.* FROM contest JOIN ballot ON ballot.contest = contest.id
WHERE contest.server = :server AND contest.state = 'revealed';

-- name: ballots_drop_twice
-- Where two people become one, the answers of the first stay.
DELETE FROM ballot WHERE voter = :loser AND EXISTS (
    SELECT 1 FROM ballot AS kept WHERE kept.voter = :winner AND kept.contest = ballot.contest
        AND kept.question = ballot.question AND kept.first = ballot.first AND kept.second = ballot.second
);

-- name: ballots_change_voter
-- The rest goes along.
UPDATE ballot SET voter = :winner WHERE voter = :loser;

-- name: pairs_of_voter
-- What somebody was asked about, in order.
SELECT first, second FROM ballot_pair WHERE contest = :contest AND voter = :voter ORDER BY place;

-- name: pairs_counted
-- How often each pair was asked about.
SELECT first, second, COUNT(*) AS shown FROM ballot_pair WHERE contest = :contest GROUP BY first, second;

-- name: pair_add
-- One pair more for somebody.
INSERT INTO ballot_pair (contest, voter, place, first, second)
VALUES (:contest, :voter, :place, :first, :second);

-- name: pairs_drop_twice
-- Where two people become one, each pair is there once.
DELETE FROM ballot_pair WHERE voter = :loser AND EXISTS (
    SELECT 1 FROM ballot_pair AS kept WHERE kept.voter = :winner AND kept.contest = ballot_pair.contest
        AND kept.first = ballot_pair.first AND kept.second = ballot_pair.second
);

-- name: pairs_change_voter
-- The rest comes after what is there.
UPDATE ballot_pair SET voter = :winner, place = place + :now_ms WHERE voter = :loser;

-- name: peek_read
-- Whether somebody was shown the names.
SELECT at_ms FROM ballot_peek WHERE contest = :contest AND (voter = :voter OR voter = :mark);

-- name: peek_put
-- Somebody was shown the names.
INSERT INTO ballot_peek (contest, voter, at_ms) VALUES (:contest, :voter, :at_ms)
ON CONFLICT (contest, voter) DO NOTHING;

-- name: peeks_copy
-- Whoever becomes one with somebody who knows the names knows them, too.
INSERT INTO ballot_peek (contest, voter, at_ms)
SELECT contest, :winner, at_ms FROM ballot_peek WHERE voter = :loser
ON CONFLICT (contest, voter) DO NOTHING;

-- name: peeks_drop
-- The one who is no more.
DELETE FROM ballot_peek WHERE voter = :loser;

-- name: rankings_read
-- The rankings of a server.
SELECT body FROM ranking WHERE server = :server ORDER BY question;

-- name: ranking_put
-- A ranking in place of the last one.
INSERT INTO ranking (server, question, body) VALUES (:server, :question, :body)
ON CONFLICT (server, question) DO UPDATE SET body = excluded.body;
