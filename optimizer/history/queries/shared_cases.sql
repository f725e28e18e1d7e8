-- How many cases of some runs were also in others.
--
-- Grain:   one row
-- Params:  $run_ids        VARCHAR[]
--          $other_run_ids  VARCHAR[]
-- Columns: n (cases)

SELECT count(DISTINCT case_id) AS n
FROM tasks
WHERE workflow_id IN (
        SELECT workflow_id
        FROM runs
        WHERE run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
    )
    AND run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
    AND case_id IN (
        SELECT case_id
        FROM tasks
        WHERE workflow_id IN (
                SELECT workflow_id
                FROM runs
                WHERE run_id IN (SELECT item FROM unnest($other_run_ids) AS named(item))
            )
            AND run_id IN (SELECT item FROM unnest($other_run_ids) AS named(item))
    )
ORDER BY n NULLS LAST
