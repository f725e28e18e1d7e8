from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.analysis.series import series
from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.errors import ConfigError
from optimizer.models.series import (
    Aggregate,
    Fill,
    Series,
    SeriesMetric,
    SeriesWindow,
    Windowing,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENS = Windowing(size_s=10, slide_s=10)
Put = Callable[..., None]


@pytest.fixture
def put(run: Any, store: Any, history: History) -> Put:
    """Store one task for each (seconds after noon, latency in ms)."""

    def stored(*points: tuple[float, float | None], **changes: Any) -> None:
        n = history.connection.execute("SELECT count(*) FROM runs").fetchall()[0][0]
        mark, of_run = changes.pop("mark", "+"), changes.pop("of_run", {})
        for i, (at_s, latency_ms) in enumerate(points, n):
            at = NOON + timedelta(seconds=at_s)
            store(
                run(
                    f"r{i}",
                    mark,
                    tasks={"created_at": at, "latency_ms": latency_ms} | changes,
                    **of_run,
                )
            )

    return stored


def asked(
    history: History, windowing: Windowing = TENS, *more: Aggregate, **changes: Any
) -> Series:
    metric = changes.pop("metric", SeriesMetric.LATENCY)
    aggregates = more or (Aggregate.AVG,)
    return series(history, "wf", metric, windowing, aggregates=aggregates, **changes)


def after_noon(window: SeriesWindow) -> tuple[float, float]:
    return tuple((at - NOON).total_seconds() for at in (window.starts_at, window.ends_at))


def averages(found: Series) -> list[tuple[float, int, float | None]]:
    return [(after_noon(w)[0], w.n, w.values["avg"]) for w in found.windows]


def test_a_window_has_its_start_and_not_its_end(history: History, put: Put) -> None:
    put((0, 100), (9.999999, 300), (10, 50))
    assert averages(asked(history)) == [(0, 2, 200), (10, 1, 50)]


def test_windows_begin_at_multiples_of_their_step(history: History, put: Put) -> None:
    put((7, 1))
    # noon is a multiple of an hour and of 10 s, not of 7 h
    assert after_noon(asked(history, Windowing(size_s=10, slide_s=10)).windows[0]) == (0, 10)
    (window,) = asked(history, Windowing(size_s=25_200, slide_s=25_200)).windows
    assert window.starts_at.timestamp() % 25_200 == 0
    assert window.starts_at <= NOON + timedelta(seconds=7) < window.ends_at


def test_sliding_windows_share_tasks(history: History, put: Put) -> None:
    put((0, 100), (7, 200))
    found = asked(history, Windowing(size_s=10, slide_s=5))
    # [-5, 5) has the first, [0, 10) both, [5, 15) the second
    assert averages(found) == [(-5, 1, 100), (0, 2, 150), (5, 1, 200)]


def test_a_step_need_not_divide_the_window(history: History, put: Put) -> None:
    put((0, 1))
    starts = [after_noon(w) for w in asked(history, Windowing(size_s=10, slide_s=4)).windows]
    assert starts == [(-8, 2), (-4, 6), (0, 10)]


def test_a_session_ends_where_nothing_begins_for_longer_than_the_gap(
    history: History, put: Put
) -> None:
    put((0, 100), (5, 200), (10, 300), (15.5, 400))
    found = asked(history, Windowing(gap_s=5))
    assert [after_noon(w) for w in found.windows] == [(0, 10), (15.5, 15.5)]
    assert [w.values["avg"] for w in found.windows] == [200, 400]


def test_a_late_task_joins_two_sessions(history: History, put: Put) -> None:
    put((0, 100), (8, 300))
    assert len(asked(history, Windowing(gap_s=5)).windows) == 2
    put((4, 200))
    (joined,) = asked(history, Windowing(gap_s=5)).windows
    assert (after_noon(joined), joined.n, joined.values["avg"]) == ((0, 8), 3, 200)


def test_a_late_task_is_in_its_window(history: History, put: Put) -> None:
    put((0, 100), (30, 5))
    assert averages(asked(history))[0] == (0, 1, 100)
    put((1, 300))
    assert averages(asked(history))[0] == (0, 2, 200)


def test_all_aggregates_of_one_window(history: History, put: Put) -> None:
    put((0, 1), (1, 2), (2, 3), (3, 4), (4, None))
    (window,) = asked(history, TENS, *Aggregate).windows
    assert (window.n_tasks, window.n) == (5, 4)
    # percentiles of 1 2 3 4: at 0.5 * 3 = 1.5, 0.95 * 3 = 2.85, 0.99 * 3 = 2.97 steps from the 1
    assert window.values == pytest.approx(
        {
            "count": 4,
            "sum": 10,
            "avg": 2.5,
            "min": 1,
            "max": 4,
            "p50": 2.5,
            "p95": 3.85,
            "p99": 3.97,
            "stddev": math.sqrt(5 / 3),
        }
    )


def test_the_spread_of_one_task_is_unknown(history: History, put: Put) -> None:
    put((0, 7))
    (window,) = asked(history, TENS, Aggregate.STDDEV).windows
    assert window.values == {"stddev": None}


@pytest.mark.parametrize(
    ("metric", "value"), [("score", 0.5), ("cost", 0.25), ("tokens", 12.0), ("latency", 40.0)]
)
def test_each_metric_is_read_from_its_column(
    history: History, put: Put, metric: str, value: float
) -> None:
    put((0, 40.0), score=0.5, cost_usd=0.25, tokens=12)
    (window,) = asked(history, metric=SeriesMetric(metric)).windows
    assert window.values == {"avg": value}


def test_success_counts_errors_as_failures_and_leaves_out_what_was_cancelled(
    history: History, put: Put
) -> None:
    for mark in "++-tec":
        put((0, 1), mark=mark)
    both = (Aggregate.AVG, Aggregate.SUM)
    (window,) = asked(history, TENS, *both, metric=SeriesMetric.SUCCESS).windows
    assert (window.n_tasks, window.n, window.values) == (5, 5, {"avg": 0.4, "sum": 2})


def test_what_nobody_measured_stays_unknown(history: History, put: Put) -> None:
    put((0, None))
    (window,) = asked(history, TENS, Aggregate.AVG, Aggregate.COUNT).windows
    assert (window.n_tasks, window.n, window.filled) == (1, 0, False)
    assert window.values == {"avg": None, "count": 0}


def test_a_variant_and_a_workflow_are_looked_at_alone(history: History, put: Put) -> None:
    put((0, 100))
    put((0, 300), of_run={"label": "v2", "prompt": "p"})
    put((0, 900), of_run={"workflow_id": "other"})
    assert averages(asked(history)) == [(0, 2, 200)]
    assert averages(asked(history, variant="v2")) == [(0, 1, 300)]


def test_a_task_counts_once_in_its_run(history: History, put: Put) -> None:
    put((0, 100))
    history.connection.execute(
        "INSERT INTO tasks "
        "SELECT * REPLACE (position + 1 AS position, 900 AS latency_ms) FROM tasks"
    )
    assert averages(asked(history)) == [(0, 1, 100)]
    assert asked(history, Windowing(gap_s=1)).windows[0].n == 1


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (Fill.NONE, [(0, 100, False), (40, 300, False)]),
        (
            Fill.ZERO,
            [(0, 100, False), (10, 0, True), (20, 0, True), (30, 0, True), (40, 300, False)],
        ),
        (
            Fill.PREVIOUS,
            [(0, 100, False), (10, 100, True), (20, 100, True), (30, 100, True), (40, 300, False)],
        ),
        (
            Fill.LINEAR,
            [(0, 100, False), (10, 150, True), (20, 200, True), (30, 250, True), (40, 300, False)],
        ),
    ],
)
def test_holes_are_filled_as_asked_and_marked(
    history: History, put: Put, fill: Fill, expected: list[tuple[float, float, bool]]
) -> None:
    put((0, 100), (40, 300))
    found = asked(history, fill=fill)
    assert [(after_noon(w)[0], w.values["avg"], w.filled) for w in found.windows] == expected
    assert all(w.n == 0 for w in found.windows if w.filled)


