from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from executor_bridge import read
from optimizer.config.load import load
from optimizer.history import queries
from optimizer.history.columns import prepare
from optimizer.history.deciding import as_stored, decision_row, record_decisions
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, temporary_history
from optimizer.models.decisions import Decision, DecisionState, Made, proposals
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.evidence import Evidence
from optimizer.models.ingest import IngestSettings
from optimizer.models.proposals import Answer
from optimizer.models.settings import Settings
from optimizer.pipeline.asking import STRATEGY_FAILURES, Question, ask, ask_each, enabled
from optimizer.pipeline.decide import decide, worst_first
from optimizer.safety.settings import EngineSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run_json(run_id: str, marks: str, **changes: Any) -> dict[str, Any]:
    started_at = changes.pop("started_at", NOON)
    label = changes.pop("label", "v1")
    status = {"+": "succeeded", "-": "failed"}
    return {
        "run_id": run_id,
        "workflow_id": "wf",
        "started_at": started_at.isoformat(),
        "finished_at": (started_at + timedelta(minutes=1)).isoformat(),
        "metadata": {"prompt_variant": label, **changes.pop("metadata", {})},
        "task_results": [
            {
                "task_id": f"{run_id}-{i}",
                "workflow_id": changes.get("workflow_id", "wf"),
                "task_status": status[mark],
                "created_at": started_at.isoformat(),
                "execution_time": 0.1 + i / 1000,
                "metadata": {"case_id": f"c{i}"},
            }
            for i, mark in enumerate(marks)
        ],
    } | changes


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with temporary_history(NOON) as opened:
        yield opened


def fill(history: History, tmp_path: Path, *runs: dict[str, Any]) -> None:
    for run in runs:
        path = tmp_path / f"{run['run_id']}.json"
        path.write_text(json.dumps(run))
        reading = read(str(path), IngestSettings())
        file = prepare(reading, StoreSettings())
        record(history, [file], StoreSettings(), replace=False, actor="a", now=NOON)


def making(history: History, *overrides: str, **changes: Any) -> list[Made]:
    loaded = load(start=Path("/"), environ={}, overrides=overrides)
    every = [one.workflow_id for one in queries.workflows(history)]
    wanted = changes.pop("workflow_id", "wf")
    asked: dict[str, Any] = {
        "workflow_ids": every if wanted is None else [wanted],
        "variant": None,
        "as_of": None,
        "now": NOON,
    }
    found = decide(history, config=loaded.config, config_sha256=loaded.sha256, **(asked | changes))
    return worst_first(found)


def made(history: History, *overrides: str, **changes: Any) -> list[Decision]:
    return [one.decision for one in making(history, *overrides, **changes)]


def test_the_same_evidence_gives_the_same_decision(history: History, tmp_path: Path) -> None:
    fill(history, tmp_path, run_json("r1", "-" * 40))
    (first,) = made(history)
    (again,) = made(history, now=NOON + timedelta(days=1))
    assert first.decision_id == again.decision_id
    (other,) = made(history, "scoring.min_success_rate=0.5")
    assert other.decision_id != first.decision_id
    fill(history, tmp_path, run_json("r2", "-"))
    assert made(history)[0].decision_id != first.decision_id


def test_an_id_is_the_hash_of_what_was_seen_and_said_decimals_rounded(
    history: History, tmp_path: Path
) -> None:
    fill(history, tmp_path, run_json("r1", "++-" * 20), run_json("r2", "+++" * 20, label="v2"))
    one = made(history)[0]
    seen_and_said = (
        (one.workflow_id, one.current, one.others, one.explanation, one.answers, one.reviews),
        one.config_sha256,
        one.seed,
        one.version,
    )
    text = msgspec.json.encode(seen_and_said, order="sorted").decode()
    decimal = r"\d+(?:\.\d+(?:[eE][-+]?\d+)?|[eE][-+]?\d+)"
    rounded = re.sub(decimal, lambda found: f"{float(found[0]):.10g}", text)
    assert rounded != text
    assert one.decision_id == hashlib.sha256(rounded.encode()).hexdigest()[:12]


def test_a_decision_is_written_as_it_is_stored(history: History, tmp_path: Path) -> None:
    fill(history, tmp_path, run_json("r1", "++-" * 20), run_json("r2", "+++" * 20, label="v2"))
    (one,) = making(history)
    assert one.body == as_stored(one.decision) == decision_row(one.decision)[5]


