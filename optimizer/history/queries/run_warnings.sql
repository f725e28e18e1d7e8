-- What a reader should know of one run.
--
-- Grain:   one row
-- Params:  $run_id  VARCHAR
-- Columns: warnings (JSON list of texts)

SELECT warnings
FROM runs
WHERE run_id = $run_id
ORDER BY run_id NULLS LAST
