from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from optimizer.history.engines import DuckEngine
from optimizer.history.store import History
from optimizer.models.proposals import Effect
from optimizer.pipeline import lifecycle, outcomes, rollbacks, rollouts

ROOT = Path(__file__).parents[4]
Act = Callable[[Any, History, str], object]


class CrashError(Exception):
    pass


class Failing:
    """A connection whose k-th question or write does not come about."""

    def __init__(self, connection: Any, k: int, crash: Callable[[], object]) -> None:
        self.connection, self.left, self.crash = connection, k, crash

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, *args: Any) -> Any:
        self._count()
        return self.connection.execute(*args)

    def appender(self, *args: Any) -> Any:
        self._count()
        return self.connection.appender(*args)

    def _count(self) -> None:
        if self.left == 0:
            self.crash()
        self.left -= 1


def crash() -> None:
    raise CrashError


def approve(bench: Any, history: History, name: str) -> object:
    return lifecycle.approve(history, name, bench.who())


def reject(bench: Any, history: History, name: str) -> object:
    return lifecycle.reject(history, name, bench.who())


def apply(bench: Any, history: History, name: str) -> object:
    return lifecycle.apply(history, name, bench.who())


def start(bench: Any, history: History, name: str) -> object:
    return rollouts.start(history, name, bench.who(), preset="standard", settings=bench.settings)


def advance(bench: Any, history: History, name: str) -> object:
    return rollouts.advance(history, name, bench.who(50), settings=bench.settings)


def roll_back(bench: Any, history: History, name: str) -> object:
    return rollbacks.roll_back(history, name, bench.who(60), settings=bench.settings)


def to_initial(bench: Any, history: History, _: str) -> object:
    return rollbacks.roll_back_to_initial(history, "wf", bench.who(60), settings=bench.settings)


def measure(bench: Any, history: History, name: str) -> object:
    return outcomes.measure(history, name, bench.who(60), settings=bench.settings)


def good(bench: Any, history: History, _: str) -> object:
    return bench.ingest(history, "b", "+++" * 20, 40)


def bad(bench: Any, history: History, _: str) -> object:
    return bench.ingest(history, "b", "---" * 20, 40)


ACTS: dict[str, tuple[Act, ...]] = {
    "approve": (approve,),
    "reject": (reject,),
    "apply": (approve, apply),
    "start a rollout": (approve, start),
    "advance a rollout": (approve, start, good, advance),
    "roll back by harm": (approve, start, bad, advance),
    "roll back while watched": (approve, apply, roll_back),
    "roll back what is completed": (approve, apply, good, measure, roll_back),
    "roll back to the first": (approve, apply, to_initial),
    "measure an outcome": (approve, apply, good, measure),
}


def connect(history: History, connection: Any) -> None:
    history.connection, history.engine = connection, DuckEngine(connection)


@pytest.mark.parametrize("name", ACTS)
def test_a_crash_between_any_two_writes_leaves_the_history_as_it_was(
    bench: Any, history: History, name: str
) -> None:
    *before, act = ACTS[name]
    effect = Effect(
        metric="success_rate",
        estimate=0.3,
        low=0.2,
        high=0.4,
        level=0.95,
        n=60,
        estimator="tango",
    )
    decision = bench.switch(history, "a", "b", effects=(effect,)).decision_id
    for one in before:
        one(bench, history, decision)
    stored = bench.dump(history)
    connection = history.connection
    for k in count():
        connect(history, Failing(connection, k, crash))
        try:
            act(bench, history, decision)
        except CrashError:
            connect(history, connection)
            assert bench.dump(history) == stored
            bench.check(history)
        else:
            connect(history, connection)
            break
    assert k >= 3
    assert bench.dump(history) != stored
    bench.check(history)


DIE = """
import os, sys
from pathlib import Path
sys.path[:0] = sys.argv[1:2]
from datetime import UTC, datetime
from optimizer.decisions.settings import Lifecycle
from optimizer.history.store import open_history
from optimizer.pipeline import rollbacks
from optimizer.pipeline.lifecycle import Who

class Dying:
    def __init__(self, connection, k):
        self.connection, self.left = connection, k
    def __getattr__(self, name):
        return getattr(self.connection, name)
    def execute(self, *args):
        self.left -= 1
        if self.left < 0:
            os._exit(9)
        return self.connection.execute(*args)
    def appender(self, *args):
        self.left -= 1
        if self.left < 0:
            os._exit(9)
        return self.connection.appender(*args)

now = datetime(2026, 3, 5, tzinfo=UTC)
with open_history(Path(sys.argv[2]), lock_timeout_s=5, now=now) as history:
    history.connection = Dying(history.connection, int(sys.argv[4]))
    who = Who(actor="ann", why="", at=now)
    rollbacks.roll_back(history, sys.argv[3], who, settings=Lifecycle())
"""


def test_a_process_that_dies_between_two_writes_leaves_the_history_as_it_was(bench: Any) -> None:
    with bench.opened() as history:
        bench.ingest(history, "a", "++-" * 20, -2)
        bench.ingest(history, "b", "+++" * 20, -3)
        name = bench.switch(history, "a", "b").decision_id
        approve(bench, history, name)
        apply(bench, history, name)
        stored = bench.dump(history)
    for k in range(3, 60, 4):
        done = subprocess.run(
            [sys.executable, "-c", DIE, str(ROOT), str(bench.path), name, str(k)],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        with bench.opened() as history:
            bench.check(history)
            if done.returncode == 0:
                assert bench.dump(history) != stored
                break
            assert done.returncode == 9, done.stderr
            assert bench.dump(history) == stored
    assert done.returncode == 0