def test_a_stored_decision_stays_as_it_was(history: History, tmp_path: Path) -> None:
    fill(history, tmp_path, run_json("r1", "-" * 40))
    stored = record_decisions(history, making(history), actor="ann")
    again = record_decisions(history, making(history, now=NOON + timedelta(days=1)), actor="bob")
    assert again == stored
    assert again[0].decided_at == NOON
    assert len(queries.audit(history)) == 1
    assert queries.decisions(history) == stored


def test_a_decision_with_changes_waits_and_one_without_is_done(
    history: History, tmp_path: Path
) -> None:
    fill(history, tmp_path, run_json("r1", "-" * 40), run_json("r2", "+" * 200, workflow_id="ok"))
    bad, good = made(history, workflow_id=None)
    assert (bad.workflow_id, bad.state) == ("wf", DecisionState.PENDING)
    assert (good.workflow_id, good.state) == ("ok", DecisionState.COMPLETED)
    assert proposals(good) == ()
    assert all(answer.answer and answer.answer.silence for answer in good.answers)


def test_the_worst_workflow_comes_first(history: History, tmp_path: Path) -> None:
    fill(
        history,
        tmp_path,
        run_json("r1", "+" * 9 + "-" * 3, workflow_id="a"),
        run_json("r2", "-" * 12, workflow_id="b"),
        run_json("r3", "+" * 6 + "-" * 6, workflow_id="c"),
    )
    assert [d.workflow_id for d in made(history, workflow_id=None)] == ["b", "c", "a"]


def test_all_at_once_decides_as_one_by_one(history: History, tmp_path: Path) -> None:
    runs = [run_json(f"r{i}", "+" * i + "-" * 20, workflow_id=f"w{i}") for i in range(6)]
    fill(history, tmp_path, *runs)
    together = made(history, workflow_id=None)
    singly = [made(history, workflow_id=d.workflow_id)[0] for d in together]
    assert together == singly


def test_the_variant_in_use_is_that_of_the_newest_run(history: History, tmp_path: Path) -> None:
    later = NOON + timedelta(hours=1)
    fill(
        history,
        tmp_path,
        run_json("r2", "+", label="new", started_at=later),
        run_json("r1", "+", label="old"),
    )
    (decision,) = made(history)
    assert decision.current is not None
    assert decision.current.variant == "new"
    (named,) = made(history, variant="old")
    assert named.current is not None
    assert named.current.variant == "old"


def test_sees_nothing_that_ended_after_the_moment_asked_about(
    history: History, tmp_path: Path
) -> None:
    later = NOON + timedelta(hours=1)
    fill(history, tmp_path, run_json("r1", "-" * 40))
    (then,) = made(history)
    fill(history, tmp_path, run_json("r2", "+" * 40, label="new", started_at=later))
    (as_of,) = made(history, as_of=NOON + timedelta(minutes=5))
    assert as_of.decision_id == then.decision_id
    assert made(history)[0].decision_id != then.decision_id


def test_an_unknown_workflow_is_named_with_the_known_ones(history: History, tmp_path: Path) -> None:
    fill(history, tmp_path, run_json("r1", "+"))
    with pytest.raises(SelectionError, match="'nope': not in this history, expected one of wf"):
        made(history, workflow_id="nope")
    with pytest.raises(SelectionError, match="no run had ended by"):
        made(history, as_of=NOON - timedelta(days=1))
    with pytest.raises(SelectionError, match="no variant 'x' has run, expected one of v1"):
        made(history, variant="x")


def test_two_variants_of_one_label_must_be_told_apart(history: History, tmp_path: Path) -> None:
    fill(
        history,
        tmp_path,
        run_json("r1", "+", metadata={"model": "a"}),
        run_json("r2", "+", metadata={"model": "b"}),
    )
    with pytest.raises(SelectionError, match="2 variants are called 'v1'") as error:
        made(history, variant="v1")
    ids = str(error.value).rpartition(": ")[2].split(" and ")
    (chosen,) = made(history, variant=ids[0])
    assert chosen.current is not None
    assert chosen.current.variant_id == ids[0]


class Faulty:
    name: ClassVar[str] = "faulty"
    priority: ClassVar[int] = 1
    settings_type: ClassVar[type[Settings]] = Settings

    def __init__(self, settings: Any) -> None:
        pass

    def propose(self, evidence: Evidence) -> Answer:
        raise ZeroDivisionError("division by zero")


