-- Which runs are stored from which file.
--
-- Grain:   one row per run
-- Params:  none
-- Columns: source_sha256, run_id, content_sha256, tool, started_at

SELECT source_sha256, run_id, content_sha256, tool, started_at
FROM runs
ORDER BY source_sha256 NULLS LAST, place NULLS LAST, run_id NULLS LAST
