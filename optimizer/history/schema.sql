-- Schema version 5. Changing it: add migrations/NNNN.sql and raise SCHEMA_VERSION in store.py.
-- All times are UTC. NULL means unknown; 0 means that 0 was measured.

CREATE TABLE schema_version (
    version    INTEGER NOT NULL,            -- one row
    changed_at TIMESTAMP NOT NULL
);

CREATE TABLE sources (
    -- One file as it was ingested; kept when its runs are replaced.
    source_sha256 VARCHAR NOT NULL,         -- of the uncompressed bytes, before anything was redacted
    path          VARCHAR,                  -- as the user named it; NULL: store.raw = none
    n_bytes       BIGINT NOT NULL,          -- of the uncompressed bytes
    kept          VARCHAR NOT NULL,         -- blob, reference, none (store.raw) or expired
    -- zstd of the bytes, secrets redacted; NULL unless blob. Not compressed again, so that one file
    -- can be read without its neighbours.
    content       BLOB USING COMPRESSION uncompressed,
    n_redacted    INTEGER NOT NULL,         -- secrets blanked before anything was stored
    ingested_at   TIMESTAMP NOT NULL
);

CREATE TABLE runs (
    -- One invocation of an executor.
    run_id           VARCHAR NOT NULL,      -- unique
    workflow_id      VARCHAR NOT NULL,
    started_at       TIMESTAMP NOT NULL,
    finished_at      TIMESTAMP NOT NULL,
    duration_s       DOUBLE,                -- as the executor gave it, in seconds
    content_sha256   VARCHAR NOT NULL,      -- of the bytes that describe the run
    source_sha256    VARCHAR NOT NULL,      -- the file it came from
    place            INTEGER NOT NULL,      -- where in that file, counted from 1
    tool             VARCHAR NOT NULL,      -- the bridge that read it
    tool_version     VARCHAR,
    git_sha          VARCHAR,
    branch           VARCHAR,
    pull_request     VARCHAR,
    pairable         BOOLEAN NOT NULL,      -- false: its cases are not those of other runs
    assumed_timezone VARCHAR,               -- zone given to times that carried none
    warnings         VARCHAR NOT NULL,      -- JSON list of texts
    metadata         VARCHAR NOT NULL,      -- JSON object, all the executor said of the run
    ingested_at      TIMESTAMP NOT NULL
);

CREATE TABLE prompts (
    -- The text of a prompt template.
    prompt_sha256 VARCHAR NOT NULL,         -- unique
    text          VARCHAR NOT NULL
);

CREATE TABLE variants (
    -- What was executed: prompt, model and parameters.
    variant_id    VARCHAR NOT NULL,         -- unique; hash of prompt, provider, model, parameters
    label         VARCHAR NOT NULL,         -- the first one seen; tasks carry their own
    prompt_id     VARCHAR,
    prompt_sha256 VARCHAR,                  -- NULL: neither hash nor text was recorded
    provider      VARCHAR,
    model         VARCHAR,
    parameters    VARCHAR                   -- canonical JSON
);

CREATE TABLE tasks (
    -- One test case executed once under one variant. No key: runs are unique, tasks come with them.
    run_id         VARCHAR NOT NULL,
    workflow_id    VARCHAR NOT NULL,
    position       INTEGER NOT NULL,        -- place in the run, counted from 0
    task_id        VARCHAR NOT NULL,        -- unique in its run
    case_id        VARCHAR NOT NULL,        -- stable across runs; see case_source
    case_source    VARCHAR NOT NULL,        -- given, content (hash of data set and inputs) or task
    repeat         BIGINT,
    variant_id     VARCHAR NOT NULL,
    variant        VARCHAR NOT NULL,        -- label
    dataset        VARCHAR,
    scenario       VARCHAR NOT NULL,        -- normal, boundary, error or custom
    status         VARCHAR NOT NULL,        -- succeeded, failed, timeout, error, cancelled, ...
    failure_kind   VARCHAR,                 -- timeout, api, validation, llm or unclassified
    failure_reason VARCHAR,                 -- the pattern that told the kind
    error_message  VARCHAR,                 -- a long one is in `long_texts`, its first piece here
    score          DOUBLE,                  -- 0 to 1
    latency_ms     DOUBLE,
    tokens         BIGINT,
    tokens_in      BIGINT,
    tokens_out     BIGINT,
    cost_usd       DOUBLE,
    cached         BOOLEAN,
    attempts       BIGINT NOT NULL,
    family         VARCHAR,                 -- what the case was derived from
    tenant         VARCHAR,
    task_type      VARCHAR,
    created_at     TIMESTAMP NOT NULL,
    finished_at    TIMESTAMP
);

