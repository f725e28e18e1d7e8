-- Every known time of a variant in some runs.
--
-- Grain:   one row per completed task of known latency, case by case as in case_columns.sql
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
-- Columns: latency_ms

SELECT latency_ms
FROM tasks
WHERE array_contains($run_ids, run_id)
    AND variant_id = $variant_id
    AND status IN ('succeeded', 'failed', 'timeout', 'error')
    AND latency_ms IS NOT NULL
ORDER BY case_id NULLS LAST, latency_ms NULLS LAST
