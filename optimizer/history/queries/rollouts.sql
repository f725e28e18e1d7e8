-- The rollouts, newest first.
--
-- Grain:   one row per rollout
-- Params:  $decision_id  VARCHAR  only of this decision; NULL: any
--          $workflow_id  VARCHAR  only of this workflow; NULL: any
-- Columns: decision_id, workflow_id, preset, shares (JSON list), step, status, started_at,
--          moved_at, reason

SELECT
    rollouts.decision_id,
    decisions.workflow_id,
    rollouts.preset,
    rollouts.shares,
    rollouts.step,
    rollouts.status,
    rollouts.started_at,
    rollouts.moved_at,
    rollouts.reason
FROM rollouts
JOIN decisions ON decisions.decision_id = rollouts.decision_id
WHERE ($decision_id IS NULL OR rollouts.decision_id = $decision_id)
    AND ($workflow_id IS NULL OR decisions.workflow_id = $workflow_id)
ORDER BY rollouts.started_at DESC NULLS LAST, rollouts.decision_id NULLS LAST
