-- The data sets that a variant was run on.
--
-- Grain:   one row per data set
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
-- Columns: dataset

SELECT DISTINCT dataset
FROM tasks
WHERE array_contains($run_ids, run_id) AND variant_id = $variant_id AND dataset IS NOT NULL
ORDER BY dataset NULLS LAST
