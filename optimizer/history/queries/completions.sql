-- Answers of a language model to a question of an optimization, the oldest first.
--
-- Grain:   one row per completion
-- Params:  $optimization_id VARCHAR
--          $request_sha256  VARCHAR
--          $occurrence      INTEGER  how often the same was asked before
-- Columns: body (JSON of the answer)

SELECT
    body
FROM completions
WHERE optimization_id = $optimization_id
    AND request_sha256 = $request_sha256
    AND occurrence = $occurrence
ORDER BY completed_at NULLS LAST, body NULLS LAST
