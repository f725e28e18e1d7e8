-- The newest runs of a variant, by its label, or of every variant.
--
-- Grain:   one row per run and variant of that label
-- Params:  $workflow_id  VARCHAR  only of this workflow; NULL: any
--          $variant      VARCHAR  label of the variant; NULL: any
--          $limit        BIGINT   no more than these
-- Columns: run_id, workflow_id, variant_id, variant (label)

SELECT runs.run_id, runs.workflow_id, reports.variant_id, reports.variant
FROM runs
JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NOT NULL
WHERE ($variant IS NULL OR reports.variant = $variant)
    AND ($workflow_id IS NULL OR runs.workflow_id = $workflow_id)
ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST,
    reports.variant_id NULLS LAST
LIMIT $limit
