-- Version 2: experiments, the looks at them, and the baseline of each workflow.

CREATE TABLE experiments (
    -- A planned comparison of variants over the runs that come in.
    experiment_id VARCHAR NOT NULL,         -- unique; chosen by who planned it
    workflow_id   VARCHAR NOT NULL,
    status        VARCHAR NOT NULL,         -- one of six; `audit_log` has how it got there
    created_at    TIMESTAMP NOT NULL,
    started_at    TIMESTAMP,                -- NULL: a draft
    ended_at      TIMESTAMP,                -- NULL: not concluded or cancelled
    design        VARCHAR NOT NULL,         -- JSON; not changed after the plan
    outcome       VARCHAR                   -- JSON; NULL: none yet
);

CREATE TABLE looks (
    -- The ledger: one analysis of one candidate, and what it cost. Only ever appended to.
    experiment_id VARCHAR NOT NULL,
    seq           INTEGER NOT NULL,         -- unique in its experiment, counted from 1
    suite_sha256  VARCHAR NOT NULL,         -- of the cases of the first look; more of them keep it
    metric        VARCHAR NOT NULL,
    baseline_id   VARCHAR NOT NULL,         -- a variant
    candidate_id  VARCHAR NOT NULL,         -- a variant
    candidate     VARCHAR NOT NULL,         -- its label
    looked_at     TIMESTAMP NOT NULL,
    n             BIGINT NOT NULL,          -- cases that both completed
    n_max         BIGINT NOT NULL,          -- cases that were planned
    fraction      DOUBLE,                   -- n / n_max, at most 1; NULL: anytime
    z_bound       DOUBLE,                   -- what |z| must reach; NULL: anytime
    alpha_k       DOUBLE NOT NULL,          -- what p is held against
    alpha_spent   DOUBLE NOT NULL,          -- by this look and those before it
    z             DOUBLE,                   -- positive: the candidate is better
    p_value       DOUBLE,                   -- two-sided
    verdict       VARCHAR NOT NULL,
    estimate      DOUBLE,                   -- candidate minus baseline
    low           DOUBLE,                   -- of the interval at level 1 - alpha_k
    high          DOUBLE,
    broken        VARCHAR NOT NULL,         -- JSON list: metrics whose guardrail failed
    data_sha256   VARCHAR NOT NULL,         -- of the runs looked at
    run_ids       VARCHAR NOT NULL          -- JSON list, sorted
);

CREATE TABLE baselines (
    -- What the candidates of a workflow are held against.
    workflow_id VARCHAR NOT NULL,           -- unique
    run_id      VARCHAR NOT NULL,
    variant_id  VARCHAR NOT NULL,
    variant     VARCHAR NOT NULL,           -- label
    set_at      TIMESTAMP NOT NULL,
    actor       VARCHAR NOT NULL
);
