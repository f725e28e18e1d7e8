-- How many decisions are in which state.
--
-- Grain:   one row per state that has decisions
-- Params:  none
-- Columns: state, n (decisions)

SELECT state, count(*) AS n
FROM decisions
GROUP BY state
ORDER BY state NULLS LAST
