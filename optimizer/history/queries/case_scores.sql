-- What one scorer gave each case under some variants, each over its runs, repeats averaged.
--
-- Grain:   one row per variant and case, the same in the same order as case_columns.sql
-- Params:  $arms    VARCHAR[]  variants in runs, each as its variant id, a line feed, its run id
--          $scorer  VARCHAR    the scorer
-- Columns: variant_id, n_scored (completed tasks with its score, errors included, which score 0), score,
--          score_variance, n_said (tasks the scorer gave a value), n_beyond (values not from 0 to 1,
--          which are left out)

WITH asked AS (
    SELECT
        split_part(item, chr(10), 1)                           AS variant_id,
        substr(item, length(split_part(item, chr(10), 1)) + 2) AS run_id
    FROM unnest($arms) AS named(item)
),
scored AS (
    SELECT task_scores.run_id, task_scores.position, task_scores.value
    FROM task_scores
    WHERE task_scores.run_id IN (SELECT run_id FROM asked) AND task_scores.scorer = $scorer
),
task AS (
    SELECT
        tasks.variant_id,
        tasks.case_id,
        scored.value                                                               AS value,
        CASE WHEN tasks.status IN ('timeout', 'error') THEN 0e0
             WHEN tasks.status IN ('succeeded', 'failed')
                  AND scored.value BETWEEN 0 AND 1 THEN scored.value END AS score
    FROM tasks
    JOIN asked ON asked.run_id = tasks.run_id AND asked.variant_id = tasks.variant_id
    LEFT JOIN scored ON scored.run_id = tasks.run_id AND scored.position = tasks.position
    WHERE tasks.workflow_id IN (
        SELECT runs.workflow_id FROM runs JOIN asked ON asked.run_id = runs.run_id
    )
)
SELECT
    variant_id,
    count(score)                                       AS n_scored,
    avg(score)                                         AS score,
    var_samp(score)                                    AS score_variance,
    count(value)                                       AS n_said,
    count(CASE WHEN value NOT BETWEEN 0 AND 1 THEN 1 END) AS n_beyond
FROM task
GROUP BY variant_id, case_id
ORDER BY variant_id NULLS LAST, case_id NULLS LAST
