-- What was put in, by case of a variant in some runs: cases of one content are one case.
--
-- Grain:   one row per case whose inputs were kept whole or as a hash
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
-- Columns: case_id, content (hash of the inputs)

WITH long_inputs AS (
    SELECT
        run_id,
        position,
        array_to_string(list_select(array_agg(text), list_grade_up(array_agg(piece))), '') AS text
    FROM long_texts
    WHERE field = 'inputs' AND array_contains($run_ids, run_id)
    GROUP BY run_id, position
),

put_in AS (
    SELECT tasks.case_id, coalesce(task_texts.inputs, long_inputs.text) AS inputs
    FROM tasks
    JOIN task_texts USING (run_id, position)
    LEFT JOIN long_inputs USING (run_id, position)
    WHERE array_contains($run_ids, run_id) AND tasks.variant_id = $variant_id
)

SELECT case_id, md5(min(inputs)) AS content
FROM put_in
WHERE inputs NOT IN ('{}', '[]', '""', 'null')
    AND (json_valid(inputs) OR regexp_full_match(inputs, '[0-9a-f]{64}'))
GROUP BY case_id
ORDER BY case_id NULLS LAST
