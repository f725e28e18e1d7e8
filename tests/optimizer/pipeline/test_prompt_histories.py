from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.queries.optimizing import prompt_misfits, prompt_versions
from optimizer.history.store import temporary_history
from optimizer.models.errors import OptimizerError
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Confirmation, Lineage, Version, VersionState
from optimizer.pipeline.lifecycle import Who
from optimizer.pipeline.prompt_texts import Made
from optimizer.pipeline.prompt_versions import promote, record_made, register, roll_back
from optimizer.prompts.extract import find_sites
from optimizer.prompts.versions.lifecycle import IN_USE
from optimizer.scoring_rules import ScoringRules

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANN = Who(actor="ann", why="", at=NOW)
RULES = ScoringRules()
ID = "triage.md"
TEXTS = [f"Sort {{mail}} in way {i}.\n" for i in range(4)]
NUMBERS = ["1.0.0", "1.0.1", "1.0.2", "1.1.0", "1.2.0"]


class OneFile:
    """A single file in memory."""

    def __init__(self, text: str) -> None:
        self.content = text.encode()

    def read(self, path: str) -> bytes:
        return self.content

    def write(self, path: str, old: bytes, new: bytes) -> None:
        assert self.content == old
        self.content = new


class Histories(RuleBasedStateMachine):
    """Edits, optimizations, promotions and rollbacks in any order."""

    @initialize()
    def begin(self) -> None:
        self.opened = temporary_history(NOW)
        self.history = self.opened.__enter__()
        self.file = OneFile(TEXTS[0])
        self.names = count()
        self.seen_in_use: set[str] = set()
        self.recorded = True
        self.record()

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.__exit__(None, None, None)

    @rule(text=st.sampled_from(TEXTS))
    def edit_outside(self, text: str) -> None:
        self.file.content = text.encode()
        self.recorded = False

    @rule()
    def record(self) -> None:
        register(self.history, find_sites(ID, self.file.content).sites[0], ANN, rules=RULES)
        self.recorded = True

    @rule(text=st.sampled_from(TEXTS), verdict=st.sampled_from([None, "improved", "no worse"]))
    @precondition(lambda self: self.recorded)
    def optimize(self, text: str, verdict: str | None) -> None:
        control = self.in_use().prompt_sha256
        if text_sha256(text) == control:
            return
        optimization_id = str(next(self.names))
        look = verdict and Confirmation(
            optimization_id=optimization_id,
            prompt_id=ID,
            holdout_sha256="h",
            seq=1,
            champion_sha256=text_sha256(text),
            control_sha256=control,
            alpha=0.05,
            verdict=verdict,
            n=18,
            n_control_passed=9,
            n_champion_passed=17,
            n_tests=18,
            p_value=0.01,
            estimate=0.4,
            low=0.1,
            high=0.6,
            method="m",
            reason="r",
            looked_at=NOW,
        )
        made = Made(
            text=text,
            lineage=Lineage(),
            optimization_id=optimization_id,
            confirmation=look or None,
        )
        record_made(self.history, ID, made, ANN, rules=RULES)

    @rule(number=st.sampled_from(NUMBERS))
    def put_in_force(self, number: str) -> None:
        before = self.state()
        try:
            promote(self.history, number, ANN, files=self.file, prompt_id=ID)
        except OptimizerError:
            assert self.state() == before
        else:
            versions = {one.version: one for one in prompt_versions(self.history)}
            found = versions[number].confirmation
            assert found is not None
            assert found.is_better

    @rule(number=st.sampled_from(NUMBERS))
    def take_back(self, number: str) -> None:
        before = self.state()
        try:
            moved = roll_back(self.history, ID, number, ANN, files=self.file)
        except OptimizerError:
            assert self.state() == before
        else:
            assert moved.version.prompt_sha256 in self.seen_in_use

    @invariant()
    def exactly_one_version_is_in_use(self) -> None:
        if hasattr(self, "history"):
            self.seen_in_use.add(self.in_use().prompt_sha256)

    @invariant()
    def what_is_in_use_stands_in_the_file(self) -> None:
        if hasattr(self, "history") and self.recorded:
            assert self.in_use().text.encode() == self.file.content

    @invariant()
    def the_history_is_sound(self) -> None:
        if hasattr(self, "history"):
            assert prompt_misfits(self.history) == []
            assert first_broken(queries.audit(self.history)) is None

    def in_use(self) -> Version:
        (found,) = [one for one in prompt_versions(self.history) if one.state in IN_USE]
        return found

    def state(self) -> tuple[list[tuple[str, VersionState]], bytes]:
        found = [(one.version, one.state) for one in prompt_versions(self.history)]
        return found, self.file.content


def test_histories_in_any_order_stay_sound() -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
