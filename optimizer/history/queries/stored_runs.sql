-- The runs that are stored under some ids, with what tells whether they are the same.
--
-- Grain:   one row per run
-- Params:  $run_ids  VARCHAR[]
-- Columns: run_id, content_sha256, source_sha256

SELECT run_id, content_sha256, source_sha256
FROM runs
WHERE run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
ORDER BY run_id NULLS LAST
