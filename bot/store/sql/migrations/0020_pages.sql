-- What the web pages steer: switches, logins of admins, clips that members keep out of a gallery.

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
