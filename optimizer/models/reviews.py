"""What became of a proposal before anybody saw it: what was held against it, what it lost to."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from optimizer.models.dataclass import dataclass


class RiskLevel(StrEnum):
    """How much harm a change may do, told by the pessimistic end of its intervals."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    """Needs somebody's approval."""

    CRITICAL = "critical"
    """Is never applied."""


class ViolationSeverity(IntEnum):
    """How grave it is that a policy is not met; from `ERROR` on it blocks."""

    INFO = 1
    WARNING = 2
    ERROR = 3
    CRITICAL = 4


class Fate(StrEnum):
    """What became of a proposal."""

    ACCEPTED = "accepted"
    """It is part of the decision."""

    HELD_BACK = "held back"
    """A guard or a policy objects."""

    LOST = "lost"
    """Another proposal that it cannot stand beside was preferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """One thing that a guard, a policy or a validator holds against a proposal.

    Attributes:
        check: Who says so: `quality`, `confidence`, the name of a policy.
        severity: How grave it is.
        text: What was found and what is allowed, in a sentence.
        can_override: Whether a person may set it aside by name.
    """

    check: str
    severity: ViolationSeverity
    text: str
    can_override: bool = False

    @property
    def blocks(self) -> bool:
        """Whether the proposal is held back by it."""
        return self.severity >= ViolationSeverity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What became of one proposal of a decision.

    Attributes:
        place: Which of the decision's proposals, counted from 0.
        fate: What became of it.
        objections: What was held against it, the warnings included.
        risk: How much harm it may do; None where it changes nothing.
        needs_approval: Whether a person must approve it before it is applied.
        lost_to: Who was preferred and why, in words; None where nobody was.
    """

    place: int
    fate: Fate
    objections: tuple[Objection, ...] = ()
    risk: RiskLevel | None = None
    needs_approval: bool = False
    lost_to: str | None = None
