from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from optimizer.config.tree import DEFAULTS
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.queries import overview
from optimizer.history.queries.overview import Spans
from optimizer.history.store import History
from optimizer.models.overview import ChangeKind, Period, Span, WorkflowState
from optimizer.pipeline.performance import performance
from optimizer.pipeline.period_review import period_review
from optimizer.pipeline.portfolio import portfolio
from optimizer.stats.intervals import wilson

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
PASSING, HALF = "+" * 40, "+-" * 20


def spans(end: datetime, days: int = 7) -> Spans:
    length = timedelta(days=days)
    return Spans(
        before=Span(starts_at=end - 2 * length, ends_at=end - length),
        now=Span(starts_at=end - length, ends_at=end),
    )


def at(run: Callable[..., Any], name: str, marks: str, day: float, **more: Any) -> Any:
    return run(name, marks, started_at=NOON + day * DAY, **more)


def test_a_run_counts_in_the_period_in_which_it_ended(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    edge = NOON + 7 * DAY
    store(
        run("at the edge", "++", started_at=edge - MINUTE),
        run("after it", "+-", started_at=edge),
        run("too old", "+", started_at=NOON - 8 * DAY),
    )
    found = overview.period_figures(history, spans(edge + 7 * DAY), workflow_id=None)
    assert [(one.is_now, one.n_runs, one.n_succeeded) for one in found] == [
        (False, 1, 2),
        (True, 1, 1),
    ]


def test_the_interval_of_a_period_is_wilsons_where_each_case_ran_once(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "r", "+++-", 0))
    (found,) = overview.period_figures(history, spans(NOON + DAY), workflow_id="wf")
    expected = wilson(3, 4, level=0.95)
    assert (found.success_low, found.success_high) == pytest.approx((expected.low, expected.high))


def test_only_known_prices_are_spent(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(
        at(run, "priced", "++", 0, tasks={"cost_usd": 0.25}),
        at(run, "unpriced", "+++", 1),
    )
    (found,) = overview.period_figures(history, spans(NOON + 2 * DAY), workflow_id=None)
    assert (found.n_completed, found.n_priced, found.cost_total_usd) == (5, 2, 0.5)


def test_what_nobody_priced_cost_nobody_knows_what(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "r", "++", 0))
    (found,) = overview.period_figures(history, spans(NOON + DAY), workflow_id=None)
    assert (found.n_priced, found.cost_total_usd) == (0, None)


def test_the_variant_in_use_is_that_of_the_newest_run_of_a_period(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "a", "----", 0, label="old"), at(run, "b", "++", 1, label="new"))
    (found,) = overview.period_figures(history, spans(NOON + 2 * DAY), workflow_id=None)
    assert (found.variant, found.n_own, found.n_succeeded, found.n_tasks) == ("new", 2, 2, 6)


def test_cases_of_runs_that_cannot_be_paired_are_left_out(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "a", PASSING, 0), at(run, "b", HALF, 8, pairable=False))
    tables = overview.period_cases(history, spans(NOON + 9 * DAY), workflow_id=None)
    assert tables["wf"].variant.tolist() == [0] * 40
    review = period_review(history, Period.WEEK, DEFAULTS, workflow_id=None, until=NOON + 9 * DAY)
    assert review.changes[0].shift.kind is ChangeKind.UNKNOWN


def test_repeats_of_a_case_are_one_case(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "a", "++++", 0, tasks={"case_id": "same"}), at(run, "b", "+-", 8))
    table = overview.period_cases(history, spans(NOON + 9 * DAY), workflow_id=None)["wf"]
    assert table.n.tolist() == [4.0, 1.0, 1.0]
    assert np.isnan(table.cost_usd).all()


def test_a_fall_is_told_with_its_interval_and_first(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    for name, marks in (("falls", HALF), ("holds", PASSING)):
        store(
            at(run, f"{name} 1", PASSING, 0, workflow_id=name),
            at(run, f"{name} 2", marks, 8, workflow_id=name),
        )
    review = period_review(history, Period.WEEK, DEFAULTS, workflow_id=None, until=NOON + 9 * DAY)
    first, second = review.changes
    assert (first.workflow_id, first.shift.kind) == ("falls", ChangeKind.WORSE)
    assert second.shift.kind is ChangeKind.STEADY
    effect = first.shift.effect("success_rate")
    assert effect is not None
    assert (effect.estimate, effect.n) == (-0.5, 40)
    assert effect.high < 0


def test_a_workflow_without_a_run_now_has_stopped_and_one_without_before_is_new(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(
        at(run, "a", PASSING, 0, workflow_id="old"), at(run, "b", PASSING, 8, workflow_id="young")
    )
    review = period_review(history, Period.WEEK, DEFAULTS, workflow_id=None, until=NOON + 9 * DAY)
    kinds = {one.workflow_id: one.shift.kind for one in review.changes}
    assert kinds == {"old": ChangeKind.STOPPED, "young": ChangeKind.NEW}


@pytest.mark.parametrize(("marks", "kind"), [("+" * 19, "not enough data"), ("+" * 20, "steady")])
def test_a_change_is_judged_from_twenty_shared_cases_on(
    history: History,
    store: Callable[..., Any],
    run: Callable[..., Any],
    marks: str,
    kind: str,
) -> None:
    store(at(run, "a", PASSING, 0), at(run, "b", marks, 8))
    review = period_review(history, Period.WEEK, DEFAULTS, workflow_id=None, until=NOON + 9 * DAY)
    (change,) = review.changes
    assert change.shift.n_shared == len(marks)
    assert (change.shift.kind is ChangeKind.UNKNOWN) == (kind == "not enough data")


def test_activity_of_a_workflow_is_what_can_be_told_to_be_its_own(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "r", "+", 0))
    lines = [
        AuditLine(logged_at=NOON, actor="ann", action="baseline.set", subject=name, detail={})
        for name in ("wf", "other")
    ]
    append_audit(history, lines)
    span = Span(starts_at=NOON - DAY, ends_at=NOON)
    assert len(overview.period_activity(history, span, workflow_id=None)) == 2
    (own,) = overview.period_activity(history, span, workflow_id="wf")
    assert own.subject == "wf"


def test_several_variants_without_a_baseline_wait_for_one(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "a", "+", 0, label="v1"))
    assert overview.waiting(history, workflow_id=None) == []
    store(at(run, "b", "+", 1, label="v2"))
    (found,) = overview.waiting(history, workflow_id="wf")
    assert (found.kind, found.subject) == ("baseline", "wf")
    assert found.since == NOON + DAY + MINUTE


