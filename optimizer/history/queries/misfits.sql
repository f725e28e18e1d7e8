-- Which decisions, rollouts and outcomes are stored more than once, or of no stored decision.
--
-- Grain:   one row per kind and decision that does not fit
-- Params:  none
-- Columns: kind (decisions, rollouts or outcomes), decision_id, n (how often stored)

SELECT kind, decision_id, count(*) AS n
FROM (
    SELECT 'decisions' AS kind, decision_id FROM decisions
    UNION ALL
    SELECT 'rollouts' AS kind, decision_id FROM rollouts
    UNION ALL
    SELECT 'outcomes' AS kind, decision_id FROM outcomes
) AS stored
GROUP BY kind, decision_id
HAVING count(*) > 1 OR decision_id NOT IN (SELECT decision_id FROM decisions)
ORDER BY kind NULLS LAST, decision_id NULLS LAST
