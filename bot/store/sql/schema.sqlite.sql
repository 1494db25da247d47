-- The database of this version, made at once: what replaying the migrations gives. A test compares both.

CREATE TABLE job (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    request_key TEXT NOT NULL UNIQUE,
    wallet TEXT NOT NULL,
    server TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    takes TEXT NOT NULL,
    grant_account TEXT NOT NULL,
    credits BIGINT NOT NULL CHECK (credits >= 0),
    state TEXT NOT NULL,
    epoch BIGINT NOT NULL DEFAULT 0,
    money TEXT NOT NULL CHECK (money = 'held' OR money = 'settled' OR money = 'released'),
    budget TEXT NOT NULL CHECK (budget = 'held' OR budget = 'used' OR budget = 'free'),
    charged BIGINT NOT NULL DEFAULT 0 CHECK (charged >= 0 AND charged <= credits),
    placeholder TEXT NOT NULL DEFAULT '',
    ticket TEXT NOT NULL DEFAULT '',
    remote_id TEXT NOT NULL DEFAULT '',
    submitted_ms BIGINT NOT NULL DEFAULT 0,
    deadline_ms BIGINT NOT NULL DEFAULT 0,
    next_check_ms BIGINT NOT NULL DEFAULT 0,
    ready_ms BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    priority BIGINT NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL,
    cost_micro_usd BIGINT NOT NULL DEFAULT 0,
    cancel_asked BIGINT NOT NULL DEFAULT 0,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);

CREATE INDEX job_open ON job (n) WHERE state <> 'delivered' AND state <> 'undelivered' AND state <> 'released';

CREATE INDEX job_wallet ON job (wallet, created_ms);

CREATE INDEX job_server ON job (server);

CREATE INDEX job_remote ON job (provider, remote_id) WHERE remote_id <> '';

CREATE TABLE job_text (
    n INTEGER PRIMARY KEY REFERENCES job (n),
    person TEXT NOT NULL,
    request TEXT NOT NULL
);

CREATE TABLE job_clip (
    n INTEGER PRIMARY KEY REFERENCES job (n),
    clip TEXT NOT NULL
);

CREATE VIEW job_whole AS
SELECT job.*, job_text.person, job_text.request, job_clip.clip
FROM job JOIN job_text ON job_text.n = job.n LEFT JOIN job_clip ON job_clip.n = job.n;

CREATE TABLE transfer (
    id INTEGER PRIMARY KEY,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL CHECK (credit <> debit),
    amount BIGINT NOT NULL CHECK (amount > 0),
    kind TEXT NOT NULL CHECK (kind = 'grant' OR kind = 'hold' OR kind = 'settle' OR kind = 'release' OR kind = 'adjust' OR kind = 'merge'),
    purse TEXT NOT NULL CHECK (purse = 'paid' OR purse = 'free'),
    server TEXT NOT NULL,
    job_n BIGINT REFERENCES job (n),
    resolves BIGINT REFERENCES transfer (id) CHECK ((resolves IS NOT NULL) = (kind = 'settle' OR kind = 'release')),
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    key TEXT,
    at_ms BIGINT NOT NULL
);

CREATE UNIQUE INDEX transfer_resolves ON transfer (resolves) WHERE resolves IS NOT NULL;

CREATE UNIQUE INDEX transfer_key ON transfer (key) WHERE key IS NOT NULL;

CREATE INDEX transfer_job ON transfer (job_n) WHERE job_n IS NOT NULL;

CREATE INDEX transfer_server ON transfer (server) WHERE job_n IS NULL;

CREATE TABLE account (
    name TEXT NOT NULL,
    purse TEXT NOT NULL,
    server TEXT NOT NULL,
    wallet TEXT NOT NULL,
    balance BIGINT NOT NULL CHECK (balance >= 0),
    PRIMARY KEY (name, purse)
);

CREATE INDEX account_server ON account (server, purse);

CREATE INDEX account_wallet ON account (wallet);

CREATE TABLE quota_window (
    scope TEXT NOT NULL,
    unit TEXT NOT NULL,
    start_ms BIGINT NOT NULL,
    renews_ms BIGINT NOT NULL,
    held BIGINT NOT NULL CHECK (held >= 0),
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (scope, unit, start_ms)
) WITHOUT ROWID;

