from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from executor_bridge import read
from optimizer.config.load import load
from optimizer.config.tree import Config
from optimizer.history import queries
from optimizer.history.audit import first_broken
from optimizer.history.columns import prepare
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, temporary_history
from optimizer.models.errors import ConfigError, SelectionError, TransitionError
from optimizer.models.experiments import ExperimentReport, Standing, StopReason
from optimizer.models.ingest import IngestSettings
from optimizer.models.terms import (
    AllocationPolicy,
    ExperimentStatus,
    GuardMode,
    Looks,
    Metric,
    VerdictKind,
)
from optimizer.models.verdicts import Guardrail
from optimizer.pipeline.decide import decide
from optimizer.pipeline.experiments import conclude, move, report, status
from optimizer.pipeline.planning import PlanRequest, plan

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Fill = Callable[..., None]


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOON) as opened:
        yield opened


def priced(mark: str, cost: float) -> dict[str, Any]:
    status = "success" if mark == "+" else "failed"
    return {"test_result": {"status": status, "cost": cost, "execution_time": 0.1}}


@pytest.fixture
def fill(history: History, tmp_path: Path) -> Fill:
    """Store a run: one mark a task, + passed, - failed; cases are numbered from `first`."""

    def stored(run_id: str, label: str, marks: str, **changes: Any) -> None:
        at = changes.pop("at", NOON + HOUR)
        first, cost = changes.pop("first", 0), changes.pop("cost", None)
        run = {
            "run_id": run_id,
            "workflow_id": "wf",
            "started_at": at.isoformat(),
            "finished_at": (at + timedelta(minutes=1)).isoformat(),
            "metadata": {"prompt_variant": label, "prompt": f"say {label} {{x}}"},
            "task_results": [
                {
                    "task_id": f"{run_id}-{i}",
                    "workflow_id": "wf",
                    "task_status": {"+": "succeeded", "-": "failed"}[mark],
                    "created_at": (at + timedelta(seconds=i)).isoformat(),
                    "execution_time": 0.1,
                    "metadata": {"case_id": f"c{first + i}"},
                }
                | ({} if cost is None else priced(mark, cost * (1 + i % 3)))
                for i, mark in enumerate(marks)
            ],
        } | changes
        path = tmp_path / f"{run_id}.json"
        path.write_text(json.dumps(run))
        file = prepare(read(str(path), IngestSettings()), StoreSettings())
        record(history, [file], StoreSettings(), replace=True, actor="a", now=NOON)

    return stored


def settings(*overrides: str) -> Config:
    return load(start=Path("/"), environ={}, overrides=overrides).config


def planned(history: History, **changes: Any) -> None:
    asked: dict[str, Any] = {
        "experiment_id": "e1",
        "workflow_id": "wf",
        "baseline": "v1",
        "candidates": ("v2",),
        "cases": 200,
        "min_cases": 20,
    }
    plan(history, PlanRequest(**(asked | changes)), config=settings(), actor="ann", now=NOON)


def started(history: History, **changes: Any) -> None:
    planned(history, **changes)
    moved(history, ExperimentStatus.RUNNING)


def moved(history: History, to: ExperimentStatus, name: str = "e1") -> None:
    move(history, name, to, actor="ann", reason="", now=NOON)


def looked(history: History, name: str = "e1", *, days: float = 0.5) -> ExperimentReport:
    now = NOON + timedelta(days=days)
    return report(history, name, config=settings(), actor="ann", now=now)


def ended(history: History, name: str = "e1", *, days: float = 0.5) -> ExperimentReport:
    now = NOON + timedelta(days=days)
    return conclude(history, name, config=settings(), actor="ann", now=now)


def marks(n: int, rate: float, seed: int) -> str:
    draw = random.Random(seed)
    return "".join("+" if draw.random() < rate else "-" for _ in range(n))


