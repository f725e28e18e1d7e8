-- The newest tasks of some workflows as traces, oldest first.
--
-- Whole runs are looked at, the newest first, until they have tasks enough; then only the newest
-- tasks of those. An input longer than what `task_texts` holds is told by its case. Tasks are ranked
-- in runs that are cut only, and metadata read only where it may name what is asked for: it says so,
-- or its keys are written with escapes, which begin with chr(92).
--
-- Grain:   one row per task that was begun
-- Params:  $workflow_ids  VARCHAR[]  the workflows
--          $first_id      VARCHAR    the first of them by name: where tasks are stored by workflow,
--          $last_id       VARCHAR    and the last: what lies beyond these is not read
--          $as_of         TIMESTAMP  runs that ended later are not seen; NULL: all are
--          $max_tasks     INTEGER    newest tasks of a workflow that are looked at
--          $max_texts     INTEGER    newest of those whose inputs are wanted, else NULL; NULL: nothing
--                                    that was put in, given out or said of a task is read
--          $unjudged      VARCHAR    warning of a run of which nobody told pass from fail
-- Columns: place (of the workflow in $workflow_ids, from 1), run_id, at_us (microseconds since 1970
--          UTC), key_code (equal for equal variant and input), answer_code (equal for equal outputs,
--          -1 unknown), ok (1 passed, 0 did not, NULL: nobody judged), score, latency_ms, tokens_in,
--          tokens_out, cost_usd,
--          failed, throttled, cached, repeat, case_code, variant_id, tenant, task_type, priority
--          (text or NULL), deadline_ms, propensity (all three from the task's metadata), text,
--          position (in its run)

WITH run AS (
    SELECT
        runs.run_id,
        CAST(array_position($workflow_ids, runs.workflow_id) AS INTEGER) AS place,
        contains(runs.warnings, $unjudged) AS unjudged,
        reports.n_tasks,
        reports.n_completed,
        row_number() OVER (ORDER BY runs.run_id NULLS LAST) AS run_rank,
        row_number() OVER (
            PARTITION BY runs.workflow_id
            ORDER BY runs.started_at DESC NULLS LAST, runs.run_id DESC NULLS LAST
        ) AS age
    FROM runs
    JOIN reports ON reports.run_id = runs.run_id AND reports.variant_id IS NULL
    WHERE runs.workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
        AND ($as_of IS NULL OR runs.finished_at <= $as_of)
),
counted AS (
    SELECT
        run.*,
        coalesce(sum(n_tasks) OVER newer, 0) AS n_newer,
        coalesce(sum(n_completed) OVER newer, 0) AS n_newer_completed
    FROM run
    WINDOW newer AS (
        PARTITION BY place ORDER BY age NULLS LAST
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
newest AS (
    SELECT
        run_id,
        place,
        run_rank,
        unjudged,
        n_newer_completed,
        (n_newer_completed < $max_tasks AND n_newer_completed + n_completed > $max_tasks)
            OR (n_newer_completed < $max_texts AND n_newer_completed + n_completed > $max_texts)
            AS is_cut
    FROM counted
    WHERE n_newer < $max_tasks
),
cut AS (
    SELECT
        tasks.run_id,
        tasks.position,
        row_number() OVER (
            PARTITION BY tasks.run_id
            ORDER BY tasks.created_at DESC NULLS LAST, tasks.position DESC NULLS LAST
        ) AS age
    FROM tasks
    JOIN newest ON newest.run_id = tasks.run_id AND newest.is_cut
    WHERE tasks.workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
        AND tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
),
task AS (
    SELECT
        tasks.*,
        newest.place,
        newest.run_rank,
        newest.unjudged,
        newest.n_newer_completed + coalesce(cut.age, 1) AS age
    FROM tasks
    JOIN newest ON newest.run_id = tasks.run_id
    LEFT JOIN cut ON cut.run_id = tasks.run_id AND cut.position = tasks.position
    WHERE tasks.workflow_id IN (SELECT item FROM unnest($workflow_ids) AS named(item))
        AND tasks.workflow_id BETWEEN $first_id AND $last_id
        AND tasks.status IN ('succeeded', 'failed', 'timeout', 'error')
),
texts AS (
    SELECT
        run_id,
        position,
        inputs,
        outputs,
        CASE
            WHEN contains(metadata, 'priority') OR contains(metadata, 'deadline_ms')
                OR contains(metadata, 'propensity') OR contains(metadata, chr(92))
                THEN metadata
        END AS metadata
    FROM task_texts
    WHERE $max_texts IS NOT NULL AND run_id IN (SELECT run_id FROM newest)
)
SELECT
    task.place,
    task.run_id,
    epoch_us(task.created_at)                                            AS at_us,
    CAST(divide(hash(task.variant_id, coalesce(texts.inputs, task.case_id)), 2) AS BIGINT)
                                                                         AS key_code,
    CASE WHEN texts.outputs IS NULL THEN -1
        ELSE CAST(divide(hash(texts.outputs), 2) AS BIGINT) END          AS answer_code,
    CASE WHEN NOT task.unjudged
        THEN CASE WHEN task.status = 'succeeded' THEN 1e0 ELSE 0e0 END END AS ok,
    task.score,
    task.latency_ms,
    CAST(task.tokens_in AS DOUBLE)                                       AS tokens_in,
    CAST(coalesce(task.tokens_out, task.tokens - task.tokens_in) AS DOUBLE) AS tokens_out,
    task.cost_usd,
    task.status IN ('timeout', 'error')                                  AS failed,
    coalesce(task.failure_reason = 'rate_limit', false)                  AS throttled,
    coalesce(task.cached, false)                                         AS cached,
    coalesce(task.repeat, 0)                                             AS repeat,
    CAST(divide(hash(task.case_id), 2) AS BIGINT)                        AS case_code,
    task.variant_id,
    task.tenant,
    task.task_type,
    json_extract_string(texts.metadata, '$.priority')                    AS priority,
    TRY_CAST(json_extract_string(texts.metadata, '$.deadline_ms') AS DOUBLE) AS deadline_ms,
    TRY_CAST(json_extract_string(texts.metadata, '$.propensity') AS DOUBLE)  AS propensity,
    CASE WHEN task.age <= $max_texts THEN texts.inputs END               AS text,
    task.position
FROM task
LEFT JOIN texts
    ON texts.run_id = task.run_id AND texts.position = task.position
WHERE task.age <= $max_tasks
ORDER BY place NULLS LAST, at_us NULLS LAST, task.run_rank NULLS LAST,
    task.position NULLS LAST
