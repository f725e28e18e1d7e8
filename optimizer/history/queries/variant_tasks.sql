-- How many tasks each variant has had, by workflow and label.
--
-- Grain:   one row per workflow and variant
-- Params:  $workflow_id  VARCHAR  only this workflow; NULL: all
--          $run_id       VARCHAR  only this run; NULL: all
-- Columns: workflow_id, variant_id, variant (label in its newest run), n_tasks

SELECT
    runs.workflow_id,
    reports.variant_id,
    max_by(reports.variant, runs.started_at)  AS variant,
    CAST(sum(reports.n_tasks) AS BIGINT)      AS n_tasks
FROM runs
JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NOT NULL
WHERE ($workflow_id IS NULL OR runs.workflow_id = $workflow_id)
    AND ($run_id IS NULL OR runs.run_id = $run_id)
GROUP BY runs.workflow_id, reports.variant_id
ORDER BY runs.workflow_id NULLS LAST, variant NULLS LAST, reports.variant_id NULLS LAST
