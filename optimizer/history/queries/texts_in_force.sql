-- The bodies of what is in force, in which runs may be named.
--
-- Grain:   one row per body
-- Params:  none
-- Columns: reason (what it is), body (JSON)

WITH in_force AS (
    SELECT decision_id, body
    FROM decisions
    WHERE state NOT IN ('rejected', 'failed', 'rolled_back')
        AND (state <> 'completed' OR applied_at IS NOT NULL)
),
bodies AS (
    SELECT concat('decision ', decision_id) AS reason, body FROM in_force
    UNION ALL
    SELECT concat('outcome of decision ', outcomes.decision_id) AS reason, outcomes.body
    FROM outcomes
    JOIN in_force ON in_force.decision_id = outcomes.decision_id
    UNION ALL
    SELECT concat('experiment ', experiment_id) AS reason, design AS body
    FROM experiments
    WHERE status NOT IN ('cancelled', 'archived')
    UNION ALL
    SELECT concat('experiment ', experiment_id) AS reason, outcome AS body
    FROM experiments
    WHERE status NOT IN ('cancelled', 'archived')
    UNION ALL
    SELECT concat('look of experiment ', looks.experiment_id) AS reason, looks.run_ids AS body
    FROM looks
    JOIN experiments ON experiments.experiment_id = looks.experiment_id
    WHERE experiments.status NOT IN ('cancelled', 'archived')
)
SELECT reason, body
FROM bodies
WHERE body IS NOT NULL
ORDER BY reason NULLS LAST, body NULLS LAST