def test_only_runs_from_after_the_start_count(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-" * 40, at=NOON - HOUR)
    fill("b0", "v2", "+" * 40, at=NOON - HOUR)
    started(history)
    (one,) = looked(history).candidates
    assert one.standing is Standing.WAITING
    assert one.text == "nothing of it has run since the start"
    assert queries.looks(history) == []


def test_existing_runs_count_where_the_plan_says_so(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-" * 200, at=NOON - HOUR)
    fill("b0", "v2", "+" * 200, at=NOON - HOUR)
    started(history, include_existing=True)
    found = looked(history)
    assert found.candidates[0].n == 200
    assert found.stop is not None
    assert found.stop.reason is StopReason.WINNER


def test_a_winner_is_concluded_with_its_effect(history: History, fill: Fill) -> None:
    started_with_runs(history, fill)
    assert looked(history).candidates[0].standing is Standing.NEW
    found = ended(history)
    outcome = found.experiment.outcome
    assert outcome is not None
    assert (outcome.winner, outcome.n) == ("v2", 100)
    assert outcome.estimate == pytest.approx(1.0)
    assert outcome.low is not None
    assert outcome.low > 0.5
    assert found.experiment.status is ExperimentStatus.COMPLETED
    assert found.stop is None
    actions = [entry.action for entry in queries.audit(history, subject="e1")]
    assert actions == [
        "experiment.planned",
        "experiment.moved",
        "experiment.looked",
        "experiment.moved",
    ]
    assert first_broken(queries.audit(history)) is None


def started_with_runs(history: History, fill: Fill, **changes: Any) -> None:
    fill("a0", "v1", "-", at=NOON - HOUR)
    started(history, **changes)
    fill("a1", "v1", "-" * 100)
    fill("b1", "v2", "+" * 100)


def test_looking_twice_at_the_same_data_is_one_look(history: History, fill: Fill) -> None:
    started_with_runs(history, fill)
    first, again = looked(history), looked(history)
    assert again.candidates[0].standing is Standing.KNOWN
    assert len(queries.looks(history)) == 1
    assert again.candidates[0].comparison == first.candidates[0].comparison


def test_more_cases_are_another_look_that_spends_more(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-", at=NOON - HOUR)
    started(history)
    for batch in range(3):
        fill(f"a{batch + 1}", "v1", marks(60, 0.5, batch), first=60 * batch)
        fill(f"b{batch + 1}", "v2", marks(60, 0.5, batch + 9), first=60 * batch)
        looked(history)
    looks = queries.looks(history)
    assert [look.n for look in looks] == [60, 120, 180]
    spent = [look.alpha_spent for look in looks]
    assert spent == sorted(spent)
    assert spent[-1] < 0.05
    assert len({look.key for look in looks}) == 1
    assert {look.verdict for look in looks} & {VerdictKind.IMPROVED, VerdictKind.REGRESSED} == set()


def test_a_new_experiment_on_the_same_cases_goes_on_with_their_ledger(
    history: History, fill: Fill
) -> None:
    fill("a0", "v1", marks(100, 0.5, 1), at=NOON - HOUR)
    fill("b0", "v2", marks(100, 0.5, 2), at=NOON - HOUR)
    started(history, include_existing=True)
    looked(history)
    moved(history, ExperimentStatus.CANCELLED)
    planned(history, experiment_id="e2", include_existing=True, cases=100)
    moved(history, ExperimentStatus.RUNNING, "e2")
    (one,) = looked(history, "e2").candidates
    assert one.standing is Standing.KNOWN
    fill("a1", "v1", marks(50, 0.5, 3), first=100)
    fill("b1", "v2", marks(50, 0.5, 4), first=100)
    (one,) = looked(history, "e2").candidates
    assert one.look is not None
    assert one.look.n_max == 200
    assert one.look.fraction == pytest.approx(0.75)


def test_fresh_cases_begin_a_ledger_of_their_own(history: History, fill: Fill) -> None:
    fill("a0", "v1", marks(200, 0.5, 1), at=NOON - HOUR)
    fill("b0", "v2", marks(200, 0.5, 2), at=NOON - HOUR)
    started(history, include_existing=True)
    looked(history)
    moved(history, ExperimentStatus.CANCELLED)
    planned(history, experiment_id="e2", cases=100)
    moved(history, ExperimentStatus.RUNNING, "e2")
    fill("a1", "v1", marks(100, 0.5, 3), first=500)
    fill("b1", "v2", marks(100, 0.5, 4), first=500)
    (one,) = looked(history, "e2").candidates
    assert one.standing is Standing.NEW
    assert one.look is not None
    assert one.look.alpha_k == pytest.approx(0.05)


def test_the_same_cases_again_do_not_begin_a_new_ledger(history: History, fill: Fill) -> None:
    fill("a0", "v1", marks(200, 0.5, 1), at=NOON - HOUR)
    fill("b0", "v2", marks(200, 0.5, 2), at=NOON - HOUR)
    started(history, include_existing=True)
    looked(history)
    moved(history, ExperimentStatus.CANCELLED)
    planned(history, experiment_id="e2", cases=200)
    moved(history, ExperimentStatus.RUNNING, "e2")
    fill("a1", "v1", marks(200, 0.5, 3))
    fill("b1", "v2", marks(200, 0.5, 4))
    assert looked(history, "e2").candidates[0].standing is Standing.OVERRUN


def test_after_the_planned_cases_nothing_more_is_claimed(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-", at=NOON - HOUR)
    started(history, cases=100)
    fill("a1", "v1", marks(100, 0.5, 1))
    fill("b1", "v2", marks(100, 0.5, 2))
    assert looked(history).stop is not None
    fill("a2", "v1", "-" * 100, first=100)
    fill("b2", "v2", "+" * 100, first=100)
    (one,) = looked(history).candidates
    assert one.standing is Standing.OVERRUN
    assert one.look is not None
    assert one.look.verdict not in (VerdictKind.IMPROVED, VerdictKind.REGRESSED)
    assert ended(history).experiment.outcome is not None
    assert len(queries.looks(history)) == 1


def test_no_winner_is_an_outcome_with_its_reason(history: History, fill: Fill) -> None:
    started_with_runs(history, fill, cases=100)
    fill("b1", "v2", "-" * 97 + "+" * 3)
    outcome = ended(history).experiment.outcome
    assert outcome is not None
    assert outcome.winner is None
    assert "after 100 of 100 cases" in outcome.reason
    assert outcome.estimate == pytest.approx(0.03)


def test_the_first_and_only_look_may_be_the_conclusion(history: History, fill: Fill) -> None:
    started_with_runs(history, fill, cases=5000)
    assert ended(history).experiment.outcome is not None
    (look,) = queries.looks(history)
    assert look.alpha_k == pytest.approx(0.05)


def test_the_planned_time_ends_it(history: History, fill: Fill) -> None:
    started_with_runs(history, fill, max_duration_days=2.0)
    fill("b1", "v2", "-" * 97 + "+" * 3)
    found = looked(history, days=2.5)
    assert found.stop is not None
    assert found.stop.reason is StopReason.DURATION


def test_a_broken_guardrail_forbids_the_winner(history: History, fill: Fill) -> None:
    guardrail = Guardrail(metric=Metric.COST, margin=0.1, mode=GuardMode.DETECT)
    started_with_runs(history, fill, guardrails=(guardrail,))
    fill("a1", "v1", "-" * 100, cost=0.001)
    fill("b1", "v2", "+" * 100, cost=0.002)
    found = looked(history)
    assert found.stop is not None
    assert found.stop.reason is StopReason.HARM
    moved(history, ExperimentStatus.PAUSED)
    outcome = ended(history).experiment.outcome
    assert outcome is not None
    assert outcome.winner is None
    assert "broke its guardrail on cost" in outcome.reason


def test_several_candidates_share_alpha(history: History, fill: Fill) -> None:
    started_with_runs(history, fill, candidates=("v2", "v3"), cases=100)
    fill("c1", "v3", marks(100, 0.1, 3))
    found = looked(history)
    assert [one.arm.label for one in found.candidates] == ["v2", "v3"]
    assert [look.alpha_k for look in found.looks] == pytest.approx([0.025, 0.025])
    assert [look.seq for look in found.looks] == [1, 2]


def test_a_candidate_that_never_ran_is_known_by_its_label(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-", at=NOON - HOUR)
    started(history)
    (arm,) = queries.experiments(history)[0].design.candidates
    assert arm.variant_id is None
    fill("a1", "v1", "-" * 30)
    fill("b1", "v2", "+" * 30)
    assert looked(history).candidates[0].n == 30


def test_a_label_that_changed_its_prompt_is_left_out_and_noted(
    history: History, fill: Fill
) -> None:
    fill("a0", "v1", "-", at=NOON - HOUR)
    fill("b0", "v2", "+", at=NOON - HOUR)
    started(history)
    fill("a1", "v1", "-" * 30)
    fill("b1", "v2", "+" * 30, metadata={"prompt_variant": "v2", "prompt": "another {x}"})
    found = looked(history)
    assert found.candidates[0].n == 0
    assert any("left out" in note for note in found.notes)


def test_deleted_runs_make_the_verdict_invalid(history: History, fill: Fill) -> None:
    started_with_runs(history, fill)
    looked(history)
    for table in ("runs", "reports", "tasks"):
        history.connection.execute(f"DELETE FROM {table} WHERE run_id = 'b1'")
    found = looked(history)
    assert found.candidates[0].standing is Standing.INVALID
    assert "no longer stored: b1" in found.candidates[0].text
    outcome = ended(history).experiment.outcome
    assert outcome is not None
    assert outcome.winner is None
    assert "no longer stored" in outcome.reason


def test_an_anytime_experiment_looks_as_often_as_it_likes(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-", at=NOON - HOUR)
    started(history, looks=Looks.OPEN)
    for batch in range(3):
        fill(f"a{batch + 1}", "v1", marks(40, 0.2, batch), first=40 * batch)
        fill(f"b{batch + 1}", "v2", marks(40, 0.8, batch + 9), first=40 * batch)
        looked(history)
    looks = queries.looks(history)
    assert len(looks) == 3
    p = [look.p_value or 1.0 for look in looks]
    assert p == sorted(p, reverse=True)
    assert looks[-1].verdict is VerdictKind.IMPROVED
    assert ended(history).experiment.outcome is not None


def test_a_search_is_confirmed_only_on_cases_it_has_not_seen(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-" * 100, at=NOON - HOUR)
    fill("b0", "v2", "+" * 100, at=NOON - HOUR)
    started(
        history,
        include_existing=True,
        selected_by_search=True,
        development=("a0", "b0"),
        cases=50,
    )
    assert looked(history).candidates[0].n == 0
    fill("a1", "v1", "-" * 150)
    fill("b1", "v2", "+" * 150)
    assert looked(history).candidates[0].n == 50
    outcome = ended(history).experiment.outcome
    assert outcome is not None
    assert (outcome.winner, outcome.confirmed, outcome.n) == ("v2", True, 50)


def test_a_search_whose_cases_are_unknown_stays_unconfirmed(history: History, fill: Fill) -> None:
    started_with_runs(history, fill, selected_by_search=True, cases=100)
    outcome = ended(history).experiment.outcome
    assert outcome is not None
    assert (outcome.winner, outcome.confirmed) == (None, False)
    assert "unconfirmed" in outcome.reason


def test_the_next_champion_on_the_same_cases_is_confirmed_at_half_of_alpha(
    history: History, fill: Fill
) -> None:
    fill("d0", "v1", "-", at=NOON - HOUR, first=900)
    search = {"selected_by_search": True, "development": ("d0",), "cases": 100}
    started(history, **search)
    fill("a1", "v1", marks(100, 0.5, 1))
    fill("b1", "v2", marks(100, 0.5, 2))
    fill("c1", "v3", marks(100, 0.5, 3))
    ended(history)
    planned(history, experiment_id="e2", candidates=("v3",), include_existing=True, **search)
    moved(history, ExperimentStatus.RUNNING, "e2")
    looked(history, "e2")
    assert [look.alpha_k for look in queries.looks(history)] == pytest.approx([0.05, 0.025])


def test_status_looks_at_no_results(history: History, fill: Fill) -> None:
    started_with_runs(history, fill)
    found = status(history, "e1", config=settings(), now=NOON + HOUR)
    assert found.candidates[0].n == 100
    assert found.candidates[0].comparison is None
    assert queries.looks(history) == []


def test_a_draft_has_nothing_to_report(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-")
    planned(history)
    with pytest.raises(TransitionError, match="is draft"):
        looked(history)
    with pytest.raises(TransitionError, match="cannot become completed"):
        ended(history)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"candidates": ("v1",)}, "all unlike"),
        ({"weights": (1.0,)}, "weights"),
        ({"weights": (1.0, 0.0)}, "weights"),
        ({"looks": Looks.OPEN, "primary": Metric.COST}, "from 0 to 1"),
        ({"allocation": AllocationPolicy.THOMPSON}, "biases planned looks"),
        ({"development": ("a0",)}, "no search is named"),
        ({"experiment_id": "no good"}, "not a name"),
        ({"experiment_id": ""}, "not a name"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(
    history: History, fill: Fill, changes: dict[str, Any], said: str
) -> None:
    fill("a0", "v1", "-")
    with pytest.raises(ConfigError, match=said):
        planned(history, **changes)
    assert queries.experiments(history) == []


def test_what_a_plan_names_must_be_there(history: History, fill: Fill) -> None:
    fill("a0", "v1", "-")
    with pytest.raises(SelectionError, match="not in this history"):
        planned(history, workflow_id="other")
    with pytest.raises(SelectionError, match="no baseline is set"):
        planned(history, baseline=None)
    with pytest.raises(SelectionError, match="run 'zz'"):
        planned(history, development=("zz",), selected_by_search=True)
    with pytest.raises(SelectionError, match="there are no experiments"):
        looked(history)


def test_cases_are_planned_by_what_changed_before(history: History, fill: Fill) -> None:
    fill("a0", "v1", marks(60, 0.5, 1), at=NOON - HOUR)
    fill("b0", "v2", marks(60, 0.5, 1)[:-6] + "+-+-+-", at=NOON - HOUR)
    planned(history, cases=None, effect=0.05, min_cases=None)
    (experiment,) = queries.experiments(history)
    assert "by 60 cases that ran before" in experiment.design.n_max_reason
    assert 200 < experiment.design.n_max < 700


def test_an_experiment_that_runs_keeps_ab_testing_silent(history: History, fill: Fill) -> None:
    started_with_runs(history, fill)
    fill("b1", "v2", "-" * 97 + "+" * 3)
    looked(history)
    (made,) = decide(
        history,
        workflow_ids=["wf"],
        variant="v1",
        as_of=None,
        config=settings(),
        config_sha256="",
        now=NOON,
    )
    said = {answer.strategy: answer.answer for answer in made.decision.answers}["ab_testing"]
    assert said is not None
    assert said.silence == "experiment e1 runs: 100 of 200 cases were looked at"
