-- The files of which every run is stored as it stands in them, by hash.
--
-- Grain:   one row per run
-- Params:  none
-- Columns: source_sha256, run_id, content_sha256

SELECT source_sha256, run_id, content_sha256
FROM runs
ORDER BY source_sha256 NULLS LAST, place NULLS LAST