CREATE TABLE task_texts (
    -- Texts of a task as far as store.payloads says, apart so that figures need not read past them.
    -- Read them in `task_payloads`: long ones are NULL here and in `long_texts`.
    run_id          VARCHAR NOT NULL,
    position        INTEGER NOT NULL,       -- place in the run, as in `tasks`
    inputs          VARCHAR,                -- JSON, or an excerpt or hash of it
    outputs         VARCHAR,
    metadata        VARCHAR,
    result_metadata VARCHAR
);

CREATE TABLE long_texts (
    -- Texts of more than 2000 characters (not all ASCII: 500) in pieces of that length, which are
    -- written without being held in memory. `task_payloads` puts those of payloads together.
    run_id   VARCHAR NOT NULL,
    position INTEGER NOT NULL,              -- place in the run, as in `tasks`
    field    VARCHAR NOT NULL,              -- inputs, ..., error_message, reason of <scorer>
    piece    INTEGER NOT NULL,              -- counted from 0
    text     VARCHAR NOT NULL USING COMPRESSION zstd
);

CREATE VIEW task_payloads AS
    -- Texts of a task, whole.
    SELECT
        task_texts.run_id,
        task_texts.position,
        coalesce(task_texts.inputs, long_inputs.text) AS inputs,
        coalesce(task_texts.outputs, long_outputs.text) AS outputs,
        coalesce(task_texts.metadata, long_metadata.text) AS metadata,
        coalesce(task_texts.result_metadata, long_result_metadata.text) AS result_metadata
    FROM task_texts
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'inputs' GROUP BY run_id, position
    ) AS long_inputs USING (run_id, position)
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'outputs' GROUP BY run_id, position
    ) AS long_outputs USING (run_id, position)
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'metadata' GROUP BY run_id, position
    ) AS long_metadata USING (run_id, position)
    LEFT JOIN (
        SELECT run_id, position, string_agg(text, '' ORDER BY piece) AS text
        FROM long_texts WHERE field = 'result_metadata' GROUP BY run_id, position
    ) AS long_result_metadata USING (run_id, position);

CREATE TABLE task_origins (
    -- What the tool said of a task beyond the common fields; no row where that is nothing.
    run_id         VARCHAR NOT NULL,
    position       INTEGER NOT NULL,        -- place in the run, as in `tasks`
    row_key        VARCHAR,                 -- finds the task again in its source file
    request_id     VARCHAR,                 -- of its request or trace
    tokens_cached  BIGINT,                  -- prompt tokens read from the provider's cache
    judge_tokens   BIGINT,                  -- of those who graded; not the system's
    judge_cost_usd DOUBLE,                  -- price of grading
    censored_ms    DOUBLE,                  -- how long it ran at least; latency_ms is NULL then
    cost_source    VARCHAR                  -- price table that cost_usd was derived from
);

CREATE TABLE task_scores (
    -- What each scorer said of a task.
    run_id   VARCHAR NOT NULL,
    position INTEGER NOT NULL,              -- place in the run, as in `tasks`
    scorer   VARCHAR NOT NULL,
    value    DOUBLE,                        -- on the scorer's own scale
    passed   BOOLEAN,
    reason   VARCHAR                        -- in the scorer's words; a long one is in `long_texts`,
                                            -- its first piece here
);

CREATE TABLE reports (
    -- The figures of a run, and of each variant in it; each mean with its own n.
    run_id                  VARCHAR NOT NULL,
    variant_id              VARCHAR,        -- NULL: the run as a whole
    variant                 VARCHAR,        -- label; of the whole run: its only one, else NULL
    n_variants              BIGINT NOT NULL,
    n_tasks                 BIGINT NOT NULL,
    n_completed             BIGINT NOT NULL, -- succeeded + failed + timeout + error
    n_succeeded             BIGINT NOT NULL,
    n_failed                BIGINT NOT NULL,
    n_timeout               BIGINT NOT NULL,
    n_error                 BIGINT NOT NULL,
    n_cancelled             BIGINT NOT NULL,
    n_cases                 BIGINT NOT NULL,
    success_rate            DOUBLE,         -- n_succeeded / n_completed
    n_effective             DOUBLE,         -- independent tests that would know the rate as well
    success_low             DOUBLE,         -- 95 % Wilson interval of the rate on n_effective tests
    success_high            DOUBLE,
    n_latency               BIGINT NOT NULL,
    latency_mean_ms         DOUBLE,
    latency_sd_ms           DOUBLE,
    latency_p50_ms          DOUBLE,         -- percentiles by linear interpolation
    latency_p95_ms          DOUBLE,
    latency_p99_ms          DOUBLE,
    n_cost                  BIGINT NOT NULL,
    cost_mean_usd           DOUBLE,
    cost_sd_usd             DOUBLE,
    cost_total_usd          DOUBLE,
    n_tokens                BIGINT NOT NULL,
    tokens_mean             DOUBLE,
    tokens_total            BIGINT,
    n_scored                BIGINT NOT NULL,
    score_mean              DOUBLE,
    score_sd                DOUBLE,
    n_retries               BIGINT NOT NULL,
    n_timeout_failures      BIGINT NOT NULL,
    n_api_failures          BIGINT NOT NULL,
    n_validation_failures   BIGINT NOT NULL,
    n_llm_failures          BIGINT NOT NULL,
    n_unclassified_failures BIGINT NOT NULL
);

