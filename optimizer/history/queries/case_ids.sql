-- The cases of some runs.
--
-- Grain:   one row per case
-- Params:  $run_ids  VARCHAR[]
-- Columns: case_id

SELECT DISTINCT case_id
FROM tasks
WHERE array_contains($run_ids, run_id)
ORDER BY case_id NULLS LAST
