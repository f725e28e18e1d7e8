-- Prompts: their versions, searches for better ones, and what those paid for.

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
