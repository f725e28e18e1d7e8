-- The runs that are stored, newest first, each as a whole.
--
-- Grain:   one row per run
-- Params:  $workflow_id  VARCHAR  only this workflow; NULL: all
--          $limit        BIGINT   no more than these
-- Columns: run_id, workflow_id, started_at, finished_at, ingested_at, tool, source_path, branch,
--          git_sha, variant_id (always NULL), then as in the table reports

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
JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NULL
LEFT JOIN sources ON sources.source_sha256 = runs.source_sha256
WHERE $workflow_id IS NULL OR runs.workflow_id = $workflow_id
ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST
LIMIT $limit
