-- What was put in, by case of a variant in some runs: cases of one content are one case.
--
-- Grain:   one row per case whose inputs were kept whole or as a hash
-- Params:  $run_ids     VARCHAR[]  the runs
--          $variant_id  VARCHAR    the variant
-- Columns: case_id, content (hash of the inputs)

SELECT tasks.case_id, md5(min(task_payloads.inputs)) AS content
FROM tasks
JOIN task_payloads
    ON task_payloads.run_id = tasks.run_id AND task_payloads.position = tasks.position
WHERE array_contains($run_ids, tasks.run_id)
    AND tasks.variant_id = $variant_id
    AND task_payloads.inputs NOT IN ('{}', '[]', '""', 'null')
    AND (json_valid(task_payloads.inputs)
        OR regexp_full_match(task_payloads.inputs, '[0-9a-f]{64}'))
GROUP BY tasks.case_id
ORDER BY tasks.case_id NULLS LAST
