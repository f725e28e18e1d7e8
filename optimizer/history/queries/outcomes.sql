-- What became of decisions.
--
-- Grain:   one row per outcome, the newest first
-- Params:  $decision_id  VARCHAR  only of this decision; NULL: any
-- Columns: decision_id, body (JSON)

SELECT decision_id, body
FROM outcomes
WHERE $decision_id IS NULL OR decision_id = $decision_id
ORDER BY measured_at DESC NULLS LAST, decision_id NULLS LAST