def standing_of(history: History, days: float) -> Any:
    found = portfolio(history, DEFAULTS, as_of=NOON + days * DAY, now=NOON, limit=50)
    (one,) = found.workflows
    return one


def test_a_rate_whose_whole_interval_is_too_low_is_failing(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "a", HALF, 0))
    assert standing_of(history, 1).state is WorkflowState.FAILING


def test_a_fall_of_the_same_variant_is_drift_and_of_another_is_not(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    fallen = "+" * 30 + "-" * 10
    store(at(run, "a", PASSING, 0), at(run, "b", PASSING, 1), at(run, "c", fallen, 2))
    one = standing_of(history, 3)
    assert one.state is WorkflowState.DRIFTING
    assert one.row.rates == (1.0, 1.0, 0.75)
    store(at(run, "d", fallen, 4, label="v2"))
    other = standing_of(history, 5)
    assert other.state is WorkflowState.UNSETTLED
    assert (other.row.variant, other.row.rates) == ("v2", (0.75,))


def test_what_never_completed_is_unmeasured_and_not_zero(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "a", "cc", 0))
    one = standing_of(history, 1)
    assert one.state is WorkflowState.UNMEASURED
    assert one.row.success_rate is None


def test_a_past_portfolio_sees_no_later_run(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(at(run, "a", PASSING, 0), at(run, "b", HALF, 5))
    assert standing_of(history, 1).state is WorkflowState.HEALTHY
    assert standing_of(history, 6).state is WorkflowState.FAILING


def test_throughput_and_hit_rate_are_known_only_where_time_and_cache_are(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    store(
        at(run, "a", "++++", 0, tasks={"cached": True}),
        at(run, "b", "++++", 1),
        run("c", "+", started_at=NOON + 2 * DAY, finished_at=NOON + 2 * DAY),
    )
    found = performance(history, "wf", DEFAULTS, limit=10)
    assert [one.per_minute for one in found.runs] == [4.0, 4.0, None]
    assert [one.cached_rate for one in found.runs] == [1.0, None, None]
    assert found.runs[1].latency_p50_ms == 101.5


def copied(history: History, n: int) -> None:
    """Copy workflow wf so often, in the database, where storing would take long."""
    for table in ("runs", "reports", "tasks"):
        columns = "concat(run_id, '-', i) AS run_id"
        if table != "reports":
            columns += ", concat(workflow_id, '-', i) AS workflow_id"
        history.connection.execute(
            f"INSERT INTO {table} SELECT {table}.* REPLACE ({columns}) "
            f"FROM {table}, range({n}) AS k(i) WHERE run_id IN ('c', 'd')"
        )


def test_hundreds_of_workflows_are_counted_and_a_few_are_shown(
    history: History, store: Callable[..., Any], run: Callable[..., Any]
) -> None:
    good, fallen = "+" * 25, "+" * 12 + "-" * 13
    store(at(run, "a", good, 0, workflow_id="fell"), at(run, "b", fallen, 8, workflow_id="fell"))
    store(at(run, "c", good, 0), at(run, "d", good, 8))
    copied(history, 299)
    found = portfolio(history, DEFAULTS, as_of=NOON + 9 * DAY, now=NOON, limit=5)
    assert {one.state: one.n for one in found.counts} == {
        WorkflowState.FAILING: 1,
        WorkflowState.HEALTHY: 300,
    }
    assert found.workflows[0].row.workflow_id == "fell"
    assert len(found.workflows) == 5
    review = period_review(history, Period.WEEK, DEFAULTS, workflow_id=None, until=NOON + 9 * DAY)
    assert (review.changes[0].workflow_id, len(review.changes)) == ("fell", 301)
    assert (len(review.watched), review.n_unwatched) == (10, 291)
