from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from executor_bridge import read
from optimizer.config.load import load
from optimizer.history import queries
from optimizer.history.columns import prepare
from optimizer.history.deciding import record_decisions
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, temporary_history
from optimizer.models.decisions import (
    Decision,
    DecisionState,
    Made,
    accepted,
    combined,
    failures,
    proposals,
)
from optimizer.models.errors import SelectionError
from optimizer.models.evidence import Evidence
from optimizer.models.ingest import IngestSettings
from optimizer.models.lifecycle import DecisionOutcome, OutcomeStatus
from optimizer.models.proposals import Answer, Change, DecisionType, Effect, Proposal
from optimizer.models.reviews import Fate
from optimizer.models.settings import Settings
from optimizer.pipeline import decide as module
from optimizer.pipeline.decide import How, decide, decide_on
from optimizer.pipeline.review import Rules
from optimizer.safety.settings import EngineSettings, SafetySettings, ValidationSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def effect(metric: str, estimate: float, half: float = 0.01) -> Effect:
    return Effect(
        metric=metric,
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        level=0.95,
        n=500,
        estimator="paired",
    )


def proposal(kind: DecisionType, setting: str, *effects: Effect, **more: Any) -> Proposal:
    facts: dict[str, Any] = {
        "strategy": "s",
        "changes": (Change(setting=setting, old=1, new=2),),
        "effects_note": "nothing else was measured",
        "confidence": 0.9,
        "rationale": "500 of 500",
        "unless": "otherwise",
    }
    return Proposal(type=kind, effects=effects, **(facts | more))


GOOD = proposal(DecisionType.MODEL_SWITCH, "variant", effect("success_rate", 0.1))
BAD = proposal(DecisionType.MODEL_SWITCH, "variant", effect("success_rate", -0.2))
CACHE = proposal(
    DecisionType.ENABLE_CACHING, "cache.ttl_s", effect("cost_relative", -0.3), confidence=0.99
)
ALERT = proposal(DecisionType.ALERT, "x", changes=(), confidence=None)


def strategy(name_: str, answers: Callable[[Evidence], Answer], priority_: int = 100) -> Any:
    class Made:
        name: ClassVar[str] = name_
        priority: ClassVar[int] = priority_
        settings_type: ClassVar[type[Settings]] = Settings

        def __init__(self, settings: Any) -> None:
            pass

        def propose(self, evidence: Evidence) -> Answer:
            return answers(evidence)

    return Made


def says(*made: Proposal) -> Callable[[Evidence], Answer]:
    return lambda _: Answer(proposals=made)


def breaks(_: Evidence) -> Answer:
    raise ZeroDivisionError("division by zero")


def run_json(run_id: str, marks: str, hours: float = 0) -> dict[str, Any]:
    started_at = NOON + hours * HOUR
    status = {"+": "succeeded", "-": "failed"}
    return {
        "run_id": run_id,
        "workflow_id": "wf",
        "started_at": started_at.isoformat(),
        "finished_at": (started_at + timedelta(minutes=1)).isoformat(),
        "metadata": {"prompt_variant": "v1"},
        "task_results": [
            {
                "task_id": f"{run_id}-{i}",
                "workflow_id": "wf",
                "task_status": status[mark],
                "created_at": started_at.isoformat(),
                "execution_time": 0.1,
                "metadata": {"case_id": f"c{i}"},
            }
            for i, mark in enumerate(marks)
        ],
    }


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOON) as opened:
        yield opened


@pytest.fixture
def fill(history: History, tmp_path: Path) -> Callable[..., None]:
    def filled(*runs: dict[str, Any]) -> None:
        for run in runs:
            path = tmp_path / f"{run['run_id']}.json"
            path.write_text(json.dumps(run))
            file = prepare(read(str(path), IngestSettings()), StoreSettings())
            record(history, [file], StoreSettings(), replace=False, actor="a", now=NOON)

    return filled


def asked(*strategies: Any, **how: Any) -> Decision:
    found = Evidence(workflow_id="wf", as_of=None, seed=0, current=None, others=())
    pairs = [(one.priority, one(None)) for one in strategies]
    return decide_on(found, pairs, {}, how=How(**how), now=NOON).decision


