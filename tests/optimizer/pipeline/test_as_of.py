from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.config.load import load
from optimizer.decisions.settings import LifecycleSettings
from optimizer.history import queries
from optimizer.history.columns import prepare
from optimizer.history.deciding import record_decisions
from optimizer.history.experimenting import record_plan
from optimizer.history.queries import evidence
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, temporary_history
from optimizer.models.decisions import Made
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.experiments import Allocation, Experiment, ExperimentArm, ExperimentDesign
from optimizer.models.tasks import Reading, Run, RunHeader, Source, TaskRow, Variant, variant_id
from optimizer.models.terms import AllocationPolicy, ExperimentStatus, Looks, Metric
from optimizer.pipeline import experiments
from optimizer.pipeline.decide import decide
from optimizer.pipeline.lifecycle import Who, apply, approve
from optimizer.pipeline.outcomes import measure

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WF = "wf"
N_TASKS = 40
HOURS = 40
DIGITS = 10

SETTINGS = (
    'budgets.limits=[{"name": "day", "daily_limit_usd": 0.05}]',
    "strategies.ab_testing.min_sample_size=2",
    "strategies.pareto_optimization.min_candidates=2",
)
LOADED = load(start=Path("/"), environ={}, overrides=SETTINGS)


def at(hour: float) -> datetime:
    return NOON + timedelta(hours=hour)


def variant(place: int) -> Variant:
    of: dict[str, Any] = {
        "label": f"v{place}",
        "model": f"m{place % 2}",
        "provider": "p",
        "parameters": json.dumps({"temperature": 0.1 * place}),
    }
    return Variant(variant_id=variant_id(prompt_sha256=None, **of), **of)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ended:
    """A run of a variant; it is told when it ended."""

    hour: int
    place: int
    rate: float = 0.8
    lasted: int = 1
    repeats: bool = False
    told: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decided:
    """A decision, which is applied and measured where it may be."""

    hour: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stepped:
    """A step of the experiment; the first one plans it."""

    hour: int
    to: ExperimentStatus


Event = Ended | Decided | Stepped


def task(run_id: str, place: int, made: Ended, rng: np.random.Generator) -> TaskRow:
    case = place // 2 if made.repeats else place
    passed = rng.random() < made.rate
    return TaskRow(
        task_id=f"{run_id}-{place}",
        case_id=f"c{case}",
        case_source="task_id",
        repeat=place % 2 if made.repeats else None,
        variant=variant(made.place),
        dataset=None,
        scenario="normal",
        status="succeeded" if passed else "failed",
        failure_kind=None if passed else "unclassified",
        failure_reason=None,
        error_message=None if passed else "wrong",
        score=float(rng.random()),
        latency_ms=float(800 * rng.lognormal(0, 0.4)),
        tokens=int(rng.integers(50, 200)),
        tokens_in=None,
        tokens_out=None,
        cost_usd=float(0.002 * rng.lognormal(0, 0.4)),
        cached=None,
        attempts=1,
        family=None,
        tenant=f"t{place % 2}",
        task_type=None,
        created_at=at(made.hour - made.lasted) + timedelta(seconds=place),
        finished_at=None,
        inputs=json.dumps({"text": f"question {case % 7}"}),
        outputs=json.dumps({"text": f"answer {case % 7}"}),
        metadata=None,
        result_metadata=None,
    )


def run(made: Ended, place: int) -> Run:
    """The run of an event; its tasks are the same wherever it is told."""
    run_id = f"r{place}"
    rng = np.random.default_rng(place)
    header = RunHeader(
        run_id=run_id,
        workflow_id=WF,
        started_at=at(made.hour - made.lasted),
        finished_at=at(made.hour),
        duration_s=None,
        n_tasks=N_TASKS,
        content_sha256=hashlib.sha256(run_id.encode()).hexdigest(),
        place=1,
        tool="native",
        tool_version=None,
        git_sha=None,
        branch=None,
        pull_request=None,
        pairable=True,
        assumed_timezone=None,
        metadata="{}",
    )
    return Run(header=header, tasks=[task(run_id, i, made, rng) for i in range(N_TASKS)])


