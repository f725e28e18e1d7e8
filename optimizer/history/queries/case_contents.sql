-- What was put in, by case of some variants: cases of one content are one case.
--
-- Grain:   one row per variant and case whose inputs were kept whole or as a hash
-- Params:  $arms  VARCHAR[]  variants in runs, each as its variant id, a line feed, its run id
-- Columns: variant_id, case_id, content (hash of the inputs)

WITH asked AS (
    SELECT
        split_part(item, chr(10), 1)                           AS variant_id,
        substr(item, length(split_part(item, chr(10), 1)) + 2) AS run_id
    FROM unnest($arms) AS named(item)
),

texts AS (
    SELECT run_id, position, inputs
    FROM task_texts
    WHERE run_id IN (SELECT run_id FROM asked)
),

long_inputs AS (
    SELECT
        run_id,
        position,
        array_to_string(list_select(array_agg(text), list_grade_up(array_agg(piece))), '') AS text
    FROM long_texts
    WHERE field = 'inputs' AND run_id IN (SELECT run_id FROM asked)
    GROUP BY run_id, position
),

put_in AS (
    SELECT tasks.variant_id, tasks.case_id, coalesce(texts.inputs, long_inputs.text) AS inputs
    FROM tasks
    JOIN asked ON asked.run_id = tasks.run_id AND asked.variant_id = tasks.variant_id
    LEFT JOIN texts ON texts.run_id = tasks.run_id AND texts.position = tasks.position
    LEFT JOIN long_inputs
        ON long_inputs.run_id = tasks.run_id AND long_inputs.position = tasks.position
    WHERE tasks.workflow_id IN (
        SELECT runs.workflow_id FROM runs JOIN asked ON asked.run_id = runs.run_id
    )
)

SELECT variant_id, case_id, md5(min(inputs)) AS content
FROM put_in
WHERE inputs NOT IN ('{}', '[]', '""', 'null')
    AND (json_valid(inputs) OR regexp_full_match(inputs, '[0-9a-f]{64}'))
GROUP BY variant_id, case_id
ORDER BY variant_id NULLS LAST, case_id NULLS LAST
