-- What decisions lead to: answers, studies, configurations, rollouts and outcomes.

ALTER TABLE decisions ADD COLUMN seen_until TIMESTAMP;
ALTER TABLE decisions ADD COLUMN applied_at TIMESTAMP;

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
