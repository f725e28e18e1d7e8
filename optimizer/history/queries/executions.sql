-- Results of an executor with a prompt that were paid for, the oldest first.
--
-- Grain:   one row per execution
-- Params:  $executor_sha256 VARCHAR
--          $prompt_sha256   VARCHAR
--          $replicate       INTEGER
--          $case_sha256s    VARCHAR[]  cases asked for
-- Columns: case_sha256, optimization_id (who paid), body (JSON of the result)

SELECT
    case_sha256,
    optimization_id,
    body
FROM executions
WHERE executor_sha256 = $executor_sha256
    AND prompt_sha256 = $prompt_sha256
    AND replicate = $replicate
    AND array_contains($case_sha256s, case_sha256)
ORDER BY executed_at NULLS LAST, case_sha256 NULLS LAST, optimization_id NULLS LAST
