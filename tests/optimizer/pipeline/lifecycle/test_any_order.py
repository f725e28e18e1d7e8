from __future__ import annotations

import random
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from optimizer.history import queries
from optimizer.history.queries.lifecycle import config_snapshots
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.proposals import Change, DecisionType
from optimizer.pipeline import lifecycle, outcomes, rollbacks, rollouts

pytestmark = pytest.mark.slow
REFUSALS = (SelectionError, TransitionError)
LABELS = ("a", "b", "c")
PLACES = st.integers(0, 3)
HOURS = st.integers(-5, 400)


class AnyOrder(RuleBasedStateMachine):
    bench_type: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.latest = 500
        self.bench = self.bench_type(Path(self.stack.enter_context(tempfile.TemporaryDirectory())))
        self.history = self.stack.enter_context(self.bench.opened())
        for hours, label in enumerate(LABELS, start=-5):
            self.bench.ingest(self.history, label, "++-" * 20, hours)
        self.propose("b", variant=True)

    def teardown(self) -> None:
        self.stack.close()

    def attempt(self, act: Any, place: int, *args: Any, **more: Any) -> None:
        """Do something to one of the newest decisions; where it is refused, nothing changes."""
        newest = queries.decisions(self.history)
        newest.sort(key=lambda one: one.decision_id, reverse=True)
        name = newest[min(place, len(newest) - 1)].decision_id
        before = self.bench.dump(self.history)
        try:
            act(self.history, name, *args, **more)
        except REFUSALS:
            assert self.bench.dump(self.history) == before

    @rule(label=st.sampled_from(LABELS), good=st.booleans(), hours=HOURS)
    def ingest(self, label: str, good: bool, hours: int) -> None:
        self.bench.ingest(self.history, label, ("+++" if good else "---") * 20, hours)

    @rule(label=st.sampled_from(LABELS), variant=st.booleans())
    def propose(self, label: str, variant: bool) -> None:
        now = self.bench.in_force(self.history) or {"variant": "a", "cache": {}}
        if variant:
            self.bench.switch(self.history, now["variant"], label)
            return
        old = now.get("cache", {}).get("ttl_s")
        change = Change(setting="cache.ttl_s", old=old, new=60 * (1 + LABELS.index(label)))
        kind = DecisionType.ENABLE_CACHING
        self.bench.decide(self.history, change, type=kind, current=now["variant"])

    @rule()
    def ask_for_an_alert(self) -> None:
        self.bench.decide(self.history, type=DecisionType.ALERT)

    @rule(place=PLACES, hours=HOURS)
    def approve(self, place: int, hours: int) -> None:
        self.attempt(lifecycle.approve, place, self.bench.who(hours))

    @rule(place=st.integers(2, 5), hours=HOURS)
    def reject(self, place: int, hours: int) -> None:
        self.attempt(lifecycle.reject, place, self.bench.who(hours))

    @rule(place=PLACES, hours=HOURS, approved=st.booleans())
    def apply(self, place: int, hours: int, approved: bool) -> None:
        if approved:
            self.approve(place, hours)
        self.attempt(lifecycle.apply, place, self.bench.who(hours))

    @rule(place=PLACES, hours=HOURS, preset=st.sampled_from(["standard", "s0", "rust"]))
    def start(self, place: int, hours: int, preset: str) -> None:
        self.approve(place, hours)
        more = {"preset": preset, "settings": self.bench.settings}
        self.attempt(rollouts.start, place, self.bench.who(hours), **more)

    @rule(good=st.booleans(), again=st.integers(1, 4))
    def new_runs(self, good: bool, again: int) -> None:
        """Store runs of what is in force, later than all, and let the rollout and outcome see."""
        found = config_snapshots(self.history, "wf")
        if not found:
            return
        label = self.bench.in_force(self.history)["variant"]
        for _ in range(again):
            self.latest += 200
            marks = ("+++" if good else "---") * 20
            self.bench.ingest(self.history, label, marks, self.latest)
            self.advance(self.latest + 1)
        self.measure(0, self.latest + 1)

    @rule(hours=HOURS)
    def advance(self, hours: int) -> None:
        rollouts.advance(self.history, None, self.bench.who(hours), settings=self.bench.settings)

    @rule(place=PLACES, hours=HOURS)
    def roll_back(self, place: int, hours: int) -> None:
        n = len(config_snapshots(self.history, "wf"))
        more = {"settings": self.bench.settings}
        self.attempt(rollbacks.roll_back, place, self.bench.who(hours), **more)
        found = config_snapshots(self.history, "wf")
        assert len(found) <= n + 1

    @rule(hours=HOURS)
    def roll_back_to_initial(self, hours: int) -> None:
        found = config_snapshots(self.history, "wf")
        try:
            rollbacks.roll_back_to_initial(
                self.history, "wf", self.bench.who(hours), settings=self.bench.settings
            )
        except REFUSALS:
            assert not found or found[-1].body == found[0].body
            return
        assert config_snapshots(self.history, "wf")[-1].body == found[0].body

    @rule(place=PLACES, hours=HOURS)
    def measure(self, place: int, hours: int) -> None:
        more = {"settings": self.bench.settings}
        self.attempt(outcomes.measure, place, self.bench.who(hours), **more)

    @invariant()
    def is_sound(self) -> None:
        self.bench.check(self.history)


def test_whatever_is_done_in_whatever_order_leaves_a_sound_history(bench_type: Any) -> None:
    few = settings(max_examples=8, stateful_step_count=24, deadline=None, derandomize=True)
    machine = type("Machine", (AnyOrder,), {"bench_type": bench_type})
    run_state_machine_as_test(machine, settings=few)


@pytest.mark.parametrize("seed", [2, 3])
def test_a_long_walk_gets_everywhere_and_leaves_a_sound_history(bench_type: Any, seed: int) -> None:
    draw = random.Random(seed)
    walk = type("Machine", (AnyOrder,), {"bench_type": bench_type})()
    try:
        for _ in range(25):
            walk.propose(draw.choice(LABELS), draw.random() < 0.7)
            hours = walk.latest + 1
            step = draw.choice(["apply", "start", "start", "reject", "alert"])
            if step == "apply":
                walk.apply(0, hours, approved=True)
            elif step == "start":
                walk.start(0, hours, "standard")
            elif step == "reject":
                walk.reject(0, hours)
            else:
                walk.ask_for_an_alert()
            walk.new_runs(draw.random() < 0.7, draw.choice([1, 2, 4]))
            if draw.random() < 0.3:
                walk.roll_back(draw.choice([0, 1, 2, 5]), walk.latest + 2)
            if draw.random() < 0.1:
                walk.roll_back_to_initial(walk.latest + 2)
            walk.is_sound()
        states = {one.state for one in queries.decisions(walk.history)}
        assert {"completed", "rejected", "rolled_back"} <= states
    finally:
        walk.teardown()