CREATE TABLE fair_tag (
    scope TEXT PRIMARY KEY,
    tag BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE identity (
    person TEXT PRIMARY KEY,
    wallet TEXT NOT NULL,
    name TEXT NOT NULL,
    seen_ms BIGINT NOT NULL
);

CREATE INDEX identity_wallet ON identity (wallet);

CREATE TABLE server (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    language TEXT NOT NULL,
    settings TEXT NOT NULL
);

CREATE TABLE rule (
    server TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    purse TEXT NOT NULL,
    credits BIGINT CHECK (credits >= 0),
    period TEXT,
    at_once BIGINT CHECK (at_once >= 0),
    price_cap BIGINT CHECK (price_cap >= 0),
    PRIMARY KEY (server, kind, subject, purse)
);

CREATE TABLE block (
    server TEXT NOT NULL,
    wallet TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (server, wallet)
);

CREATE TABLE switched_off (
    kind TEXT NOT NULL CHECK (kind = 'all' OR kind = 'server' OR kind = 'model'),
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);

CREATE TABLE page_admin (
    name TEXT NOT NULL,
    server TEXT NOT NULL,
    actor TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (name, server)
);

CREATE TABLE withheld (
    job TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL
);

CREATE TABLE strike (
    job TEXT PRIMARY KEY,
    wallet TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX strike_wallet ON strike (wallet, at_ms);

CREATE TABLE pending (
    id TEXT PRIMARY KEY,
    wallet TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE INDEX pending_expires ON pending (expires_ms);

CREATE TABLE admin_log (
    id INTEGER PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    server TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX admin_log_server ON admin_log (server, id);

CREATE TABLE operator_note (
    cause TEXT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    text_key TEXT NOT NULL,
    facts TEXT NOT NULL,
    times BIGINT NOT NULL
);

CREATE INDEX operator_note_at ON operator_note (at_ms);

CREATE TABLE route_health (
    route TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    opened_ms BIGINT NOT NULL,
    last_ok_ms BIGINT NOT NULL,
    last_error TEXT NOT NULL
, probe TEXT NOT NULL DEFAULT '', soundless BIGINT NOT NULL DEFAULT 0, soundless_ms BIGINT NOT NULL DEFAULT 0);

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
CREATE TABLE vendor_bill (
    job TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    booked_micro_usd BIGINT NOT NULL,
    billed_micro_usd BIGINT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX vendor_bill_at ON vendor_bill (at_ms);

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
    id INTEGER PRIMARY KEY,
    wallet TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX attempt_wallet ON attempt (wallet, kind, at_ms);

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
) WITHOUT ROWID;

CREATE INDEX ballot_voter ON ballot (voter);

CREATE TABLE ballot_pair (
    contest TEXT NOT NULL,
    voter TEXT NOT NULL,
    place BIGINT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL,
    PRIMARY KEY (contest, voter, place)
) WITHOUT ROWID;

CREATE INDEX ballot_pair_voter ON ballot_pair (voter);

CREATE TABLE ballot_peek (
    contest TEXT NOT NULL,
    voter TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (contest, voter)
) WITHOUT ROWID;

CREATE INDEX ballot_peek_voter ON ballot_peek (voter);

CREATE TABLE ranking (
    server TEXT NOT NULL,
    question TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (server, question)
) WITHOUT ROWID;

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

CREATE TABLE voice (
    name TEXT PRIMARY KEY,
    job TEXT NOT NULL,
    route TEXT NOT NULL,
    state TEXT NOT NULL,
    ticket TEXT NOT NULL,
    voice_id TEXT NOT NULL,
    asked BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    made_ms BIGINT NOT NULL,
    gone_ms BIGINT NOT NULL
);

CREATE INDEX voice_job ON voice (job);

CREATE INDEX voice_kept ON voice (made_ms) WHERE state <> 'gone';

CREATE TRIGGER transfer_no_update BEFORE UPDATE ON transfer
BEGIN
    SELECT RAISE(ABORT, 'transfers never change');
END;

CREATE TRIGGER transfer_no_delete BEFORE DELETE ON transfer
BEGIN
    SELECT RAISE(ABORT, 'transfers never change');
END;
