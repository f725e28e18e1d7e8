-- The baseline of each workflow, by name.
--
-- Grain:   one row per workflow that has one
-- Params:  $workflow_id  VARCHAR  only this workflow; NULL: all
-- Columns: as in the table baselines

SELECT workflow_id, run_id, variant_id, variant, set_at, actor
FROM baselines
WHERE $workflow_id IS NULL OR workflow_id = $workflow_id
ORDER BY workflow_id NULLS LAST
