"""A decision and the trail it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import EXPLORATORY, NOT_ASKED, Effect, Proposal, StrategyAnswer
from optimizer.models.reviews import Fate, Review
from optimizer.models.rules import Explanation
from optimizer.models.summaries import WindowSummary


class DecisionState(StrEnum):
    """Where a decision stands."""

    PENDING = "pending"
    VALIDATING = "validating"
    APPROVED = "approved"
    EXECUTING = "executing"
    MONITORING = "monitoring"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the strategies made of one workflow.

    Attributes:
        decision_id: Hash of all that went into it: the same evidence, settings and seed give
            the same decision.
        workflow_id: The workflow.
        as_of: Nothing later than this was looked at, UTC; None where all was.
        decided_at: When it was first made, UTC.
        state: Where it stands; one without proposals is completed at once.
        current: The variant in use; None where nothing has run.
        others: The other variants that were looked at.
        explanation: How the scoring rules came out; None where nothing has run.
        answers: What each strategy said, in the order asked.
        config_sha256: Hash of the settings in force.
        seed: Decided everything random.
        version: Version of the program.
        reviews: What became of each proposal, in their order; empty in decisions of versions
            that did not review them, where every proposal stands.
    """

    decision_id: str
    workflow_id: str
    as_of: datetime | None
    decided_at: datetime
    state: DecisionState
    current: WindowSummary | None
    others: tuple[WindowSummary, ...]
    explanation: Explanation | None
    answers: tuple[StrategyAnswer, ...]
    config_sha256: str
    seed: int
    version: str
    reviews: tuple[Review, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What a strategy measured of a workflow that takes long.

    Attributes:
        workflow_id: The workflow.
        strategy: Name of the strategy.
        key_sha256: Hash of what it rests on.
        body: What was measured, as JSON.
    """

    workflow_id: str
    strategy: str
    key_sha256: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A decision and what came of making it, all of which is stored together.

    Attributes:
        decision: The decision.
        elapsed_ms: How long each strategy took, by name; those not asked are not in it.
        studies: What was measured for it that may serve again.
        body: The decision as JSON as it is stored, where it was written already.
    """

    decision: Decision
    elapsed_ms: Mapping[str, float]
    studies: tuple[Study, ...] = ()
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log; each carries the hash of the one before.

    Attributes:
        seq: Its place, counted from 1 without a gap.
        logged_at: When, UTC.
        actor: Who.
        action: What was done: `decision.proposed`.
        subject: To what: an id.
        detail: More, as canonical JSON.
        previous_hash: Hash of the line before; 64 zeros in the first.
        hash: SHA-256 over all of the above.
    """

    seq: int
    logged_at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheck:
    """Whether each line of the audit log follows from the one before.

    Attributes:
        n_lines: Lines there are.
        first_broken: Place of the first line that does not follow, counted from 1; None: all do.
    """

    n_lines: int
    first_broken: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditChain:
    """Whether the lines of the audit log follow from one another.

    Attributes:
        n_lines: Lines of the whole log.
        first_broken: Place of the first line that does not follow from the one before, counted
            from 1; None where all do.
        last_hash: Hash of the last line; None of an empty log.
    """

    n_lines: int
    first_broken: int | None
    last_hash: str | None


def proposals(decision: Decision) -> tuple[Proposal, ...]:
    """Return every proposal of a decision, in the order the strategies were asked."""
    return tuple(
        proposal
        for answer in decision.answers
        if answer.answer is not None
        for proposal in answer.answer.proposals
    )


def accepted(decision: Decision) -> tuple[Proposal, ...]:
    """Return the proposals that are part of a decision, in the order they were made."""
    found = proposals(decision)
    if not decision.reviews:
        return found
    return tuple(found[one.place] for one in decision.reviews if one.fate is Fate.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """What is expected of a decision as a whole.

    Attributes:
        confidence: The least of its parts; None where one of them has none.
        effects: Those of its only part; empty where several apply.
        note: Why the effects are absent; None where they are there.
    """

    confidence: float | None
    effects: tuple[Effect, ...]
    note: str | None


def combined(decision: Decision) -> Combined | None:
    """Return what is expected of all accepted changes together; None where nothing changes."""
    parts = changing(decision)
    if not parts:
        return None
    known = [part.confidence for part in parts if part.confidence is not None]
    confidence = min(known) if len(known) == len(parts) else None
    if len(parts) > 1:
        note = f"the effects of {len(parts)} changes were not measured together"
        return Combined(confidence=confidence, effects=(), note=note)
    return Combined(confidence=confidence, effects=parts[0].effects, note=parts[0].effects_note)


def changing(decision: Decision) -> tuple[Proposal, ...]:
    """Return the accepted proposals that change something in force."""
    return tuple(p for p in accepted(decision) if p.changes and p.type not in EXPLORATORY)


def failures(decision: Decision) -> tuple[tuple[str, str], ...]:
    """Return the strategies that were asked and failed, each with how."""
    return tuple(
        (one.strategy, one.failure or "no reason given")
        for one in decision.answers
        if one.answer is None and not (one.failure or "").startswith(NOT_ASKED)
    )
