-- The configurations of a workflow, in the order in which they were put in force.
--
-- Grain:   one row per configuration put in force
-- Params:  $workflow_id  VARCHAR  the workflow
-- Columns: workflow_id, seq, body (canonical JSON), sha256, decision_id, action, made_at

SELECT workflow_id, seq, body, sha256, decision_id, action, made_at
FROM config_snapshots
WHERE workflow_id = $workflow_id
ORDER BY seq NULLS LAST, made_at NULLS LAST
