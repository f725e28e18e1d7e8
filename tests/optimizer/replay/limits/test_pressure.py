from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.requests import Requests
from optimizer.replay.pressure import Answered, clocked_runs, load, pressure

Trace = Callable[..., Requests]


def test_the_busiest_free_stretch_is_the_sustained_rate(trace: Trace) -> None:
    # one a second for two minutes goes through; then ten a second, all refused from the 61st on
    calm = [float(second) for second in range(121)]
    busy = [200 + tenth / 10 for tenth in range(300)]
    requests = trace([*calm, *busy], throttled=[False] * 181 + [True] * 240)
    found = pressure(requests, (), window_s=60)
    assert (found.n, found.n_throttled, found.longest) == (421, 240, 181)
    assert found.sustained.source == "window"
    assert (found.sustained.n, found.sustained.per_minute) == (60, 60)
    # the 121 of the first two minutes and the first 60 of the busy half minute
    assert (found.n_calm, found.n_calm_throttled) == (181, 0)


def test_nothing_refused_has_no_limit_to_tell(trace: Trace) -> None:
    found = pressure(trace([0, 50, 100]), (), window_s=60)
    assert (found.sustained, found.n_calm) == (None, 0)


def test_one_time_for_a_whole_run_is_no_clock(trace: Trace) -> None:
    requests = trace([5.0] * 30, throttled=[False] * 4 + [True] * 26)
    found = pressure(requests, [Answered(n=4, duration_s=120)], window_s=60)
    assert (found.sustained.source, found.sustained.per_minute, found.sustained.n) == ("runs", 2, 4)
    assert found.n_calm == 0
    assert load(requests).requests_per_minute is None
    assert pressure(requests, (), window_s=60).sustained is None


def test_the_peak_minute_counts_what_came_within_60_seconds(trace: Trace) -> None:
    requests = trace([0, 30, 59.9, 60, 200], tokens_in=[1, 2, 3, 4, 5], tokens_out=[0] * 5)
    found = load(requests)
    assert (found.peak_requests, found.peak_tokens) == (3, 9)
    assert found.requests_per_minute == pytest.approx(5 / (200 / 60))
    assert found.tokens_mean == 3


def test_runs_that_overlap_are_told_apart(trace: Trace) -> None:
    requests = trace([0, 0, 10, 10], segment=[0, 1, 0, 1], throttled=[True, False, False, False])
    assert pressure(requests, (), window_s=60).longest == 2
    assert load(requests).span_s == 20


@given(st.lists(st.integers(-1, 3), max_size=12))
def test_runs_are_found_in_order_of_their_codes_beside_each_other_or_not(
    trace: Trace, codes: list[int]
) -> None:
    found = [run.tolist() for run in clocked_runs(trace(list(range(len(codes))), segment=codes))]
    runs = [[at for at, one in enumerate(codes) if one == code] for code in sorted(set(codes))]
    assert found == [run for run in runs if len(run) > 1]