def test_a_change_that_passes_waits_and_one_that_does_not_is_rejected() -> None:
    good = asked(strategy("a", says(GOOD)))
    assert (good.state, good.reviews[0].fate) == (DecisionState.PENDING, Fate.ACCEPTED)
    assert accepted(good) == (GOOD,)
    bad = asked(strategy("a", says(BAD)))
    assert (bad.state, bad.reviews[0].fate) == (DecisionState.REJECTED, Fate.HELD_BACK)
    assert accepted(bad) == ()
    assert asked(strategy("a", says(ALERT))).state is DecisionState.COMPLETED
    assert asked(strategy("a", says())).state is DecisionState.COMPLETED


def test_all_checks_are_made_whatever_the_others_say() -> None:
    bad = proposal(
        DecisionType.MODEL_SWITCH, "variant", effect("success_rate", -0.2), confidence=0.1
    )
    (review,) = asked(strategy("a", says(bad))).reviews
    assert {one.check for one in review.objections if one.blocks} == {
        "quality",
        "confidence",
        "risk",
    }
    assert {one.check for one in review.objections if not one.blocks} == {
        "cost",
        "latency",
        "improvement",
    }


@pytest.mark.parametrize(
    ("switch", "gone"),
    [
        ("enable_constraint_checking", {"quality"}),
        ("enable_statistical_validation", {"improvement"}),
        ("enable_impact_prediction", {"cost", "latency"}),
        ("enable_risk_assessment", {"risk"}),
    ],
)
def test_each_of_the_four_checks_can_be_switched_off(switch: str, gone: set[str]) -> None:
    def checks(**off: bool) -> set[str]:
        rules = Rules(validation=ValidationSettings(**off))
        (review,) = asked(strategy("a", says(BAD)), rules=rules).reviews
        return {one.check for one in review.objections}

    assert checks() - checks(**{switch: False}) == gone


def test_a_proposal_that_is_held_back_does_not_beat_another() -> None:
    made = asked(strategy("a", says(BAD), 200), strategy("b", says(GOOD), 100))
    assert [one.fate for one in made.reviews] == [Fate.HELD_BACK, Fate.ACCEPTED]


def test_losers_stay_in_the_decision_and_what_conflicts_with_nothing_survives() -> None:
    made = asked(
        strategy("a", says(GOOD), 200), strategy("b", says(GOOD), 100), strategy("c", says(CACHE))
    )
    assert [one.fate for one in made.reviews] == [Fate.ACCEPTED, Fate.LOST, Fate.ACCEPTED]
    assert "priority 200 over 100" in (made.reviews[1].lost_to or "")
    assert len(proposals(made)) == 3


def test_the_whole_is_as_sure_as_its_least_sure_part_and_its_effect_is_not_added_up() -> None:
    whole = combined(asked(strategy("a", says(GOOD)), strategy("b", says(CACHE))))
    assert whole is not None
    assert (whole.confidence, whole.effects) == (0.9, ())
    assert whole.note == "the effects of 2 changes were not measured together"
    single = combined(asked(strategy("b", says(CACHE))))
    assert single is not None
    assert single.effects == CACHE.effects
    assert combined(asked(strategy("a", says(ALERT)))) is None


def test_a_strategy_over_its_time_is_recorded_and_the_others_go_on() -> None:
    def slow(_: Evidence) -> Answer:
        time.sleep(0.02)
        return Answer(proposals=(GOOD,))

    how = {"engine": EngineSettings(strategy_timeout_ms=5)}
    made = asked(strategy("a", slow, 200), strategy("b", says(CACHE)), **how)
    assert failures(made) == (("a", "timed out: took longer than 5 ms"),)
    assert accepted(made) == (CACHE,)
    assert (
        made.decision_id
        == asked(strategy("a", slow, 200), strategy("b", says(CACHE)), **how).decision_id
    )


class Studious:
    name: ClassVar[str] = "studious"
    priority: ClassVar[int] = 300
    settings_type: ClassVar[type[Settings]] = Settings
    study_type: ClassVar[type[Any]] = int

    def __init__(self, settings: Any) -> None:
        pass

    def study(self, evidence: Evidence) -> int:
        raise KeyError("no such column")

    def propose(self, evidence: Evidence) -> Answer:
        return Answer(silence="never asked")


def test_a_strategy_that_fails_at_its_study_stops_no_other() -> None:
    made = asked(Studious, strategy("b", says(CACHE)))
    assert failures(made) == (("studious", "KeyError: 'no such column'"),)
    assert accepted(made) == (CACHE,)
    with pytest.raises(KeyError):
        asked(Studious, engine=EngineSettings(fail_fast=True))


