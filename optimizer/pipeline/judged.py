"""What a gate says, for machines."""

from __future__ import annotations

from optimizer.experiments.settings import ComparisonSettings
from optimizer.models.dataclass import dataclass
from optimizer.models.rules import GateResult, GateStatus
from optimizer.models.terms import GuardStatus
from optimizer.models.verdicts import BaselineGate


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedByRules:
    """What thresholds say.

    Attributes:
        status: The worst of the results.
        results: One for each variant of each run.
    """

    status: GateStatus
    results: tuple[GateResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedByBaseline:
    """What guardrails say.

    Attributes:
        status: The worst of the checks.
        policy: The settings of the comparison.
        against: The checks, and the comparison they rest on.
    """

    status: GuardStatus
    policy: ComparisonSettings
    against: BaselineGate