def test_a_strategy_that_fails_says_so_and_the_others_go_on(
    history: History, tmp_path: Path
) -> None:
    fill(history, tmp_path, run_json("r1", "-" * 40))
    loaded = load(start=Path("/"), environ={})
    found = Evidence(
        workflow_id="wf", as_of=None, seed=0, current=made(history)[0].current, others=()
    )
    strategies = [(300, Faulty(None)), *enabled(loaded.config)]
    first, second, *_ = (one.answer for one in ask(strategies, found, engine=EngineSettings()))
    assert (first.answer, first.failure) == (None, "ZeroDivisionError: division by zero")
    assert second.answer is not None
    with pytest.raises(ZeroDivisionError):
        ask(strategies, found, engine=EngineSettings(fail_fast=True))


def test_strategies_are_asked_about_each_workflow_but_where_they_are_left_out(
    history: History, tmp_path: Path
) -> None:
    fill(history, tmp_path, run_json("r1", "-" * 40))
    strategies = enabled(load(start=Path("/"), environ={}).config)
    whole = Evidence(
        workflow_id="wf", as_of=None, seed=0, current=made(history)[0].current, others=()
    )
    empty = Evidence(workflow_id="no", as_of=None, seed=0, current=None, others=())
    names = [strategy.name for _, strategy in strategies]
    questions = [Question(found=whole, but={names[0]}), Question(found=empty)]
    first, second = ask_each(strategies, questions, engine=EngineSettings())
    assert [one.answer for one in second] == [
        one.answer for one in ask(strategies, empty, engine=EngineSettings())
    ]
    assert [one.answer for one in first] == [
        one.answer for one in ask(strategies[1:], whole, engine=EngineSettings())
    ]


def test_strategies_that_took_too_long_together_leave_no_time_for_others() -> None:
    nothing = Evidence(workflow_id="wf", as_of=None, seed=0, current=None, others=())
    engine = EngineSettings().model_copy(update={"decision_timeout_s": -1.0})
    (one,) = ask([(1, Faulty(None))], nothing, engine=engine)
    assert (one.answer.answer, one.elapsed_ms) == (None, -1)
    assert "took longer" in (one.answer.failure or "")


def test_errors_for_the_user_are_no_failures_of_a_strategy() -> None:
    assert not any(issubclass(TransitionError, kind) for kind in STRATEGY_FAILURES)


def test_strategies_are_asked_by_priority_and_can_be_switched_off() -> None:
    def names(*overrides: str) -> list[str]:
        config = load(start=Path("/"), environ={}, overrides=overrides).config
        return [strategy.name for _, strategy in enabled(config)]

    assert names() == [
        "threshold_based",
        "ab_testing",
        "model_selection",
        "caching",
        "pareto_optimization",
        "prompt_optimization",
        "rate_limiting",
        "reinforcement_feedback",
        "adaptive_parameters",
        "batching",
    ]
    assert names("strategies.prompt_optimization.priority=300")[0] == "prompt_optimization"
    assert "threshold_based" not in names("strategies.threshold_based.enabled=false")


def test_a_decision_survives_its_json(history: History, tmp_path: Path) -> None:
    fill(history, tmp_path, run_json("r1", "-" * 40, metadata={"prompt": "Say {x}."}))
    (decision,) = made(history)
    assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


def test_a_study_is_made_once_for_the_same_tasks(history: History, tmp_path: Path) -> None:
    fill(history, tmp_path, run_json("r1", "+" * 40))
    (first,) = making(history)
    record_decisions(history, [first], actor="ann")
    (again,) = making(history)
    assert len(first.studies) > 1
    assert again.studies == ()
    fill(history, tmp_path, run_json("r2", "+" * 40))
    (changed,) = making(history)
    assert len(changed.studies) == len(first.studies)


@pytest.mark.parametrize("body", ["", "{", "[1]", '{"level": "x"}', "[" * 100_000])
def test_a_stored_study_that_cannot_be_read_is_made_anew(
    history: History, tmp_path: Path, body: str
) -> None:
    fill(history, tmp_path, run_json("r1", "+" * 40))
    (first,) = making(history)
    record_decisions(history, [first], actor="ann")
    history.connection.execute("UPDATE studies SET body = ?", [body])
    (again,) = making(history)
    assert again.studies == first.studies
    assert again.decision == first.decision
