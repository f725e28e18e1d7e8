"""Circuit breakers: whether something that kept failing is asked again.

Closed until `failure_threshold` failures in a row; then open for `open_duration_s`; then half
open: the next that happens is its one trial, which closes the circuit or opens it anew. The clock
is that of the runs, so that the same history gives the same state whenever it is looked at.

See Nygard (2007), Release It!, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.safety.settings import CircuitBreakerSettings


class CircuitState(StrEnum):
    """Where a circuit breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that went well, or did not.

    Attributes:
        at: When, on the clock of the runs, UTC.
        failed: Whether it failed.
    """

    at: datetime
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A circuit breaker at one moment.

    Attributes:
        state: Where it stands.
        n_failures: Failures in a row, up to the threshold.
        until: When it is tried again, UTC; None where it is closed.
    """

    state: CircuitState
    n_failures: int
    until: datetime | None = None


def circuit(events: Iterable[Event], at: datetime, settings: CircuitBreakerSettings) -> Circuit:
    """Return where a breaker stands at a moment, after all that happened before it.

    Args:
        events: What happened, in any order.
        at: The moment; what happened then or later is not looked at.
        settings: When it opens and for how long.
    """
    n_failures, until = 0, None
    for event in sorted(events, key=lambda one: (one.at, one.failed)):
        if event.at >= at:
            break
        if until is not None and event.at < until:
            continue
        n_failures = n_failures + 1 if event.failed else 0
        opens = event.failed and (until is not None or n_failures >= settings.failure_threshold)
        until = event.at + timedelta(seconds=settings.open_duration_s) if opens else None
    if until is None:
        return Circuit(state=CircuitState.CLOSED, n_failures=n_failures)
    state = CircuitState.OPEN if at < until else CircuitState.HALF_OPEN
    return Circuit(state=state, n_failures=n_failures, until=until)
