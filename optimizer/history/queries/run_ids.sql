-- The runs whose id begins with a text.
--
-- Grain:   one row per run
-- Params:  $prefix  VARCHAR
-- Columns: run_id

SELECT run_id
FROM runs
WHERE starts_with(run_id, $prefix)
ORDER BY run_id NULLS LAST
