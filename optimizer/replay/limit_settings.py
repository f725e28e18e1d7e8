"""How limits are measured and replayed: what may be asked for, what may be spent."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.limits import Adaptation
from optimizer.models.settings import Field, Settings


class LimitSettings(Settings):
    """Limits that are tried, and how sure their figures must be."""

    max_requests_per_second: Annotated[float, Field(gt=0)] = 100.0
    """Most requests a second that are ever proposed or let through."""

    max_tokens_per_minute: Annotated[float, Field(gt=0)] = 100_000.0
    """Most tokens a minute that are ever proposed."""

    max_cost_per_hour: Annotated[float, Field(gt=0)] = 10.0
    """Most that an hour may cost, in USD."""

    burst_multiplier: Annotated[float, Field(ge=1)] = 1.5
    """How many times a minute's share may be used at once."""

    target_error_rate: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Largest acceptable share of requests that are refused for too many of them."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """One-sided confidence with which the target must be missed; also that of the intervals."""

    window_s: Annotated[float, Field(gt=0)] = 60.0
    """Length of the stretch without a refusal that a rate is taken from, in seconds."""

    timeout_quantile: Annotated[float, Field(gt=0.5, lt=1)] = 0.99
    """Quantile of the response time that a timeout is recommended from."""

    adaptive: bool = False
    """Whether limits follow failures and slow answers in replays: less at once, more in time."""

    increase_per_minute: Annotated[float, Field(gt=0)] = 0.1
    """Share of an adaptive limit that a minute without trouble gives back."""

    decrease: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """What is left of an adaptive limit after trouble, as a share."""

    least_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of an adaptive limit that is always left."""

    cooldown_s: Annotated[float, Field(ge=0)] = 1.0
    """Trouble within so many seconds of the last decrease counts as the same."""

    slow_ms: Annotated[float, Field(gt=0)] | None = None
    """An answer that took longer is trouble too, in ms. Default: only failures are."""

    tried_shares: tuple[Annotated[float, Field(gt=0)], ...] = (0.25, 0.5, 0.75, 1.0)
    """Limits that `optimizer replay limits` tries, as shares of the busiest minute."""

    def adaptation(self) -> Adaptation | None:
        """Return how limits follow what comes back, where they do."""
        if not self.adaptive:
            return None
        return Adaptation(
            increase_per_minute=self.increase_per_minute,
            decrease=self.decrease,
            least=self.least_share,
            cooldown_s=self.cooldown_s,
            max_latency_ms=self.slow_ms,
        )
