-- Every known time of a variant in some runs.
--
-- Grain:   one row per completed task of known latency
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
-- Columns: case_id, latency_ms

SELECT case_id, latency_ms
FROM tasks
WHERE array_contains($run_ids, run_id)
    AND variant_id = $variant_id
    AND status IN ('succeeded', 'failed', 'timeout', 'error')
    AND latency_ms IS NOT NULL
ORDER BY case_id NULLS LAST, run_id NULLS LAST, position NULLS LAST
