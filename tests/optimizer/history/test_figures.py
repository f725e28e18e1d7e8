from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.reports import report_of
from optimizer.models.summaries import Figures, WindowSummary
from optimizer.models.tasks import Run
from optimizer.stats.intervals import wilson

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Make = Callable[..., Run]
Store = Callable[..., Any]


def windows(history: History, **changes: Any) -> list[WindowSummary]:
    asked: dict[str, Any] = {
        "workflow_ids": ["wf"],
        "as_of": None,
        "max_runs": 5,
        "slow_ms": 5000.0,
    }
    return queries.windows(history, **(asked | changes))


def test_counts_each_status(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+++--tec"))
    total, variant = queries.run_reports(history, "r1")
    for report in (total, variant):
        assert (report.n_tasks, report.n_completed, report.n_cancelled) == (8, 7, 1)
        assert (report.n_succeeded, report.n_failed) == (3, 2)
        assert (report.n_timeout, report.n_error) == (1, 1)
        assert report.success_rate == pytest.approx(3 / 7)
    assert (total.variant_id, total.variant, total.n_variants) == (None, "v1", 1)
    assert variant.variant_id


def test_percentiles_are_interpolated_over_known_times(
    history: History, run: Make, store: Store
) -> None:
    # times 100 .. 119 ms: p95 lies at 100 + 0.95 * 19
    store(run("r1", "+" * 20))
    total = queries.run_reports(history, "r1")[0]
    assert total.latency_p50_ms == pytest.approx(109.5)
    assert total.latency_p95_ms == pytest.approx(118.05)
    assert total.latency_p99_ms == pytest.approx(118.81)
    assert total.latency_mean_ms == pytest.approx(109.5)
    assert total.latency_sd_ms == pytest.approx((20 * 21 / 12) ** 0.5)


def test_a_run_that_completed_nothing_has_no_rate(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "cc"))
    total = queries.run_reports(history, "r1")[0]
    assert (total.n_completed, total.success_rate, total.n_effective) == (0, None, None)
    assert report_of(total) is None


def test_the_bounds_of_the_rate_are_wilson_s(history: History, run: Make, store: Store) -> None:
    for run_id, marks in (("r1", "+" * 7 + "-" * 3), ("r2", "++"), ("r3", "--")):
        store(run(run_id, marks))
        total = queries.run_reports(history, run_id)[0]
        expected = wilson(total.n_succeeded, total.n_completed)
        assert (total.success_low, total.success_high) == pytest.approx(
            (expected.low, expected.high)
        )
        assert total.n_effective == total.n_completed


def repeated(make: Make, run_id: str, first: str, second: str) -> Run:
    """A run in which each case was run twice."""
    made = make(run_id, first + second)
    n = len(first)
    tasks = [task._replace(case_id=f"c{i % n}", repeat=i // n) for i, task in enumerate(made.tasks)]
    return Run(header=made.header, tasks=tasks)


def test_repeats_that_always_agree_count_once(history: History, run: Make, store: Store) -> None:
    # four cases, p = 1/2; case means 1 1 0 0, variance 1/3; 1/4 * 4 / (1/3) = 3, at least 4
    store(repeated(run, "r1", "++--", "++--"))
    total = queries.run_reports(history, "r1")[0]
    assert (total.n_completed, total.n_cases, total.n_effective) == (8, 4, 4.0)


def test_repeats_that_differ_count_for_more(history: History, run: Make, store: Store) -> None:
    # case means 1 .5 .5 0: variance (1/4 + 1/4) / 3 = 1/6; 1/4 * 4 / (1/6) = 6
    store(repeated(run, "r1", "++--", "+-+-"))
    total, variant = queries.run_reports(history, "r1")
    assert total.n_effective == pytest.approx(6.0)
    assert variant.n_effective == pytest.approx(6.0)
    expected = wilson(4, 8, n_effective=6.0)
    assert (total.success_low, total.success_high) == pytest.approx((expected.low, expected.high))
    (window,) = windows(history)
    assert window.n_effective == pytest.approx(6.0)
    assert (window.success_low, window.success_high) == pytest.approx((expected.low, expected.high))


def test_repeats_that_all_pass_count_as_their_cases(
    history: History, run: Make, store: Store
) -> None:
    store(repeated(run, "r1", "+++", "+++"))
    assert queries.run_reports(history, "r1")[0].n_effective == 3.0


def test_a_window_holds_the_newest_runs_of_each_variant(
    history: History, run: Make, store: Store
) -> None:
    for day in range(4):
        at = NOON + timedelta(days=day)
        store(run(f"a{day}", "+" * (day + 1), label="a", started_at=at))
    store(run("b0", "--", label="b", started_at=NOON - timedelta(days=1)))
    first, second = windows(history, max_runs=2)
    assert (first.variant, first.n_runs, first.n_tasks) == ("a", 2, 7)
    assert first.first_started_at == NOON + timedelta(days=2)
    assert first.last_started_at == NOON + timedelta(days=3)
    assert (second.variant, second.n_tasks, second.model) == ("b", 2, "m")


@pytest.mark.parametrize(
    ("first", "second"), [("+-te", "++cc"), ("cc", "cc"), ("c+", "c-"), ("+", "-"), ("ct", "cc")]
)
def test_the_window_of_one_run_has_the_figures_of_the_run(
    history: History, run: Make, store: Store, first: str, second: str
) -> None:
    store(repeated(run, "r1", first, second))
    _, variant = queries.run_reports(history, "r1")
    (window,) = windows(history)
    for field in fields(Figures):
        assert getattr(window, field.name) == getattr(variant, field.name), field.name


def test_a_window_sees_nothing_that_ended_later(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+"), run("r2", "-", started_at=NOON + timedelta(hours=1)))
    (window,) = windows(history, as_of=NOON + timedelta(hours=1))
    assert (window.n_runs, window.n_succeeded) == (1, 1)
    assert windows(history, as_of=NOON) == []


def test_windows_of_all_workflows_are_those_of_each(
    history: History, run: Make, store: Store
) -> None:
    store(run("r1", "+"), run("r2", "--", workflow_id="other"))
    together = windows(history, workflow_ids=["wf", "other"])
    assert together == windows(history, workflow_ids=["other"]) + windows(history)


def test_slow_tasks_are_those_beyond_the_limit(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+++++"))
    assert windows(history, slow_ms=102.0)[0].n_slow == 2
    assert windows(history, slow_ms=None)[0].n_slow == 0


def test_a_report_is_made_of_the_figures(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+++-"))
    report = report_of(queries.run_reports(history, "r1")[0])
    assert report is not None
    assert (report.run_id, report.total_tests, report.success_rate) == ("r1", 4, 0.75)
    assert report.metadata["unknown_fields"] == ["cost"]
    (window,) = windows(history)
    of_window = report_of(window)
    assert of_window is not None
    assert of_window.run_id == "newest 1 runs"
