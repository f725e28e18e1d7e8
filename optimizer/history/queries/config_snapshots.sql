-- The configurations of workflows, in the order in which they were put in force.
--
-- Grain:   one row per configuration put in force
-- Params:  $workflow_id  VARCHAR  only of this workflow; NULL: any
-- Columns: workflow_id, seq, body (canonical JSON), sha256, decision_id, action, made_at

SELECT workflow_id, seq, body, sha256, decision_id, action, made_at
FROM config_snapshots
WHERE $workflow_id IS NULL OR workflow_id = $workflow_id
ORDER BY workflow_id NULLS LAST, seq NULLS LAST, made_at NULLS LAST
