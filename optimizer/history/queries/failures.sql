-- The failures of one run by class and message, most frequent first.
--
-- Grain:   one row per class, reason and message
-- Params:  $run_id  VARCHAR
--          $limit   BIGINT  no more groups than these
-- Columns: kind, reason, message, n (tasks), example_case (first by name)

SELECT
    failure_kind   AS kind,
    failure_reason AS reason,
    error_message  AS message,
    count(*)       AS n,
    min(case_id)   AS example_case
FROM tasks
WHERE run_id = $run_id
    AND workflow_id IN (SELECT workflow_id FROM runs WHERE run_id = $run_id)
    AND failure_kind IS NOT NULL
GROUP BY failure_kind, failure_reason, error_message
ORDER BY n DESC NULLS LAST, kind NULLS LAST, reason NULLS LAST, message NULLS LAST
LIMIT $limit
