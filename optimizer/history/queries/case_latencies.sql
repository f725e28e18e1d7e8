-- Every known time of some variants, each over its runs.
--
-- Grain:   one row per completed task of known latency, case by case as in case_columns.sql
-- Params:  $arms  VARCHAR[]  variants in runs, each as its variant id, a line feed, its run id
-- Columns: variant_id, latency_ms

WITH asked AS (
    SELECT
        split_part(item, chr(10), 1)                           AS variant_id,
        substr(item, length(split_part(item, chr(10), 1)) + 2) AS run_id
    FROM unnest($arms) AS named(item)
)
SELECT tasks.variant_id, tasks.latency_ms
FROM tasks
JOIN asked ON asked.run_id = tasks.run_id AND asked.variant_id = tasks.variant_id
WHERE tasks.workflow_id IN (
        SELECT runs.workflow_id FROM runs JOIN asked ON asked.run_id = runs.run_id
    )
    AND status IN ('succeeded', 'failed', 'timeout', 'error')
    AND latency_ms IS NOT NULL
ORDER BY tasks.variant_id NULLS LAST, tasks.case_id NULLS LAST, latency_ms NULLS LAST