def put(history: History, *runs: Run) -> None:
    names = " ".join(one.header.run_id for one in runs)
    source = Source(
        path=f"{names}.json",
        sha256=hashlib.sha256(names.encode()).hexdigest(),
        n_bytes=1,
        content=b"{}",
        n_redacted=0,
    )
    store = StoreSettings()
    file = prepare(Reading(source=source, runs=runs), store)
    record(history, [file], store, replace=False, actor="ann", now=NOON)


def plan(history: History, hour: float) -> None:
    arms = [
        ExperimentArm(label=f"v{place}", variant_id=variant(place).variant_id) for place in (0, 1)
    ]
    design = ExperimentDesign(
        experiment_id="e1",
        workflow_id=WF,
        baseline=arms[0],
        candidates=(arms[1],),
        primary=Metric.SUCCESS,
        secondary=(),
        guardrails=(),
        alpha=0.05,
        power=0.8,
        min_effect=0.05,
        n_max=N_TASKS,
        n_max_reason="as stated",
        min_cases=2,
        max_duration_days=7.0,
        early_stopping=True,
        looks=Looks.OBF,
        futility=0.1,
        allocation=Allocation(
            policy=AllocationPolicy.FIXED,
            weights=(1.0, 1.0),
            max_traffic=1.0,
            epsilon=0.1,
            exploration=1.4,
        ),
        development_runs=(),
    )
    draft = Experiment(design=design, status=ExperimentStatus.DRAFT, created_at=at(hour))
    record_plan(history, draft, actor="ann")


def step(history: History, event: Stepped) -> None:
    if not queries.experiments(history):
        plan(history, event.hour)
    now = at(event.hour)
    with suppress(TransitionError, SelectionError):
        if event.to is ExperimentStatus.COMPLETED:
            experiments.conclude(history, "e1", config=LOADED.config, actor="ann", now=now)
        else:
            experiments.move(history, "e1", event.to, actor="ann", reason="", now=now)


def made(history: History, hour: float, *, as_of: float | None) -> list[Made]:
    return decide(
        history,
        workflow_ids=[WF],
        variant=None,
        as_of=None if as_of is None else at(as_of),
        config=LOADED.config,
        config_sha256=LOADED.sha256,
        now=at(hour),
        is_missing_fine=True,
    )


def act(history: History, event: Decided) -> None:
    """Decide, apply what may be, and measure what was applied before."""
    for known in queries.decisions(history):
        who = Who(actor="ann", why="", at=at(event.hour))
        with suppress(SelectionError, TransitionError):
            measure(history, known.decision_id, who, settings=LifecycleSettings())
    kept = record_decisions(history, made(history, event.hour, as_of=event.hour), actor="ann")
    for decision in kept:
        who = Who(actor="ann", why="", at=at(event.hour))
        with suppress(SelectionError, TransitionError):
            approve(history, decision.decision_id, who)
            apply(history, decision.decision_id, who)


def tell(history: History, events: Sequence[tuple[int, Event]]) -> None:
    for place, event in events:
        match event:
            case Ended():
                put(history, run(event, place))
            case Decided():
                act(history, event)
            case Stepped():
                step(history, event)


def in_time(events: Sequence[Event]) -> list[tuple[int, Event]]:
    return sorted(enumerate(events), key=lambda pair: pair[1].hour)


def decided(history: History, hour: float) -> list[Any]:
    """What is decided as of an hour, but for when it was and the last digits of sums."""
    found = [one.decision for one in made(history, HOURS, as_of=hour)]
    plain = msgspec.to_builtins(found)
    return [rounded(one) for one in plain if one.pop("decided_at")]


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOON) as opened:
        yield opened


hours = st.integers(1, HOURS)
ended = st.builds(
    Ended,
    hour=hours,
    place=st.integers(0, 3),
    rate=st.sampled_from((0.3, 0.8, 1.0)),
    lasted=st.sampled_from((1, 12)),
    repeats=st.booleans(),
)
stepped = st.builds(Stepped, hour=hours, to=st.sampled_from(ExperimentStatus))
others = st.one_of(st.builds(Decided, hour=hours), stepped)
stories = st.tuples(st.lists(ended, min_size=3, max_size=6), st.lists(others, max_size=4))


def seen(story: tuple[list[Ended], list[Event]], hour: int) -> tuple[list[Any], list[Any]]:
    """What is decided as of an hour by who knows all of a story, and who knew it till then."""
    events = in_time([*story[0], *story[1]])
    with temporary_history(NOON) as whole, temporary_history(NOON) as then:
        tell(whole, events)
        tell(then, [(place, event) for place, event in events if event.hour <= hour])
        return decided(whole, hour), decided(then, hour)


