-- Which of some feedback is stored, and what it says.
--
-- Grain:   one row per word of a user
-- Params:  $feedback_ids  VARCHAR[]  their ids
-- Columns: feedback_id, said_sha256

SELECT feedback_id, said_sha256
FROM feedback
WHERE feedback_id IN (SELECT item FROM unnest($feedback_ids) AS named(item))
ORDER BY feedback_id NULLS LAST
