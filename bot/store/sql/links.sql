-- name: links_expire
-- Past their time.
DELETE FROM link WHERE expires_ms <= :now_ms;

-- name: link_same
-- A link that serves just as well.
SELECT * FROM link
WHERE job = :job AND wallet = :wallet AND purpose = :purpose AND address = :address AND name = :name
    AND expires_ms >= :least_ms
ORDER BY expires_ms DESC LIMIT 1;

-- name: link_add
-- A new link.
INSERT INTO link (id, purpose, address, mime, name, job, wallet, expires_ms)
VALUES (:id, :purpose, :address, :mime, :name, :job, :wallet, :expires_ms);

-- name: link_read
-- What a link leads to.
SELECT * FROM link WHERE id = :id;

-- name: links_of_job_drop
-- A clip was deleted.
DELETE FROM link WHERE job = :job;

-- name: links_change_wallet
-- A merge moves links.
UPDATE link SET wallet = :winner WHERE wallet = :loser;
