-- The experiments, or those of one workflow or of one name, newest first.
--
-- Grain:   one row per experiment
-- Params:  $experiment_id  VARCHAR  only this; NULL: all
--          $workflow_id    VARCHAR  only of this workflow; NULL: all
-- Columns: experiment_id, status, created_at, started_at, ended_at, design (JSON), outcome (JSON)

SELECT experiment_id, status, created_at, started_at, ended_at, design, outcome
FROM experiments
WHERE ($experiment_id IS NULL OR experiment_id = $experiment_id)
    AND ($workflow_id IS NULL OR workflow_id = $workflow_id)
ORDER BY created_at DESC NULLS LAST, experiment_id NULLS LAST
