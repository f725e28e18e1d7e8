-- The figures of one run: as a whole first, then by variant.
--
-- Grain:   one row per variant of the run, and one for the run
-- Params:  $run_id  VARCHAR
-- Columns: as in runs.sql

SELECT
    runs.workflow_id,
    runs.started_at,
    runs.finished_at,
    runs.ingested_at,
    runs.tool,
    runs.branch,
    runs.git_sha,
    coalesce(sources.path, '') AS source_path,
    reports.*
FROM runs
JOIN reports ON reports.run_id = runs.run_id
LEFT JOIN sources ON sources.source_sha256 = runs.source_sha256
WHERE runs.run_id = $run_id
ORDER BY reports.variant_id IS NOT NULL NULLS LAST, reports.variant NULLS LAST,
    reports.variant_id NULLS LAST