CREATE TABLE decisions (
    -- What the strategies made of a workflow.
    decision_id VARCHAR NOT NULL,           -- unique; hash of evidence, settings and seed
    workflow_id VARCHAR NOT NULL,
    decided_at  TIMESTAMP NOT NULL,
    state       VARCHAR NOT NULL,           -- one of ten; `audit_log` has how it got there
    n_proposals INTEGER NOT NULL,
    body        VARCHAR NOT NULL USING COMPRESSION zstd, -- JSON of all of it but its state
    seen_until  TIMESTAMP,                  -- the newest run it knew of began then
    applied_at  TIMESTAMP                   -- put in force; NULL: not
);

CREATE TABLE strategy_answers (
    -- What each strategy did when it was asked; what its circuit breaker is told by.
    decision_id VARCHAR NOT NULL,
    workflow_id VARCHAR NOT NULL,
    strategy    VARCHAR NOT NULL,
    priority    INTEGER NOT NULL,
    status      VARCHAR NOT NULL,           -- proposed, silent, failed, timed_out or not_asked
    n_proposals INTEGER NOT NULL,
    n_accepted  INTEGER NOT NULL,
    elapsed_ms  DOUBLE,                     -- NULL: not asked
    seen_until  TIMESTAMP                   -- the newest run it knew of began then
);

CREATE TABLE studies (
    -- What a strategy measured that takes long, for the same evidence and settings to come.
    strategy    VARCHAR NOT NULL,
    workflow_id VARCHAR NOT NULL,
    key_sha256  VARCHAR NOT NULL,           -- of runs, settings, seed and version of the program
    body        VARCHAR NOT NULL,           -- JSON
    made_at     TIMESTAMP NOT NULL
);

CREATE TABLE config_snapshots (
    -- The configuration of a workflow each time that it was put in force. Only ever appended to.
    workflow_id VARCHAR NOT NULL,
    seq         INTEGER NOT NULL,           -- counted from 0: what was found in use
    body        VARCHAR NOT NULL,           -- canonical JSON
    sha256      VARCHAR NOT NULL,           -- of the body
    decision_id VARCHAR,                    -- NULL: the first
    action      VARCHAR NOT NULL,           -- initial, applied or rolled_back
    made_at     TIMESTAMP NOT NULL
);

CREATE TABLE rollouts (
    -- A decision that is put in force step by step; `audit_log` has its steps.
    decision_id VARCHAR NOT NULL,           -- unique
    preset      VARCHAR NOT NULL,
    shares      VARCHAR NOT NULL,           -- JSON list, 0 to 1
    step        INTEGER NOT NULL,           -- place in shares
    status      VARCHAR NOT NULL,           -- running, completed or rolled_back
    started_at  TIMESTAMP NOT NULL,
    moved_at    TIMESTAMP NOT NULL,
    reason      VARCHAR NOT NULL
);

CREATE TABLE outcomes (
    -- What became of a change, measured from the first runs after it.
    decision_id VARCHAR NOT NULL,           -- unique
    workflow_id VARCHAR NOT NULL,
    status      VARCHAR NOT NULL,           -- one of five
    measured_at TIMESTAMP NOT NULL,
    seen_until  TIMESTAMP NOT NULL,         -- the newest run behind it began then
    body        VARCHAR NOT NULL            -- JSON of the whole outcome
);

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

CREATE TABLE prompt_versions (
    -- A prompt of a file at one point of its history. What was found in the file is 1.0.0.
    prompt_id       VARCHAR NOT NULL,       -- the file, with #PLACE where it holds more than one
    version         VARCHAR NOT NULL,       -- X.Y.Z, unique in its prompt
    seq             INTEGER NOT NULL,       -- order of making in its prompt, counted from 0
    parent          VARCHAR,                -- the version it was made of; NULL: the first
    prompt_sha256   VARCHAR NOT NULL,       -- its text is in `prompts`
    workflow_id     VARCHAR,                -- NULL: nobody said
    state           VARCHAR NOT NULL,       -- baseline, draft, confirmed, refused, in_force or retired
    optimization_id VARCHAR,                -- NULL: found in a file or restored
    created_at      TIMESTAMP NOT NULL,
    changed_at      TIMESTAMP NOT NULL,     -- when its state last changed; `audit_log` has how
    body            VARCHAR NOT NULL        -- JSON of the whole version: evidence, lineage, lint
);

