-- An optimization.
--
-- Grain:   one row, or none
-- Params:  $optimization_id VARCHAR
-- Columns: optimization_id, prompt_id, status, budget (tests), n_spent (tests), started_at (UTC),
--          changed_at (UTC), body (JSON)

SELECT
    optimization_id,
    prompt_id,
    status,
    budget,
    n_spent,
    started_at,
    changed_at,
    body
FROM optimizations
WHERE optimization_id = $optimization_id
ORDER BY changed_at DESC NULLS LAST
