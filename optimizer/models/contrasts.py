"""Two variants of a workflow held against each other on the cases that both ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Effect

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


UNPAIRED = "the two share no case, so that the cases may be what differs: re-run both on the same"
"""What to say of effects between variants that share no case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTable:
    """What each case gave under each variant, over the newest runs: one row per pair.

    Attributes:
        variant: Code of the variant; `variants` has the ids.
        case: Code of the case.
        n: Completed tasks.
        passed: Share of them that passed, 0 to 1.
        score: Mean score, errors counted as 0; NaN without one.
        latency_ms: Mean, NaN where unknown.
        cost_usd: Mean of those that no cache answered, NaN where unknown.
        tokens: Mean, NaN where unknown.
    """

    variants: tuple[str, ...]
    variant: NDArray[np.int64]
    case: NDArray[np.int64]
    n: NDArray[np.float64]
    passed: NDArray[np.float64]
    score: NDArray[np.float64]
    latency_ms: NDArray[np.float64]
    cost_usd: NDArray[np.float64]
    tokens: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """What another variant did better or worse than the one in use.

    Attributes:
        variant_id: The other variant.
        n_shared: Cases that both completed; 0 where `is_paired` is not.
        effects: `success_rate` and `score` as differences, `latency_relative`, `cost_relative`
            and `tokens_relative` as shares of what the current variant takes; each only where
            both measured it and its interval is bounded.
        p_better: Posterior probability that it passes more of the cases; None where they share
            too few to tell.
        is_paired: Whether differences were taken inside the shared cases; else from the figures
            of both, as independent samples: see `UNPAIRED`.
    """

    variant_id: str
    n_shared: int
    effects: tuple[Effect, ...]
    p_better: float | None
    is_paired: bool = True

    def effect(self, metric: str) -> Effect | None:
        """Return the effect on a metric, or None where it is unknown."""
        return next((effect for effect in self.effects if effect.metric == metric), None)
