from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from executor_bridge import read
from optimizer.config.load import load
from optimizer.decisions import configuration
from optimizer.decisions.lifecycle import NEXT
from optimizer.decisions.settings import Lifecycle
from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.columns import prepare
from optimizer.history.deciding import record_decisions
from optimizer.history.queries.lifecycle import config_snapshots, rollouts
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, open_history
from optimizer.models.decisions import Decision, DecisionState, Made
from optimizer.models.ingest import IngestSettings
from optimizer.models.lifecycle import RolloutStatus
from optimizer.models.proposals import (
    Answer,
    Change,
    DecisionType,
    Effect,
    Proposal,
    StrategyAnswer,
)
from optimizer.models.reviews import Review
from optimizer.pipeline.decide import decide
from optimizer.pipeline.lifecycle import Who

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = (
    "decisions",
    "config_snapshots",
    "rollouts",
    "outcomes",
    "audit_log",
    "strategy_answers",
)


class Bench:
    """A history in a real file, with runs and decisions made to order."""

    settings = Lifecycle()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "history.duckdb"
        self.made = 0

    @contextmanager
    def opened(self) -> Iterator[History]:
        with open_history(self.path, lock_timeout_s=5, now=NOON) as history:
            yield history

    def who(self, hours: float = 0, actor: str = "ann", why: str = "") -> Who:
        return Who(actor=actor, why=why, at=NOON + timedelta(hours=hours))

    def ingest(
        self,
        history: History,
        label: str,
        marks: str,
        hours: float,
        came: float | None = None,
        **metadata: Any,
    ) -> str:
        """Store a run: one mark a task, + passed, - failed; it comes in when it has ended."""
        self.made += 1
        at = NOON + timedelta(hours=hours)
        run_id = f"r{self.made}"
        run = {
            "run_id": run_id,
            "workflow_id": "wf",
            "started_at": at.isoformat(),
            "finished_at": (at + timedelta(minutes=1)).isoformat(),
            "metadata": {"prompt_variant": label, "prompt": f"say {label} {{x}}", **metadata},
            "task_results": [
                {
                    "task_id": f"{run_id}-{i}",
                    "workflow_id": "wf",
                    "task_status": {"+": "succeeded", "-": "failed"}[mark],
                    "created_at": at.isoformat(),
                    "execution_time": 0.1 + i / 1000,
                    "metadata": {"case_id": f"c{i}"},
                }
                for i, mark in enumerate(marks)
            ],
        }
        path = self.folder / f"{run_id}.json"
        path.write_text(json.dumps(run))
        file = prepare(read(str(path), IngestSettings()), StoreSettings())
        now = at + timedelta(minutes=5) if came is None else NOON + timedelta(hours=came)
        record(history, [file], StoreSettings(), replace=False, actor="a", now=now)
        return run_id

    def in_force(self, history: History) -> dict[str, Any] | None:
        found = config_snapshots(history, "wf")
        return configuration.decoded(found[-1].body) if found else None

    def decide(
        self,
        history: History,
        *changes: Change,
        type: DecisionType = DecisionType.PROMPT_VARIANT,
        reviews: tuple[Review, ...] = (),
        effects: tuple[Effect, ...] = (),
        current: str = "a",
        strategy: str = "model_selection",
        more: tuple[Proposal, ...] = (),
    ) -> Decision:
        """Store a decision with one proposal and whatever else is given."""
        self.made += 1
        windows = queries.windows(
            history, workflow_ids=["wf"], as_of=None, max_runs=5, slow_ms=None
        )
        in_use = next((one for one in windows if one.variant == current), None)
        proposal = self.proposal(*changes, type=type, effects=effects, strategy=strategy)
        decision = Decision(
            decision_id=f"d{self.made:011d}",
            workflow_id="wf",
            as_of=None,
            decided_at=NOON,
            state=DecisionState.PENDING,
            current=in_use,
            others=tuple(one for one in windows if one is not in_use),
            explanation=None,
            answers=(
                StrategyAnswer(
                    strategy=strategy, priority=100, answer=Answer(proposals=(proposal, *more))
                ),
            ),
            config_sha256="",
            seed=0,
            version="0",
            reviews=reviews,
        )
        return record_decisions(
            history, [Made(decision=decision, elapsed_ms={strategy: 1.0})], actor="ann"
        )[0]

    def proposal(
        self,
        *changes: Change,
        type: DecisionType = DecisionType.PROMPT_VARIANT,
        effects: tuple[Effect, ...] = (),
        strategy: str = "model_selection",
    ) -> Proposal:
        return Proposal(
            strategy=strategy,
            type=type,
            changes=changes,
            effects=effects,
            effects_note=None,
            confidence=0.9,
            rationale="because",
            unless="not",
        )

    def switch(self, history: History, old: str, new: str, **more: Any) -> Decision:
        change = Change(setting="variant", old=old, new=new)
        return self.decide(history, change, current=old, **more)

    def state(self, history: History, decision_id: str) -> DecisionState:
        return queries.stored_decisions(history, [decision_id])[decision_id].state

    def evidence_decisions(self, history: History, **more: Any) -> list[Made]:
        loaded = load(start=Path("/"), environ={})
        return decide(
            history,
            workflow_ids=["wf"],
            variant=None,
            as_of=None,
            config=loaded.config,
            config_sha256="",
            now=NOON,
            **more,
        )

    def dump(self, history: History) -> str:
        rows = {
            name: history.connection.execute(f"FROM {name} ORDER BY ALL").fetchall()
            for name in TABLES
        }
        return repr(rows)

    def check(self, history: History) -> None:
        """Hold what must be true of every history."""
        entries = queries.audit(history)
        assert first_broken(entries) is None
        decisions = {one.decision_id: one for one in queries.decisions(history)}
        stands: dict[str, str] = {}
        for entry in entries:
            detail = json.loads(entry.detail)
            if entry.action == "decision.recorded":
                stands[entry.subject] = detail["state"]
            if entry.action == "decision.moved":
                before, after = DecisionState(detail["from"]), DecisionState(detail["to"])
                assert stands[entry.subject] == before
                assert after in NEXT[before]
                stands[entry.subject] = after
        assert stands == {name: one.state for name, one in decisions.items()}
        snapshots = config_snapshots(history, "wf")
        bodies: list[str] = []
        for place, one in enumerate(snapshots):
            assert one.seq == place
            assert one.sha256 == configuration.sha256_of(one.body)
            if one.action == "applied":
                decision = decisions[one.decision_id or ""]
                assert one.body == configuration.changed(bodies[-1], decision)
            elif one.action == "rolled_back":
                assert one.body in bodies
            bodies.append(one.body)
        assert [one.made_at for one in snapshots] == sorted(one.made_at for one in snapshots)
        running = 0
        for found in rollouts(history):
            one = found.rollout
            assert 0 <= one.step < len(one.shares)
            assert one.moved_at >= one.started_at
            state = decisions[one.decision_id].state
            if one.status is RolloutStatus.RUNNING:
                running += 1
                full = one.shares[one.step] == 1
                assert state is (DecisionState.MONITORING if full else DecisionState.EXECUTING)
            if one.status is RolloutStatus.ROLLED_BACK:
                assert state is DecisionState.ROLLED_BACK
        assert running <= 1


@pytest.fixture
def bench_type() -> type[Bench]:
    return Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def history(bench: Bench) -> Iterator[History]:
    """A history with a run of `a`, which fails a third of 60 cases, and one of `b`: none."""
    with bench.opened() as opened:
        bench.ingest(opened, "a", "++-" * 20, -2)
        bench.ingest(opened, "b", "+++" * 20, -3)
        yield opened
