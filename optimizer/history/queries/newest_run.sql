-- The newest run that meets some conditions.
--
-- Grain:   at most one row
-- Params:  $branch       VARCHAR  only of this branch; NULL: any
--          $workflow_id  VARCHAR  only of this workflow; NULL: any
--          $variant      VARCHAR  only with a variant of this label; NULL: any
-- Columns: run_id

SELECT runs.run_id
FROM runs
JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NOT NULL
WHERE ($branch IS NULL OR runs.branch = $branch)
    AND ($workflow_id IS NULL OR runs.workflow_id = $workflow_id)
    AND ($variant IS NULL OR reports.variant = $variant)
ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST
LIMIT 1
