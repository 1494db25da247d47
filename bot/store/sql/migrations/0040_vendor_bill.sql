-- What vendors say a clip cost, beside what was booked for it: only where a vendor says so.

CREATE TABLE vendor_bill (
    job TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    booked_micro_usd BIGINT NOT NULL,
    billed_micro_usd BIGINT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX vendor_bill_at ON vendor_bill (at_ms);
