-- What keys were used for beside clips (transcripts), and who agreed that a voice is used.

CREATE TABLE expense (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    server TEXT NOT NULL,
    wallet TEXT NOT NULL,
    cost_micro_usd BIGINT NOT NULL,
    takes TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX expense_at ON expense (at_ms);

CREATE TABLE voice_consent (
    job TEXT PRIMARY KEY,
    wallet TEXT NOT NULL,
    person TEXT NOT NULL,
    message TEXT NOT NULL,
    used_as TEXT NOT NULL,
    model TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX voice_consent_wallet ON voice_consent (wallet);
