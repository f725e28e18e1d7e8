"""The circuit breakers of a workflow, as its history leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from optimizer.models.dataclass import dataclass
from optimizer.models.lifecycle import BreakerEvent
from optimizer.models.proposals import NOT_ASKED
from optimizer.safety.breaker import Circuit, CircuitState, Event, circuit
from optimizer.safety.settings import CircuitBreakerSettings

TIME_FORMAT = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuits:
    """The breakers of one workflow at one moment of its runs.

    Attributes:
        events: What happened on it.
        at: The moment; None where nothing has run, and nothing is broken.
        settings: When they open and for how long.
    """

    events: Sequence[BreakerEvent]
    at: datetime | None
    settings: CircuitBreakerSettings

    def why_not(self, strategy: str) -> str | None:
        """Say why a strategy is not asked; None where it is.

        One breaker of a strategy goes by its answers, another by what became of its changes.
        """
        if not self.events:
            return None
        for is_outcome, what in ((False, "failures"), (True, "changes that failed")):
            own = [
                event
                for event in self.events
                if event.strategy == strategy and event.is_outcome == is_outcome
            ]
            found = self._circuit(own)
            if found is not None and found.state is CircuitState.OPEN and found.until is not None:
                return (
                    f"{NOT_ASKED}: circuit open until {found.until.strftime(TIME_FORMAT)} on the "
                    f"clock of the runs, after {found.n_failures} {what} in a row"
                )
        return None

    def changes(self) -> Circuit | None:
        """Return the breaker of all changes of the workflow, whoever proposed them."""
        outcomes = {event.decision_id: event for event in self.events if event.is_outcome}
        return self._circuit(outcomes.values())

    def _circuit(self, events: Iterable[BreakerEvent]) -> Circuit | None:
        if self.at is None:
            return None
        happened = [Event(at=event.at, failed=event.failed) for event in events]
        return circuit(happened, self.at, self.settings)