def test_a_strategy_that_is_slow_only_at_first_is_heard() -> None:
    calls: list[int] = []

    def warming(_: Evidence) -> Answer:
        calls.append(1)
        if len(calls) == 1:
            time.sleep(0.02)
        return Answer(proposals=(CACHE,))

    made = asked(strategy("a", warming), engine=EngineSettings(strategy_timeout_ms=10))
    assert failures(made) == ()
    assert len(calls) == 2


def test_what_is_left_when_the_time_of_the_decision_is_over_is_not_asked() -> None:
    def slow(_: Evidence) -> Answer:
        time.sleep(0.02)
        return Answer(silence="tired")

    engine = EngineSettings(decision_timeout_s=0.01)
    made = asked(strategy("a", slow, 200), strategy("b", says(CACHE)), engine=engine)
    assert made.answers[1].failure == "not asked: the others took longer than 0.01 s"
    assert failures(made) == ()


def test_only_named_strategies_are_asked_and_the_others_say_so() -> None:
    made = asked(strategy("a", says(GOOD)), strategy("b", says(CACHE)), only=("b",))
    assert made.answers[0].failure == "not asked: only b was to be asked"
    assert proposals(made) == (CACHE,)
    assert made.decision_id != asked(strategy("b", says(CACHE))).decision_id


def deciding(history: History, *overrides: str, **more: Any) -> Made:
    loaded = load(start=Path("/"), environ={}, overrides=overrides)
    (made,) = decide(
        history,
        workflow_ids=["wf"],
        variant=None,
        as_of=more.pop("as_of", None),
        config=loaded.config,
        config_sha256=loaded.sha256,
        now=more.pop("now", NOON),
        **more,
    )
    return made


def test_an_unknown_strategy_is_refused_with_the_known_ones(
    history: History, fill: Callable[..., None]
) -> None:
    fill(run_json("r1", "+"))
    with pytest.raises(SelectionError, match="strategy 'x': not known, expected one of threshold"):
        deciding(history, only=("x",))


def test_a_strategy_that_is_switched_off_says_so(
    history: History, fill: Callable[..., None]
) -> None:
    fill(run_json("r1", "+"))
    made = deciding(history, "strategies.ab_testing.enabled=false").decision
    (said,) = [one for one in made.answers if one.strategy == "ab_testing"]
    assert said.failure == "not asked: switched off in the settings"
    assert [one.priority for one in made.answers] == sorted(
        (one.priority for one in made.answers), reverse=True
    )


