-- Whether a run that is about to be stored has a case more than once.
--
-- Grain:   one row
-- Params:  none
--          Reads the relation incoming, which has the columns of tasks that are counted.
-- Columns: has_repeats
--
-- Cases are told apart by hashes. Were those of two the same by chance, repeats would be said to
-- be there where none are, which changes no figure.

SELECT count(*) > count(DISTINCT hash(run_id, case_id)) AS has_repeats
FROM incoming
ORDER BY has_repeats NULLS LAST
