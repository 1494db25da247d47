-- Whoever was forgotten is known by a keyed hash alone, until their used periods and blocks have ended.

CREATE TABLE identity_mark (
    mark TEXT PRIMARY KEY,
    wallet TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    relink_ms BIGINT NOT NULL
);

CREATE TABLE relink (
    person TEXT PRIMARY KEY,
    until_ms BIGINT NOT NULL
);

CREATE TABLE attempt (
    id {{PK}},
    wallet TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX attempt_wallet ON attempt (wallet, kind, at_ms);
