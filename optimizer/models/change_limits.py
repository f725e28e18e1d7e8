"""What a change may cost: judged before it is made, and watched once it is in force."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings

LATENCY = frozenset({"latency_relative"})
COST = frozenset({"cost_relative", "tokens_relative"})


class ChangeLimits(Settings):
    """What a change may cost, and how far back one may be taken."""

    max_quality_degradation: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Largest loss in pass rate or score, 0 to 1."""

    max_cost_increase: Annotated[float, Field(ge=0)] = 0.10
    """Largest rise of the price of a call, as a share of what it is now."""

    max_latency_increase: Annotated[float, Field(ge=0)] = 0.15
    """Largest rise of the response time, as a share of what it is now."""

    max_rollback_depth: Annotated[int, Field(ge=1)] = 10
    """Most configurations that one rollback may go back."""

    def margin(self, metric: str) -> float:
        """Return how much worse a metric may become, by its name as in `Effect`."""
        if metric in LATENCY:
            return self.max_latency_increase
        if metric in COST:
            return self.max_cost_increase
        return self.max_quality_degradation
