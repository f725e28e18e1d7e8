-- The family of each case of some variants, told by a column or a key of the metadata.
--
-- Grain:   one row per variant and case, as in case_columns.sql
-- Params:  $arms  VARCHAR[]  variants in runs, each as its variant id, a line feed, its run id
--          $key   VARCHAR    family, dataset, scenario, tenant, task_type or a key of the
--                            metadata of a task or of its result
--          $path  VARCHAR    the key as a JSON pointer
-- Columns: variant_id, case_id, family ("" where it is not recorded)

WITH asked AS (
    SELECT
        split_part(item, chr(10), 1)                           AS variant_id,
        substr(item, length(split_part(item, chr(10), 1)) + 2) AS run_id
    FROM unnest($arms) AS named(item)
),

texts AS (
    SELECT run_id, position, metadata, result_metadata
    FROM task_texts
    WHERE run_id IN (SELECT run_id FROM asked)
),

long_metadata AS (
    SELECT
        run_id,
        position,
        array_to_string(list_select(array_agg(text), list_grade_up(array_agg(piece))), '') AS text
    FROM long_texts
    WHERE field = 'metadata' AND run_id IN (SELECT run_id FROM asked)
    GROUP BY run_id, position
),

long_result_metadata AS (
    SELECT
        run_id,
        position,
        array_to_string(list_select(array_agg(text), list_grade_up(array_agg(piece))), '') AS text
    FROM long_texts
    WHERE field = 'result_metadata' AND run_id IN (SELECT run_id FROM asked)
    GROUP BY run_id, position
)

SELECT
    tasks.variant_id,
    tasks.case_id,
    coalesce(min(CASE $key
        WHEN 'family'    THEN tasks.family
        WHEN 'dataset'   THEN tasks.dataset
        WHEN 'scenario'  THEN tasks.scenario
        WHEN 'tenant'    THEN tasks.tenant
        WHEN 'task_type' THEN tasks.task_type
        ELSE coalesce(
            json_extract_string(coalesce(texts.metadata, long_metadata.text), $path),
            json_extract_string(
                coalesce(texts.result_metadata, long_result_metadata.text), $path
            )
        )
    END), '') AS family
FROM tasks
JOIN asked ON asked.run_id = tasks.run_id AND asked.variant_id = tasks.variant_id
LEFT JOIN texts ON texts.run_id = tasks.run_id AND texts.position = tasks.position
LEFT JOIN long_metadata
    ON long_metadata.run_id = tasks.run_id AND long_metadata.position = tasks.position
LEFT JOIN long_result_metadata
    ON long_result_metadata.run_id = tasks.run_id
    AND long_result_metadata.position = tasks.position
WHERE tasks.workflow_id IN (
    SELECT runs.workflow_id FROM runs JOIN asked ON asked.run_id = runs.run_id
)
GROUP BY tasks.variant_id, tasks.case_id
ORDER BY tasks.variant_id NULLS LAST, tasks.case_id NULLS LAST
