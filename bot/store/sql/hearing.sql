-- name: expense_add
-- What a key was used for beside clips.
INSERT INTO expense (id, provider, server, wallet, cost_micro_usd, takes, at_ms)
VALUES (:id, :provider, :server, :wallet, :cost_micro_usd, :takes, :at_ms);

-- name: expense_drop
-- The vendor took nothing; what was taken for it.
DELETE FROM expense WHERE id = :id RETURNING takes;

-- name: expenses_change_wallet
-- A merge moves them.
UPDATE expense SET wallet = :winner WHERE wallet = :loser;

-- name: expenses_forget
-- The money was spent all the same; nobody is named.
UPDATE expense SET wallet = '' WHERE wallet = :wallet;

-- name: consent_put
-- Somebody agreed, once for each clip.
INSERT INTO voice_consent (job, wallet, person, message, used_as, model, at_ms)
VALUES (:job, :wallet, :person, :message, :used_as, :model, :at_ms) ON CONFLICT DO NOTHING;

-- name: consents_of_wallet
-- What somebody agreed to, the newest first.
SELECT job, wallet, person, message, used_as, model, at_ms FROM voice_consent
WHERE wallet = :wallet ORDER BY at_ms DESC, job LIMIT :limit;

-- name: consents_change_wallet
-- A merge moves them.
UPDATE voice_consent SET wallet = :winner WHERE wallet = :loser;

-- name: consents_of_person_move
-- They go with the account that leaves.
UPDATE voice_consent SET wallet = :fresh WHERE wallet = :wallet AND person = :person;

-- name: consents_drop
-- Forgotten.
DELETE FROM voice_consent WHERE wallet = :wallet;
