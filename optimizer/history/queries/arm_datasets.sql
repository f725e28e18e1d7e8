-- The data sets that some variants were run on, each over its runs.
--
-- Grain:   one row per variant and data set
-- Params:  $arms  VARCHAR[]  variants in runs, each as its variant id, a line feed, its run id
-- Columns: variant_id, dataset

WITH asked AS (
    SELECT
        split_part(item, chr(10), 1)                           AS variant_id,
        substr(item, length(split_part(item, chr(10), 1)) + 2) AS run_id
    FROM unnest($arms) AS named(item)
)
SELECT DISTINCT tasks.variant_id, tasks.dataset
FROM tasks
JOIN asked ON asked.run_id = tasks.run_id AND asked.variant_id = tasks.variant_id
WHERE tasks.dataset IS NOT NULL
    AND tasks.workflow_id IN (
        SELECT runs.workflow_id FROM runs JOIN asked ON asked.run_id = runs.run_id
    )
ORDER BY tasks.variant_id NULLS LAST, tasks.dataset NULLS LAST
