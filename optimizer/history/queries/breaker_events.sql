-- What circuit breakers go by: answers of strategies that ever failed, and how changes turned out.
--
-- Grain:   one row per answer, and one per outcome and strategy that had a part in the change
-- Params:  $workflow_ids   VARCHAR[]  the workflows
--          $as_of          TIMESTAMP  what was decided or measured later is not seen; NULL: all is
-- Columns: workflow_id, strategy, decision_id, is_outcome, at (the newest run known then began),
--          failed

WITH asked AS (
    SELECT workflow_id, strategy, decision_id, status, n_accepted, seen_until
    FROM strategy_answers
    WHERE workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
        AND status <> 'not_asked'
        AND ($as_of IS NULL OR decision_id IN (
            SELECT decision_id FROM decisions WHERE decided_at <= $as_of
        ))
),
faulty AS (
    SELECT DISTINCT workflow_id, strategy FROM asked WHERE status IN ('failed', 'timed_out')
)
SELECT
    asked.workflow_id,
    asked.strategy,
    asked.decision_id,
    FALSE                                       AS is_outcome,
    asked.seen_until                            AS "at",
    asked.status IN ('failed', 'timed_out')     AS failed
FROM asked
JOIN faulty ON faulty.workflow_id = asked.workflow_id AND faulty.strategy = asked.strategy
WHERE asked.seen_until IS NOT NULL
UNION ALL
SELECT
    outcomes.workflow_id,
    asked.strategy,
    outcomes.decision_id,
    TRUE                                        AS is_outcome,
    outcomes.seen_until                         AS "at",
    outcomes.status IN ('failed', 'rolled_back') AS failed
FROM outcomes
JOIN asked ON asked.decision_id = outcomes.decision_id AND asked.n_accepted > 0
WHERE outcomes.status <> 'unknown' AND ($as_of IS NULL OR outcomes.measured_at <= $as_of)
ORDER BY 1 NULLS LAST, 5 NULLS LAST, 2 NULLS LAST, 3 NULLS LAST, 4 NULLS LAST
