-- What each strategy did in all decisions, and how its changes turned out.
--
-- Grain:   one row per strategy
-- Params:  none
-- Columns: strategy, n_asked (times it was asked), n_proposed (proposals), n_accepted (those that
--          became part of a decision), n_failed (times it failed or took too long), elapsed_mean_ms
--          (NULL where it was never asked), n_outcomes (its changes with a known outcome),
--          n_won (those that turned out at least partly as predicted), n_rolled_back

WITH judged AS (
    SELECT
        answers.strategy,
        count(*)                                                             AS n_outcomes,
        count(CASE WHEN outcomes.status IN ('success', 'partial_success') THEN 1 END) AS n_won,
        count(CASE WHEN outcomes.status = 'rolled_back' THEN 1 END)          AS n_rolled_back
    FROM outcomes
    JOIN strategy_answers AS answers
        ON answers.decision_id = outcomes.decision_id AND answers.n_accepted > 0
    WHERE outcomes.status <> 'unknown'
    GROUP BY answers.strategy
),
said AS (
    SELECT
        strategy,
        count(CASE WHEN status <> 'not_asked' THEN 1 END)                    AS n_asked,
        CAST(sum(n_proposals) AS BIGINT)                                     AS n_proposed,
        CAST(sum(n_accepted) AS BIGINT)                                      AS n_accepted,
        count(CASE WHEN status IN ('failed', 'timed_out') THEN 1 END)        AS n_failed,
        avg(elapsed_ms)                                                      AS elapsed_mean_ms
    FROM strategy_answers
    GROUP BY strategy
)
SELECT
    said.*,
    coalesce(judged.n_outcomes, 0)      AS n_outcomes,
    coalesce(judged.n_won, 0)           AS n_won,
    coalesce(judged.n_rolled_back, 0)   AS n_rolled_back
FROM said
LEFT JOIN judged ON judged.strategy = said.strategy
ORDER BY said.strategy NULLS LAST
