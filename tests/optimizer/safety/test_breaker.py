from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from optimizer.safety.breaker import Circuit, CircuitState, Event, circuit
from optimizer.safety.settings import CircuitBreakerSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
THREE = CircuitBreakerSettings(failure_threshold=3, open_duration_s=60)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def history(marks: str, step_s: float = 1) -> list[Event]:
    return [Event(at=at(i * step_s), failed=mark == "x") for i, mark in enumerate(marks)]


@pytest.mark.parametrize(
    ("marks", "state", "n"),
    [
        ("", CircuitState.CLOSED, 0),
        ("xx", CircuitState.CLOSED, 2),
        ("xx.xx", CircuitState.CLOSED, 2),
        ("xxx", CircuitState.OPEN, 3),
        ("xxx.", CircuitState.OPEN, 3),
    ],
)
def test_opens_after_failures_in_a_row(marks: str, state: CircuitState, n: int) -> None:
    found = circuit(history(marks), at(10), THREE)
    assert (found.state, found.n_failures) == (state, n)


def test_is_tried_once_when_its_time_is_over() -> None:
    assert circuit(history("xxx"), at(61.9), THREE).state is CircuitState.OPEN
    assert circuit(history("xxx"), at(62), THREE) == Circuit(
        state=CircuitState.HALF_OPEN, n_failures=3, until=at(62)
    )


def test_the_trial_closes_it_or_opens_it_anew() -> None:
    good = [*history("xxx"), Event(at=at(70), failed=False)]
    assert circuit(good, at(71), THREE) == Circuit(state=CircuitState.CLOSED, n_failures=0)
    bad = [*history("xxx"), Event(at=at(70), failed=True)]
    assert circuit(bad, at(71), THREE) == Circuit(
        state=CircuitState.OPEN, n_failures=4, until=at(130)
    )


def test_what_happens_at_the_moment_itself_or_later_is_not_looked_at() -> None:
    assert circuit(history("xxx"), at(2), THREE).state is CircuitState.CLOSED


def test_the_order_of_rows_does_not_matter() -> None:
    events = history("xx.xxx")
    assert circuit(reversed(events), at(10), THREE) == circuit(events, at(10), THREE)


class Breaker(RuleBasedStateMachine):
    """Against a breaker that is told of events one by one, as a service would be."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.events: list[Event] = []
        self.failures, self.until = 0, None

    @rule(wait=st.sampled_from([1.0, 30.0, 60.0]), failed=st.booleans())
    def happens(self, wait: float, failed: bool) -> None:
        self.now += wait
        self.events.append(Event(at=at(self.now), failed=failed))
        if self.until is not None and self.now < self.until:
            return
        trial = self.until is not None
        self.failures = self.failures + 1 if failed else 0
        self.until = None
        if failed and (trial or self.failures >= THREE.failure_threshold):
            self.until = self.now + THREE.open_duration_s

    @invariant()
    def agrees_with_the_whole_history(self) -> None:
        found = circuit(self.events, at(self.now + 0.5), THREE)
        is_open = self.until is not None and self.now + 0.5 < self.until
        half = self.until is not None and not is_open
        expected = (
            CircuitState.OPEN
            if is_open
            else CircuitState.HALF_OPEN
            if half
            else CircuitState.CLOSED
        )
        assert (found.state, found.n_failures) == (expected, self.failures)


Breaker.TestCase.settings = settings(max_examples=40, stateful_step_count=20)
test_replay_agrees_with_events_one_by_one = Breaker.TestCase
