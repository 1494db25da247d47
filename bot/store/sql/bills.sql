-- name: bill_note
-- What a vendor says a job cost; said again after a restart, the last word counts.
INSERT INTO vendor_bill (job, route, booked_micro_usd, billed_micro_usd, at_ms)
VALUES (:job, :route, :booked_micro_usd, :billed_micro_usd, :at_ms)
ON CONFLICT (job) DO UPDATE SET billed_micro_usd = excluded.billed_micro_usd, at_ms = excluded.at_ms;

-- name: bill_sums
-- Per route: how many clips were billed, what was booked and what was billed for them.
SELECT route, COUNT(*) AS clips, SUM(booked_micro_usd) AS booked, SUM(billed_micro_usd) AS billed
FROM vendor_bill WHERE at_ms >= :since_ms GROUP BY route ORDER BY route;
