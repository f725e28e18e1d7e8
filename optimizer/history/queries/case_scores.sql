-- What one scorer gave each case under one variant in some runs, repeats averaged.
--
-- Grain:   one row per case, the same cases in the same order as case_columns.sql
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
--          $scorer      VARCHAR    the scorer
-- Columns: n_scored (completed tasks with its score, errors included, which score 0), score,
--          score_variance, n_said (tasks the scorer gave a value), n_beyond (values not from 0 to 1,
--          which are left out)

WITH task AS (
    SELECT
        tasks.case_id,
        task_scores.value                                                          AS value,
        CASE WHEN tasks.status IN ('timeout', 'error') THEN 0e0
             WHEN tasks.status IN ('succeeded', 'failed')
                  AND task_scores.value BETWEEN 0 AND 1 THEN task_scores.value END AS score
    FROM tasks
    LEFT JOIN task_scores
        ON task_scores.run_id = tasks.run_id
        AND task_scores.position = tasks.position
        AND task_scores.scorer = $scorer
    WHERE array_contains($run_ids, tasks.run_id) AND tasks.variant_id = $variant_id
)
SELECT
    count(score)                                       AS n_scored,
    avg(score)                                         AS score,
    var_samp(score)                                    AS score_variance,
    count(value)                                       AS n_said,
    count(*) FILTER (WHERE value NOT BETWEEN 0 AND 1)  AS n_beyond
FROM task
GROUP BY case_id
ORDER BY case_id NULLS LAST
