-- What users said, newest first, and which task each word is of.
--
-- Asked anew each time, so that feedback may come before its run. Tasks are looked for by the
-- request; where none has it by the task, in its run or, where no run is named, in all; where no
-- task is named either by the case in its run. A word that may be of several tasks is of none.
--
-- Grain:   one row per word of a user
-- Params:  $workflow_id    VARCHAR  only this workflow, and words that name none; NULL: all
--          $run_id         VARCHAR  only this run; NULL: all
--          $source_sha256  VARCHAR  only what came from this file; NULL: all
-- Columns: kind, value, happened_at (UTC), comment, n_candidates (tasks it may be of),
--          workflow_id (of the task, else as told), run_id, task_id, variant_id, status (of the
--          task; NULL: there is none, or more than one)

WITH asked AS (
    SELECT *
    FROM feedback
    WHERE $source_sha256 IS NULL OR source_sha256 = $source_sha256
),
candidate AS (
    SELECT asked.feedback_id, 1 AS preference, tasks.run_id, tasks.position
    FROM asked
    JOIN task_origins ON task_origins.request_id = asked.request_id
    JOIN tasks
        ON tasks.run_id = task_origins.run_id AND tasks.position = task_origins.position
    WHERE (asked.run_id IS NULL OR tasks.run_id = asked.run_id)
        AND (asked.task_id IS NULL OR tasks.task_id = asked.task_id)
        AND (asked.workflow_id IS NULL OR tasks.workflow_id = asked.workflow_id)
    UNION ALL
    SELECT asked.feedback_id, 2 AS preference, tasks.run_id, tasks.position
    FROM asked
    JOIN tasks ON tasks.task_id = asked.task_id
    WHERE (asked.run_id IS NULL OR tasks.run_id = asked.run_id)
        AND (asked.workflow_id IS NULL OR tasks.workflow_id = asked.workflow_id)
    UNION ALL
    SELECT asked.feedback_id, 3 AS preference, tasks.run_id, tasks.position
    FROM asked
    JOIN tasks ON tasks.run_id = asked.run_id AND tasks.case_id = asked.case_id
    WHERE asked.task_id IS NULL
        AND (asked.workflow_id IS NULL OR tasks.workflow_id = asked.workflow_id)
),
preferred AS (
    SELECT feedback_id, min(preference) AS preference
    FROM candidate
    GROUP BY feedback_id
),
matched AS (
    SELECT
        candidate.feedback_id,
        count(*)                AS n_candidates,
        min(candidate.run_id)   AS run_id,
        min(candidate.position) AS position
    FROM candidate
    JOIN preferred
        ON preferred.feedback_id = candidate.feedback_id
        AND preferred.preference = candidate.preference
    GROUP BY candidate.feedback_id
),
told AS (
    SELECT
        asked.feedback_id,
        asked.kind,
        asked.value,
        asked.happened_at,
        asked.comment,
        coalesce(matched.n_candidates, 0)                AS n_candidates,
        coalesce(tasks.workflow_id, asked.workflow_id)   AS workflow_id,
        coalesce(tasks.run_id, asked.run_id)             AS told_run_id,
        tasks.run_id,
        tasks.task_id,
        tasks.variant_id,
        tasks.status
    FROM asked
    LEFT JOIN matched ON matched.feedback_id = asked.feedback_id
    LEFT JOIN tasks
        ON matched.n_candidates = 1
        AND tasks.run_id = matched.run_id
        AND tasks.position = matched.position
)
SELECT
    kind,
    value,
    happened_at,
    comment,
    n_candidates,
    workflow_id,
    run_id,
    task_id,
    variant_id,
    status
FROM told
WHERE ($workflow_id IS NULL OR workflow_id IS NULL OR workflow_id = $workflow_id)
    AND ($run_id IS NULL OR told_run_id = $run_id)
ORDER BY happened_at DESC NULLS LAST, feedback_id NULLS LAST