@given(stories, hours)
@settings(max_examples=3, deadline=None)
def test_what_happened_later_decides_nothing(
    story: tuple[list[Ended], list[Event]], hour: int
) -> None:
    now, then = seen(story, hour)
    assert now == then


@pytest.mark.calibration
@given(stories, hours)
@settings(max_examples=100, deadline=None)
def test_what_happened_later_decides_nothing_in_many_stories(
    story: tuple[list[Ended], list[Event]], hour: int
) -> None:
    now, then = seen(story, hour)
    assert now == then


@pytest.mark.parametrize(
    "later", [(), ("paused",), ("paused", "running"), ("completed", "archived"), ("cancelled",)]
)
def test_an_experiment_stands_where_it_stood(history: History, later: tuple[str, ...]) -> None:
    tell(history, in_time([Ended(hour=1, place=1), Ended(hour=2, place=0)]))
    step(history, Stepped(hour=3, to=ExperimentStatus.RUNNING))
    (before,) = decided(history, 4)
    for hour, to in enumerate(later, start=5):
        step(history, Stepped(hour=hour, to=ExperimentStatus(to)))
    (after,) = decided(history, 4)
    assert after == before


def test_a_study_is_made_anew_when_an_experiment_is_over(history: History) -> None:
    tell(history, in_time([Ended(hour=1, place=1), Ended(hour=2, place=0)]))
    step(history, Stepped(hour=3, to=ExperimentStatus.RUNNING))
    during = made(history, 4, as_of=4)
    record_decisions(history, during, actor="ann")
    step(history, Stepped(hour=5, to=ExperimentStatus.CANCELLED))
    (after,) = made(history, 6, as_of=6)
    assert "reinforcement_feedback" in {one.strategy for one in after.studies}


def test_a_study_is_made_once_for_the_same_runs(history: History) -> None:
    tell(history, in_time([Ended(hour=1, place=1), Ended(hour=2, place=0)]))
    first = made(history, 3, as_of=None)
    assert first[0].studies
    record_decisions(history, first, actor="ann")
    (again,) = made(history, 4, as_of=None)
    assert again.studies == ()


def test_a_study_is_made_anew_for_a_run_that_took_another_time(history: History) -> None:
    one = run(Ended(hour=1, place=0), 0)
    put(history, one)
    record_decisions(history, made(history, 3, as_of=None), actor="ann")
    with temporary_history(NOON) as other:
        slower = [row._replace(latency_ms=2 * (row.latency_ms or 0.0)) for row in one.tasks]
        put(other, dataclasses.replace(one, tasks=slower))
        (anew,) = made(other, 3, as_of=None)
    kept = evidence.studies(history, workflow_ids=[WF])
    assert not {(one.workflow_id, one.strategy, one.key_sha256) for one in anew.studies} & set(kept)


def test_a_run_that_is_told_late_is_seen_by_when_it_ended(history: History) -> None:
    runs = [run(Ended(hour=hour, place=place), hour) for hour, place in ((2, 0), (4, 1), (6, 0))]
    put(history, runs[2])
    put(history, runs[0])
    put(history, runs[1])
    with temporary_history(NOON) as prompt:
        for one in runs:
            put(prompt, one)
        assert decided(history, 5) == decided(prompt, 5)
        assert decided(history, 7) == decided(prompt, 7)


def test_the_order_in_which_runs_and_tasks_are_told_decides_nothing(history: History) -> None:
    events = [Ended(hour=1 + i, place=i % 3, repeats=i % 2 == 1) for i in range(6)]
    runs = [run(event, place) for place, event in enumerate(events)]
    for one in runs:
        put(history, one)
    (plain,) = made(history, HOURS, as_of=None)
    rng = np.random.default_rng(5)
    with temporary_history(NOON) as shuffled:
        for place in rng.permutation(len(runs)).tolist():
            tasks = list(runs[place].tasks)
            order = rng.permutation(len(tasks)).tolist()
            put(shuffled, dataclasses.replace(runs[place], tasks=[tasks[i] for i in order]))
        (other,) = made(shuffled, HOURS, as_of=None)
    assert other.decision.decision_id == plain.decision.decision_id
