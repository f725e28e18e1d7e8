-- The texts of one try of each of some cases under one variant in some runs.
--
-- Grain:   one row per case that has a completed try
-- Params:  $workflow_id  VARCHAR    the workflow of the runs
--          $run_ids      VARCHAR[]  the runs
--          $variant_id   VARCHAR    the variant
--          $case_ids     VARCHAR[]  the cases
--          $failing      VARCHAR[]  those of them of which a failed try is looked for, else one
--                                   that passed; the first of all where there is none
-- Columns: case_id, status, inputs, outputs, error (message), reasons (a list of what scorers said,
--          each after the name of its scorer; NULL without any)

WITH failed AS (
    SELECT CAST(item AS STRING) AS case_id FROM unnest($failing) AS named(item)
),

wanted AS (
    SELECT named.item AS case_id, failed.case_id IS NOT NULL AS failing
    FROM unnest($case_ids) AS named(item)
    LEFT JOIN failed ON failed.case_id = named.item
),

placed AS (
    SELECT
        tasks.run_id,
        tasks.position,
        tasks.case_id,
        tasks.status,
        tasks.error_message,
        row_number() OVER (
            PARTITION BY tasks.case_id
            ORDER BY
                (tasks.status <> 'succeeded') = wanted.failing DESC NULLS LAST,
                tasks.created_at NULLS LAST,
                tasks.run_id NULLS LAST,
                tasks.position NULLS LAST
        ) AS place
    FROM tasks
    JOIN wanted ON wanted.case_id = tasks.case_id
    WHERE tasks.run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
        AND tasks.workflow_id = $workflow_id
        AND tasks.variant_id = $variant_id
        AND tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
),

tried AS (
    SELECT run_id, position, case_id, status, error_message FROM placed WHERE place = 1
),

long AS (
    SELECT
        long_texts.run_id,
        long_texts.position,
        long_texts.field,
        array_to_string(
            list_select(array_agg(long_texts.text), list_grade_up(array_agg(long_texts.piece))), ''
        ) AS text
    FROM long_texts
    JOIN tried ON tried.run_id = long_texts.run_id AND tried.position = long_texts.position
    WHERE long_texts.run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
    GROUP BY long_texts.run_id, long_texts.position, long_texts.field
),

texts AS (
    SELECT run_id, position, inputs, outputs
    FROM task_texts
    WHERE run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
),

worded AS (
    SELECT
        scores.run_id,
        scores.position,
        scores.scorer || ': ' || coalesce(long.text, scores.reason) AS reason,
        row_number() OVER (
            PARTITION BY scores.run_id, scores.position
            ORDER BY scores.scorer NULLS LAST, scores.reason NULLS LAST
        ) AS place
    FROM task_scores AS scores
    JOIN tried ON tried.run_id = scores.run_id AND tried.position = scores.position
    LEFT JOIN long
        ON long.run_id = scores.run_id
        AND long.position = scores.position
        AND long.field = 'reason of ' || scores.scorer
    WHERE scores.run_id IN (SELECT item FROM unnest($run_ids) AS named(item))
        AND scores.reason IS NOT NULL
),

said AS (
    SELECT
        run_id,
        position,
        list_select(array_agg(reason), list_grade_up(array_agg(place))) AS reasons
    FROM worded
    GROUP BY run_id, position
)

SELECT
    tried.case_id,
    tried.status,
    coalesce(texts.inputs, long_inputs.text)          AS inputs,
    coalesce(texts.outputs, long_outputs.text)        AS outputs,
    coalesce(long_errors.text, tried.error_message)   AS error,
    said.reasons
FROM tried
LEFT JOIN texts
    ON texts.run_id = tried.run_id AND texts.position = tried.position
LEFT JOIN long AS long_inputs
    ON long_inputs.run_id = tried.run_id
    AND long_inputs.position = tried.position
    AND long_inputs.field = 'inputs'
LEFT JOIN long AS long_outputs
    ON long_outputs.run_id = tried.run_id
    AND long_outputs.position = tried.position
    AND long_outputs.field = 'outputs'
LEFT JOIN long AS long_errors
    ON long_errors.run_id = tried.run_id
    AND long_errors.position = tried.position
    AND long_errors.field = 'error_message'
LEFT JOIN said ON said.run_id = tried.run_id AND said.position = tried.position
ORDER BY tried.case_id NULLS LAST
