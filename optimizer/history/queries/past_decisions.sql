-- The newest earlier decisions on some workflows.
--
-- Grain:   one row per decision
-- Params:  $workflow_ids   VARCHAR[]  the workflows
--          $as_of          TIMESTAMP  what was decided, applied or measured later is not seen;
--                                     NULL: all is
--          $max_decisions  INTEGER    newest decisions on a workflow
-- Columns: workflow_id, decision_id, decided_at, seen_until (its newest run began then), state
--          (NULL where as_of is given: it may have changed since), strategies (list of those whose
--          proposals it accepted, or NULL), applied_at, outcome (JSON, or NULL)

WITH placed AS (
    SELECT
        decisions.*,
        row_number() OVER (
            PARTITION BY workflow_id
            ORDER BY decided_at DESC NULLS LAST, decision_id DESC NULLS LAST
        ) AS age
    FROM decisions
    WHERE workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
        AND ($as_of IS NULL OR decided_at <= $as_of)
),
answered AS (
    -- The highest priority first: 20000000000 less it has eleven digits, so texts sort as numbers.
    SELECT
        decision_id,
        list_select(
            array_agg(strategy),
            list_grade_up(array_agg(CAST(20000000000 - priority AS STRING) || strategy))
        ) AS strategies
    FROM strategy_answers
    WHERE n_accepted > 0
        AND workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
    GROUP BY decision_id
)
SELECT
    placed.workflow_id,
    placed.decision_id,
    placed.decided_at,
    placed.seen_until,
    CASE WHEN $as_of IS NULL THEN placed.state END                     AS state,
    answered.strategies,
    CASE WHEN $as_of IS NULL OR placed.applied_at <= $as_of
        THEN placed.applied_at END                                     AS applied_at,
    outcomes.body                                                      AS outcome
FROM placed
LEFT JOIN answered ON answered.decision_id = placed.decision_id
LEFT JOIN outcomes ON outcomes.decision_id = placed.decision_id
    AND ($as_of IS NULL OR outcomes.measured_at <= $as_of)
WHERE placed.age <= $max_decisions
ORDER BY placed.workflow_id NULLS LAST, placed.age NULLS LAST
