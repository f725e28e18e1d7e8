-- What became of a decision.
--
-- Grain:   at most one row
-- Params:  $decision_id  VARCHAR  the decision
-- Columns: body (JSON)

SELECT body
FROM outcomes
WHERE decision_id = $decision_id
ORDER BY measured_at DESC NULLS LAST
LIMIT 1
