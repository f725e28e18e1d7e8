"""Words for the choices the engine makes."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.decisions import DecisionState
from optimizer.models.proposals import DecisionType
from optimizer.models.reviews import Fate, RiskLevel, ViolationSeverity
from reports.tones import Tone

STORE_RUNS = "Run 'optimizer ingest .' to store the results of this folder, or name files."

TYPES: Mapping[DecisionType, str] = {
    DecisionType.MODEL_SWITCH: "switch the model",
    DecisionType.PARAMETER_ADJUSTMENT: "adjust the parameters",
    DecisionType.PROMPT_VARIANT: "switch the prompt variant",
    DecisionType.OPTIMIZE_PROMPT: "rewrite the prompt",
    DecisionType.START_EXPERIMENT: "start an experiment",
    DecisionType.CONCLUDE_EXPERIMENT: "conclude the experiment",
    DecisionType.ENABLE_CACHING: "enable caching",
    DecisionType.ENABLE_BATCHING: "enable batching",
    DecisionType.ADJUST_RATE_LIMITS: "adjust the rate limits",
    DecisionType.ALLOCATE_TRAFFIC: "share out the next tests",
    DecisionType.RUN_TRIALS: "run trials",
    DecisionType.ROLLBACK: "roll back",
    DecisionType.CIRCUIT_BREAK: "open the circuit breaker",
    DecisionType.ALERT: "look into it",
}

STATES: Mapping[DecisionState, str] = {
    DecisionState.PENDING: "pending, waits for approval or rejection",
    DecisionState.VALIDATING: "being validated",
    DecisionState.APPROVED: "approved, not yet applied",
    DecisionState.EXECUTING: "being applied",
    DecisionState.MONITORING: "applied, being watched",
    DecisionState.COMPLETED: "completed",
    DecisionState.REJECTED: "rejected",
    DecisionState.FAILED: "failed",
    DecisionState.ROLLING_BACK: "being rolled back",
    DecisionState.ROLLED_BACK: "rolled back",
}

STATE_TONES: Mapping[DecisionState, Tone] = {
    DecisionState.PENDING: Tone.WARN,
    DecisionState.VALIDATING: Tone.WARN,
    DecisionState.APPROVED: Tone.NEUTRAL,
    DecisionState.EXECUTING: Tone.NEUTRAL,
    DecisionState.MONITORING: Tone.NEUTRAL,
    DecisionState.COMPLETED: Tone.GOOD,
    DecisionState.REJECTED: Tone.NEUTRAL,
    DecisionState.FAILED: Tone.BAD,
    DecisionState.ROLLING_BACK: Tone.BAD,
    DecisionState.ROLLED_BACK: Tone.BAD,
}

FATES: Mapping[Fate, str] = {
    Fate.ACCEPTED: "accepted",
    Fate.HELD_BACK: "held back",
    Fate.LOST: "lost to another proposal",
}

SHORT_FATES: Mapping[Fate, str] = {
    Fate.ACCEPTED: "accepted",
    Fate.HELD_BACK: "held back",
    Fate.LOST: "lost",
}

FATE_TONES: Mapping[Fate, Tone] = {
    Fate.ACCEPTED: Tone.GOOD,
    Fate.HELD_BACK: Tone.BAD,
    Fate.LOST: Tone.WARN,
}

RISKS: Mapping[RiskLevel, str] = {
    RiskLevel.LOW: "low",
    RiskLevel.MEDIUM: "medium",
    RiskLevel.HIGH: "high",
    RiskLevel.CRITICAL: "critical",
}

SEVERITIES: Mapping[ViolationSeverity, str] = {
    ViolationSeverity.INFO: "note",
    ViolationSeverity.WARNING: "warning",
    ViolationSeverity.ERROR: "error",
    ViolationSeverity.CRITICAL: "critical",
}
