-- Voices that are made out of recordings, each for one job. A row is there before its maker is asked, and says
-- so until the voice is gone there.

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