def test_a_strategy_that_keeps_failing_is_left_alone_then_tried_once(
    history: History, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = strategy("broken", breaks)
    config = load(start=Path("/"), environ={}).config
    monkeypatch.setattr(module, "enabled", lambda _: [(100, broken(None))])
    monkeypatch.setattr(module, "switched_off", lambda _: {})
    said: list[str | None] = []
    for hour in range(5):
        fill(run_json(f"r{hour}", "+", hour / 2))
        made = deciding(history, now=NOON + hour * HOUR)
        record_decisions(history, [made], actor="a")
        again = deciding(history, now=NOON + hour * HOUR)
        assert again.decision.decision_id == made.decision.decision_id
        said.append(made.decision.answers[0].failure)
    failed = "ZeroDivisionError: division by zero"
    opened = (
        "not asked: circuit open until 2026-03-01 14:00:00 UTC on the clock of the runs, "
        "after 3 failures in a row"
    )
    assert config.safety.circuit_breaker.failure_threshold == 3
    assert said == [failed, failed, failed, opened, failed]
    then = deciding(history, as_of=NOON + timedelta(minutes=31), now=NOON)
    assert then.decision.answers[0].failure == failed


def outcome(history: History, decision_id: str, status: OutcomeStatus, at: datetime) -> None:
    found = DecisionOutcome(
        decision_id=decision_id,
        workflow_id="wf",
        strategies=("changing",),
        status=status,
        effects=(),
        n_before=1,
        n_after=1,
        run_ids=(),
        applied_at=at - HOUR,
        measured_at=at,
        reason="r",
    )
    history.connection.execute(
        "INSERT INTO outcomes VALUES ($d, 'wf', $status, $at, $at, $body)",
        {
            "d": decision_id,
            "status": str(status),
            "at": at.replace(tzinfo=None),
            "body": msgspec.json.encode(found).decode(),
        },
    )


def test_changes_stop_after_several_that_failed_but_a_rollback_does_not(
    history: History, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    back = proposal(DecisionType.ROLLBACK, "variant", effect("success_rate", 0.2))
    said = [replace(GOOD, strategy="changing")]
    changing = strategy("changing", lambda _: Answer(proposals=tuple(said)))
    monkeypatch.setattr(module, "enabled", lambda _: [(100, changing(None))])
    monkeypatch.setattr(module, "switched_off", lambda _: {})
    events = []
    for hour in range(3):
        fill(run_json(f"r{hour}", "+", hour / 4))
        made = deciding(history, now=NOON + hour * HOUR)
        assert made.decision.reviews[0].fate is Fate.ACCEPTED
        record_decisions(history, [made], actor="a")
        events.append((made.decision.decision_id, NOON + hour * HOUR / 4))
    for decision_id, at in events:
        outcome(history, decision_id, OutcomeStatus.FAILED, at)
    fill(run_json("r9", "+", 0.75))
    stopped = deciding(history).decision
    assert "after 3 changes that failed in a row" in (stopped.answers[0].failure or "")
    other = strategy("other", lambda _: Answer(proposals=tuple(said)))
    monkeypatch.setattr(module, "enabled", lambda _: [(100, other(None))])
    (held,) = deciding(history).decision.reviews
    assert held.fate is Fate.HELD_BACK
    assert [one.check for one in held.objections if one.blocks] == ["circuit breaker"]
    said[:] = [back]
    (saved,) = deciding(history).decision.reviews
    assert saved.fate is Fate.ACCEPTED


def test_the_time_between_changes_is_part_of_what_a_decision_is_known_by(
    history: History, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = strategy("changing", says(GOOD))
    monkeypatch.setattr(module, "enabled", lambda _: [(100, changing(None))])
    monkeypatch.setattr(module, "switched_off", lambda _: {})
    fill(run_json("r1", "+"))
    (first,) = record_decisions(history, [deciding(history)], actor="a")
    assert first.state is DecisionState.PENDING
    history.connection.execute(
        "UPDATE decisions SET applied_at = $at", {"at": NOON.replace(tzinfo=None)}
    )
    second = deciding(history).decision
    assert second.state is DecisionState.REJECTED
    assert second.decision_id != first.decision_id
    assert [o.check for o in second.reviews[0].objections if o.blocks] == ["time between changes"]
    relaxed = deciding(history, "safety.min_time_between_changes=0s").decision
    assert relaxed.state is DecisionState.PENDING


def test_reviews_are_stored_and_counted(history: History, fill: Callable[..., None]) -> None:
    fill(run_json("r1", "-" * 60))
    (stored,) = record_decisions(history, [deciding(history)], actor="a")
    (found,) = queries.decisions(history, limit=1)
    assert found == stored
    assert msgspec.json.decode(msgspec.json.encode(found), type=Decision) == found
    assert len(found.reviews) == len(proposals(found))


def test_policies_and_constraints_of_the_settings_are_asked(
    history: History, fill: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    changing = strategy("changing", says(GOOD))
    monkeypatch.setattr(module, "enabled", lambda _: [(100, changing(None))])
    monkeypatch.setattr(module, "switched_off", lambda _: {})
    fill(run_json("r1", "+"))
    policy = '[{"name": "no big steps", "metric": "success_rate", "op": "<", "value": 0.05}]'
    limit = '[{"name": "fast", "constraint_type": "MaxLatencyMs", "value": 1}]'
    (review,) = deciding(history, f"policies={policy}", f"constraints={limit}").decision.reviews
    checks = {one.check for one in review.objections if one.blocks}
    assert checks == {"no big steps"}
    assert "fast" in {one.check for one in review.objections}


def test_no_safety_setting_contradicts_the_defaults_of_the_documents() -> None:
    safety = SafetySettings()
    assert (
        safety.max_quality_degradation,
        safety.max_cost_increase,
        safety.max_latency_increase,
        safety.min_confidence,
        safety.max_risk_level,
        safety.require_approval_for_high_risk,
        safety.max_concurrent_experiments,
        safety.min_time_between_changes_s,
        safety.max_rollback_depth,
    ) == (0.05, 0.10, 0.15, 0.8, "medium", True, 3, 300, 10)
