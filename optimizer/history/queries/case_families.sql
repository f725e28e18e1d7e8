-- The family of each case of a variant in some runs, told by a column or a key of the metadata.
--
-- Grain:   one row per case, as in case_columns.sql
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
--          $key         VARCHAR    family, dataset, scenario, tenant, task_type or a key of the
--                                  metadata of a task or of its result
--          $path        VARCHAR    the key as a JSON pointer
-- Columns: case_id, family ("" where it is not recorded)

SELECT
    tasks.case_id,
    coalesce(min(CASE $key
        WHEN 'family'    THEN tasks.family
        WHEN 'dataset'   THEN tasks.dataset
        WHEN 'scenario'  THEN tasks.scenario
        WHEN 'tenant'    THEN tasks.tenant
        WHEN 'task_type' THEN tasks.task_type
        ELSE coalesce(
            json_extract_string(task_payloads.metadata, $path),
            json_extract_string(task_payloads.result_metadata, $path)
        )
    END), '') AS family
FROM tasks
LEFT JOIN task_payloads
    ON task_payloads.run_id = tasks.run_id AND task_payloads.position = tasks.position
WHERE array_contains($run_ids, tasks.run_id) AND tasks.variant_id = $variant_id
GROUP BY tasks.case_id
ORDER BY tasks.case_id NULLS LAST