def test_windows_whose_tasks_were_not_measured_are_filled_too(history: History, put: Put) -> None:
    put((0, 100), (10, None), (20, 200), (30, None))
    found = asked(history, fill=Fill.LINEAR)
    # nothing is measured after the last: a line has two ends
    values = [(w.values["avg"], w.filled, w.n_tasks) for w in found.windows]
    assert values == [(100, False, 1), (150, True, 1), (200, False, 1), (None, False, 1)]
    carried = asked(history, fill=Fill.PREVIOUS).windows[-1]
    assert (carried.values["avg"], carried.filled) == (200, True)


def test_nothing_is_made_up_where_nothing_was_measured(history: History) -> None:
    assert asked(history, fill=Fill.ZERO).windows == ()
    assert asked(history).watermark_at is None


def test_a_window_is_open_until_a_task_began_late_enough(history: History, put: Put) -> None:
    put((0, 1), (12, 1), (25, 1))
    assert [w.open for w in asked(history).windows] == [False, False, True]
    late = Windowing(size_s=10, slide_s=10, lateness_s=6)
    # the last began at 25 s: 19 s is as far as all tasks are taken to be here
    assert [w.open for w in asked(history, late).windows] == [False, True, True]
    assert asked(history, late).watermark_at == NOON + timedelta(seconds=19)


