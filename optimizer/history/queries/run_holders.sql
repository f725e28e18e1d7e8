-- Which runs must stay however old they are, by what names them in a column of its own.
--
-- Grain:   one row per run and reason
-- Params:  none
-- Columns: run_id, reason

WITH newest AS (
    SELECT workflow_id, max_by(run_id, started_at) AS run_id
    FROM runs
    GROUP BY workflow_id
),
in_use AS (
    SELECT newest.workflow_id, reports.variant_id
    FROM newest
    JOIN reports ON reports.run_id = newest.run_id
    WHERE reports.variant_id IS NOT NULL
    UNION
    SELECT workflow_id, variant_id FROM baselines
    UNION
    SELECT experiments.workflow_id, looks.baseline_id
    FROM looks
    JOIN experiments ON experiments.experiment_id = looks.experiment_id
    WHERE experiments.status IN ('draft', 'running', 'paused')
    UNION
    SELECT experiments.workflow_id, looks.candidate_id
    FROM looks
    JOIN experiments ON experiments.experiment_id = looks.experiment_id
    WHERE experiments.status IN ('draft', 'running', 'paused')
),
newest_of_variant AS (
    SELECT in_use.workflow_id, in_use.variant_id, max_by(runs.run_id, runs.started_at) AS run_id
    FROM in_use
    JOIN reports ON reports.variant_id = in_use.variant_id
    JOIN runs ON runs.run_id = reports.run_id AND runs.workflow_id = in_use.workflow_id
    GROUP BY in_use.workflow_id, in_use.variant_id
),
confirmed AS (
    SELECT confirmations.*
    FROM confirmations
    JOIN prompt_versions
        ON prompt_versions.prompt_id = confirmations.prompt_id
        AND prompt_versions.prompt_sha256 = confirmations.champion_sha256
    WHERE prompt_versions.state IN ('confirmed', 'in_force')
),
held AS (
    SELECT run_id, concat('baseline of ', workflow_id) AS reason FROM baselines
    UNION
    SELECT run_id, 'newest run of a variant in use' AS reason FROM newest_of_variant
    UNION
    SELECT champion_run_id AS run_id, concat('held-out test of ', prompt_id) AS reason
    FROM confirmed
    UNION
    SELECT control_run_id AS run_id, concat('held-out test of ', prompt_id) AS reason
    FROM confirmed
)
SELECT run_id, reason
FROM held
WHERE run_id IS NOT NULL
ORDER BY run_id NULLS LAST, reason NULLS LAST
