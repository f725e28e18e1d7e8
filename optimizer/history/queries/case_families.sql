-- The family of each case of a variant in some runs, told by a column or a key of the metadata.
--
-- Grain:   one row per case, as in case_columns.sql
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
--          $key         VARCHAR    family, dataset, scenario, tenant, task_type or a key of the
--                                  metadata of a task or of its result
--          $path        VARCHAR    the key as a JSON pointer
-- Columns: case_id, family ("" where it is not recorded)

WITH long_metadata AS (
    SELECT
        run_id,
        position,
        array_to_string(list_select(array_agg(text), list_grade_up(array_agg(piece))), '') AS text
    FROM long_texts
    WHERE field = 'metadata' AND array_contains($run_ids, run_id)
    GROUP BY run_id, position
),

long_result_metadata AS (
    SELECT
        run_id,
        position,
        array_to_string(list_select(array_agg(text), list_grade_up(array_agg(piece))), '') AS text
    FROM long_texts
    WHERE field = 'result_metadata' AND array_contains($run_ids, run_id)
    GROUP BY run_id, position
)

SELECT
    tasks.case_id,
    coalesce(min(CASE $key
        WHEN 'family'    THEN tasks.family
        WHEN 'dataset'   THEN tasks.dataset
        WHEN 'scenario'  THEN tasks.scenario
        WHEN 'tenant'    THEN tasks.tenant
        WHEN 'task_type' THEN tasks.task_type
        ELSE coalesce(
            json_extract_string(coalesce(task_texts.metadata, long_metadata.text), $path),
            json_extract_string(
                coalesce(task_texts.result_metadata, long_result_metadata.text), $path
            )
        )
    END), '') AS family
FROM tasks
LEFT JOIN task_texts USING (run_id, position)
LEFT JOIN long_metadata USING (run_id, position)
LEFT JOIN long_result_metadata USING (run_id, position)
WHERE array_contains($run_ids, run_id) AND tasks.variant_id = $variant_id
GROUP BY tasks.case_id
ORDER BY tasks.case_id NULLS LAST
