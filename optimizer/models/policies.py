"""What a bandit learned of the variants of a workflow, as it is stored."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """How much more one variant earns than the one in use.

    Attributes:
        variant_id: The other variant.
        estimate: Difference of mean rewards, -1 to 1.
        low: Lower bound, the number of variants allowed for.
        high: Upper bound.
        level: Confidence level of this interval, 0 to 1.
        n: Independent cases or rounds behind it.
        estimator: Name of the method.
        p_better: Posterior probability that it earns more.
        is_causal: Whether chance or pairing, and not an unknown choice, decided what ran.
    """

    variant_id: str
    estimate: float
    low: float
    high: float
    level: float
    n: int
    estimator: str
    p_better: float
    is_causal: bool

    def settles(self, min_confidence: float) -> bool:
        """Return whether the variant earns more beyond doubt."""
        return self.is_causal and self.low > 0 and self.p_better >= min_confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmShare:
    """What a bandit gives a variant.

    Attributes:
        variant_id: The variant.
        n: Rounds of it that the bandit learned from.
        share: Of the next batch, 0 to 1.
    """

    variant_id: str
    n: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFigure:
    """What a policy would have earned on logged rounds.

    Attributes:
        name: Of the policy.
        estimate: Mean reward, 0 to 1.
        low: Lower bound.
        high: Upper bound.
        level: Confidence level, 0 to 1.
        n: Rounds.
        n_effective: How many rounds of the policy itself would know as much.
    """

    name: str
    estimate: float
    low: float
    high: float
    level: float
    n: int
    n_effective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardPart:
    """One part of a reward.

    Attributes:
        name: `quality`, `cost` or `latency`.
        weight: What it counts beside the others.
    """

    name: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BanditStudy:
    """What was learned from the tests of several variants.

    Attributes:
        n_rounds: Tests with a reward.
        gains: Variants against the one in use, as far as they can be compared.
        shares: What the bandit gives each variant; empty where the gains settle what is best.
        parts: Of the reward, those that are known of every variant.
        features: Of the context.
        propensities: `logged`, `estimated`, or None where no run had a choice.
        policies: What policies would have earned on rounds that had a choice.
        exploration: The setting that a replay chose, or None.
    """

    n_rounds: int
    gains: tuple[Gain, ...]
    shares: tuple[ArmShare, ...]
    parts: tuple[RewardPart, ...]
    features: tuple[str, ...]
    propensities: str | None
    policies: tuple[PolicyFigure, ...]
    exploration: float | None = None
