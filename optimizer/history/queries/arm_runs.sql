-- Which variants of a workflow ran in which runs, oldest run first.
--
-- Grain:   one row per run and variant
-- Params:  $workflow_id  VARCHAR    the workflow
--          $since        TIMESTAMP  runs that started before it are left out; NULL: none are
-- Columns: run_id, variant_id, variant (label), n_tasks, n_completed, n_succeeded

SELECT
    runs.run_id,
    reports.variant_id,
    reports.variant,
    reports.n_tasks,
    reports.n_completed,
    reports.n_succeeded
FROM runs
JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NOT NULL
WHERE runs.workflow_id = $workflow_id AND ($since IS NULL OR runs.started_at >= $since)
ORDER BY runs.started_at NULLS LAST, runs.run_id NULLS LAST, reports.variant_id NULLS LAST
