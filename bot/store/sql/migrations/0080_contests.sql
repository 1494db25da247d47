-- Comparisons of several models, what people answered about them, and the rankings that came of it.

CREATE TABLE contest (
    id TEXT PRIMARY KEY,
    wallet TEXT NOT NULL,
    server TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    closes_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX contest_open ON contest (created_ms) WHERE state <> 'revealed' AND state <> 'closed';

CREATE INDEX contest_wallet ON contest (wallet);

CREATE INDEX contest_server ON contest (server);

CREATE TABLE ballot (
    contest TEXT NOT NULL,
    voter TEXT NOT NULL,
    question TEXT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL CHECK (second > first),
    verdict TEXT NOT NULL CHECK (verdict = 'first' OR verdict = 'second' OR verdict = 'tie' OR verdict = 'neither'),
    informed BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (contest, voter, question, first, second)
){{CLUSTERED}};

CREATE INDEX ballot_voter ON ballot (voter);

CREATE TABLE ballot_pair (
    contest TEXT NOT NULL,
    voter TEXT NOT NULL,
    place BIGINT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL,
    PRIMARY KEY (contest, voter, place)
){{CLUSTERED}};

CREATE INDEX ballot_pair_voter ON ballot_pair (voter);

CREATE TABLE ballot_peek (
    contest TEXT NOT NULL,
    voter TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (contest, voter)
){{CLUSTERED}};

CREATE INDEX ballot_peek_voter ON ballot_peek (voter);

CREATE TABLE ranking (
    server TEXT NOT NULL,
    question TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (server, question)
){{CLUSTERED}};