def test_a_session_is_open_until_its_gap_has_passed(history: History, put: Put) -> None:
    put((0, 1), (10, 1))
    assert [w.open for w in asked(history, Windowing(gap_s=5)).windows] == [False, True]
    late = Windowing(gap_s=5, lateness_s=6)
    assert [w.open for w in asked(history, late).windows] == [True, True]


@pytest.mark.parametrize(
    "windowing",
    [
        Windowing(),
        Windowing(size_s=10, slide_s=20),
        Windowing(size_s=3600, slide_s=1),
    ],
)
def test_time_that_cannot_be_cut_is_refused(history: History, windowing: Windowing) -> None:
    with pytest.raises(ConfigError):
        asked(history, windowing)


def test_more_holes_than_anyone_reads_are_refused(history: History, put: Put) -> None:
    put((0, 1), (1_000_000, 1))
    second = Windowing(size_s=1, slide_s=1)
    assert len(asked(history, second).windows) == 2
    with pytest.raises(ConfigError, match="1,000,001 from 2026-03-01"):
        asked(history, second, fill=Fill.ZERO)


def test_sessions_have_no_holes_to_fill(history: History) -> None:
    with pytest.raises(ConfigError, match="sessions have no holes"):
        asked(history, Windowing(gap_s=5), fill=Fill.ZERO)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 40), slide=st.integers(1, 40))
def test_every_task_is_in_every_window_that_spans_it(
    history: History, put: Put, size: int, slide: int
) -> None:
    if not history.connection.execute("SELECT count(*) FROM tasks").fetchall()[0][0]:
        put(*[(at, 1.0) for at in (0, 3, 3, 17, 40, 41.5)])
    if slide > size:
        return
    rows = queries.window_series(
        history, "wf", variant=None, metric="latency", size_us=size * 10**6, slide_us=slide * 10**6
    )
    for row in rows:
        start, end = ((at - NOON).total_seconds() for at in (row.starts_at, row.ends_at))
        assert row.n == sum(start <= at < end for at in (0, 3, 3, 17, 40, 41.5))
        assert row.starts_at.timestamp() % slide == 0
    for at in (0, 17, 41.5):
        moment = NOON.timestamp() + at
        n_spanning = moment // slide - (moment - size) // slide
        holding = [r for r in rows if r.starts_at.timestamp() <= moment < r.ends_at.timestamp()]
        assert len(holding) == n_spanning
