-- Our own links to single files: a row that is gone is a link taken back.

CREATE TABLE link (
    id TEXT PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose = 'vendor' OR purpose = 'member'),
    address TEXT NOT NULL,
    mime TEXT NOT NULL,
    name TEXT NOT NULL,
    job TEXT NOT NULL,
    wallet TEXT NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE INDEX link_job ON link (job);

CREATE INDEX link_wallet ON link (wallet);

CREATE INDEX link_expires ON link (expires_ms);
