-- What each strategy has proposed, and what came of it.
--
-- Grain:   one row per strategy
-- Params:  none
-- Columns: strategy, n_asked, n_proposed (decisions with a proposal of it), n_accepted (decisions
--          that accepted one), n_failed (failed or timed out), elapsed_ms (mean, NULL: unknown),
--          n_outcomes (of decisions that accepted one), n_success, n_rolled_back

SELECT
    answers.strategy,
    CAST(sum(CASE WHEN answers.status <> 'not_asked' THEN 1 ELSE 0 END) AS BIGINT) AS n_asked,
    count(CASE WHEN answers.n_proposals > 0 THEN 1 END)                   AS n_proposed,
    count(CASE WHEN answers.n_accepted > 0 THEN 1 END)                    AS n_accepted,
    count(CASE WHEN answers.status IN ('failed', 'timed_out') THEN 1 END) AS n_failed,
    avg(answers.elapsed_ms)                                               AS elapsed_ms,
    count(outcomes.status)                                                AS n_outcomes,
    count(CASE WHEN outcomes.status = 'success' THEN 1 END)               AS n_success,
    count(CASE WHEN outcomes.status = 'rolled_back' THEN 1 END)           AS n_rolled_back
FROM strategy_answers AS answers
LEFT JOIN outcomes
    ON outcomes.decision_id = answers.decision_id AND answers.n_accepted > 0
GROUP BY answers.strategy
ORDER BY answers.strategy NULLS LAST
