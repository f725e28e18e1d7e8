-- How many decisions stand where.
--
-- Grain:   one row per state
-- Params:  none
-- Columns: state, n (decisions)

SELECT state, count(*) AS n
FROM decisions
GROUP BY state
ORDER BY n DESC, state NULLS LAST
