-- What waits for somebody, longest first.
--
-- Grain:   one row per thing that waits
-- Params:  $workflow_id  VARCHAR  only of this workflow; NULL: of all
-- Columns: kind (decision, approved decision, prompt version, experiment, rollout or baseline),
--          workflow_id (NULL: nobody said), subject, since

WITH several AS (
    SELECT
        runs.workflow_id,
        count(DISTINCT reports.variant_id) AS n_variants,
        max(runs.finished_at)              AS last_finished_at
    FROM runs
    JOIN reports ON reports.run_id = runs.run_id
    GROUP BY runs.workflow_id
),
found AS (
    SELECT
        CASE WHEN state = 'pending' THEN 'decision' ELSE 'approved decision' END AS kind,
        workflow_id,
        decision_id AS subject,
        decided_at AS since
    FROM decisions
    WHERE state IN ('pending', 'approved')
    UNION ALL
    SELECT 'prompt version', workflow_id, concat(prompt_id, '@', version), changed_at
    FROM prompt_versions
    WHERE state = 'confirmed'
    UNION ALL
    SELECT 'experiment', workflow_id, experiment_id, created_at
    FROM experiments
    WHERE status IN ('draft', 'paused')
    UNION ALL
    SELECT 'rollout', decisions.workflow_id, rollouts.decision_id, rollouts.moved_at
    FROM rollouts
    JOIN decisions ON decisions.decision_id = rollouts.decision_id
    WHERE rollouts.status = 'running'
    UNION ALL
    SELECT 'baseline', several.workflow_id, several.workflow_id, several.last_finished_at
    FROM several
    LEFT JOIN baselines ON baselines.workflow_id = several.workflow_id
    WHERE several.n_variants > 1 AND baselines.workflow_id IS NULL
)
SELECT kind, workflow_id, subject, since
FROM found
WHERE $workflow_id IS NULL OR workflow_id = $workflow_id
ORDER BY since NULLS LAST, kind NULLS LAST, subject NULLS LAST
