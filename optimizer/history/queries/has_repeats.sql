-- Whether a run that is about to be stored has a case more than once.
--
-- Grain:   one row
-- Params:  none
--          Reads the relation incoming, which has the columns of tasks that are counted.
-- Columns: has_repeats

SELECT count(*) > count(DISTINCT (run_id, case_id)) AS has_repeats
FROM incoming
ORDER BY has_repeats NULLS LAST
