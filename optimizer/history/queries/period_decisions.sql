-- The decisions made in a period and where they stand today, newest first.
--
-- Grain:   one row per decision
-- Params:  $workflow_id  VARCHAR    only of this workflow; NULL: of all
--          $starts_at    TIMESTAMP  those that were made later
--          $ends_at      TIMESTAMP  up to this time
-- Columns: decision_id, workflow_id, decided_at, state, n_proposals, outcome (NULL: not measured)

SELECT
    decisions.decision_id,
    decisions.workflow_id,
    decisions.decided_at,
    decisions.state,
    decisions.n_proposals,
    outcomes.status AS outcome
FROM decisions
LEFT JOIN outcomes ON outcomes.decision_id = decisions.decision_id
WHERE decisions.decided_at > $starts_at
    AND decisions.decided_at <= $ends_at
    AND ($workflow_id IS NULL OR decisions.workflow_id = $workflow_id)
ORDER BY decisions.decided_at DESC NULLS LAST, decisions.decision_id NULLS LAST
