-- The ledger of held-out tests, oldest look first.
--
-- Grain:   one row per look
-- Params:  $prompt_id       VARCHAR  only looks for this prompt; NULL: all
--          $holdout_sha256  VARCHAR  only looks at these cases; NULL: all
-- Columns: optimization_id, body (JSON)

SELECT
    optimization_id,
    body
FROM confirmations
WHERE ($prompt_id IS NULL OR prompt_id = $prompt_id)
    AND ($holdout_sha256 IS NULL OR holdout_sha256 = $holdout_sha256)
ORDER BY looked_at NULLS LAST, prompt_id NULLS LAST, holdout_sha256 NULLS LAST, seq NULLS LAST