CREATE TABLE optimizations (
    -- One search for a better prompt, over as many sessions as it took.
    optimization_id VARCHAR NOT NULL,       -- unique; hash of what it is made of
    prompt_id       VARCHAR NOT NULL,
    workflow_id     VARCHAR,
    status          VARCHAR NOT NULL,       -- running, waiting, finished or stopped
    budget          INTEGER NOT NULL,       -- tests
    n_spent         INTEGER NOT NULL,
    started_at      TIMESTAMP NOT NULL,
    changed_at      TIMESTAMP NOT NULL,
    body            VARCHAR NOT NULL        -- JSON: settings, seed, case ids of the split, result
);

CREATE TABLE executions (
    -- One case executed once with one prompt, for an optimization; infrastructure failures are not.
    optimization_id VARCHAR NOT NULL,       -- who paid
    executor_sha256 VARCHAR NOT NULL,       -- fingerprint of the executor
    prompt_sha256   VARCHAR NOT NULL,
    case_sha256     VARCHAR NOT NULL,       -- of its name and its content
    replicate       INTEGER NOT NULL,       -- counted from 0
    executed_at     TIMESTAMP NOT NULL,
    body            VARCHAR NOT NULL        -- JSON of the result
);

CREATE TABLE completions (
    -- One answer of a language model that proposes; a resumed search is given it again.
    optimization_id VARCHAR NOT NULL,
    request_sha256  VARCHAR NOT NULL,
    occurrence      INTEGER NOT NULL,       -- how often the same was asked before, from 0
    model           VARCHAR NOT NULL,
    tokens_in       BIGINT,                 -- NULL: the service did not say
    tokens_out      BIGINT,
    cost_usd        DOUBLE,                 -- NULL: no price known
    completed_at    TIMESTAMP NOT NULL,
    body            VARCHAR NOT NULL        -- JSON of the answer
);

CREATE TABLE confirmations (
    -- The ledger of held-out tests: one look at one champion. Only ever appended to.
    optimization_id  VARCHAR NOT NULL,
    prompt_id        VARCHAR NOT NULL,
    holdout_sha256   VARCHAR NOT NULL,      -- of the cases it was held against
    seq              INTEGER NOT NULL,      -- how many looks these cases have had, counted from 1
    champion_sha256  VARCHAR NOT NULL,      -- prompt
    control_sha256   VARCHAR NOT NULL,      -- prompt
    champion_run_id  VARCHAR,               -- in `runs`
    control_run_id   VARCHAR,
    alpha            DOUBLE NOT NULL,       -- what p was held against, two-sided
    p_value          DOUBLE,
    verdict          VARCHAR NOT NULL,
    n                INTEGER NOT NULL,      -- cases both completed
    estimate         DOUBLE,                -- gain in pass rate, champion minus control
    low              DOUBLE,
    high             DOUBLE,
    looked_at        TIMESTAMP NOT NULL,
    body             VARCHAR NOT NULL       -- JSON of the whole look
);

CREATE TABLE feedback (
    -- What users said of answers, possibly much later; joined to tasks by request or task.
    feedback_id   VARCHAR NOT NULL,         -- unique; the event's own id, else a hash of its content
    happened_at   TIMESTAMP,
    kind          VARCHAR NOT NULL,         -- rating, thumb, retry, reward, metric or other
    value         DOUBLE,                   -- 0 (worst) to 1 (best)
    request_id    VARCHAR,                  -- of its request or trace
    run_id        VARCHAR,
    task_id       VARCHAR,
    case_id       VARCHAR,
    workflow_id   VARCHAR,
    comment       VARCHAR,                  -- or an excerpt or hash of it; see store.payloads
    event         VARCHAR,                  -- JSON of the event as it came, likewise
    said_sha256   VARCHAR NOT NULL,         -- of event and value; tells what was corrected since
    source_sha256 VARCHAR NOT NULL,         -- the file it came from
    row_key       VARCHAR NOT NULL,         -- where in that file
    ingested_at   TIMESTAMP NOT NULL
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

CREATE TABLE audit_log (
    -- What was done, by whom; only ever appended to.
    seq           BIGINT NOT NULL,          -- counted from 1 without a gap
    logged_at     TIMESTAMP NOT NULL,
    actor         VARCHAR NOT NULL,
    action        VARCHAR NOT NULL,
    subject       VARCHAR NOT NULL,
    detail        VARCHAR NOT NULL,         -- canonical JSON
    previous_hash VARCHAR NOT NULL,         -- hash of the line before
    hash          VARCHAR NOT NULL          -- SHA-256 over all of the above
);

CREATE TABLE ingest_rejects (
    -- A file that could not be ingested.
    path        VARCHAR NOT NULL,
    reason      VARCHAR NOT NULL,
    rejected_at TIMESTAMP NOT NULL
);
