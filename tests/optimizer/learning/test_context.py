from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from optimizer.learning.context import context_v1
from optimizer.models.requests import Requests

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = 3600.0


def trace(at_s: list[float], **columns: Any) -> Requests:
    n = len(at_s)
    nan, zero = np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    none = np.zeros(n, dtype=np.bool_)
    fields: dict[str, Any] = {
        "at_s": np.array(at_s, dtype=np.float64),
        **dict.fromkeys(("segment", "key", "answer", "repeat", "case", "variant"), zero),
        **dict.fromkeys(("tenant", "task_type"), zero - 1),
        **dict.fromkeys(
            ("ok", "score", "latency_ms", "tokens_in", "tokens_out", "cost_usd", "deadline_ms"), nan
        ),
        **dict.fromkeys(("failed", "throttled", "cached"), none),
        "propensity": nan,
        "priority": np.full(n, 2),
        "first_at": MONDAY,
    }
    return Requests(**(fields | columns))


def contexts(requests: Requests, **options: Any) -> Any:
    rows = np.arange(len(requests))
    given: dict[str, Any] = {"dimension": 16, "arm": requests.variant, "has_choice": True}
    return context_v1(requests, rows, **(given | options))


def test_the_hour_is_an_angle_and_monday_is_nought() -> None:
    found = contexts(trace([0, 6 * HOUR, 24 * HOUR]))
    assert found.names == ("one", "hour_sin", "hour_cos", "weekday_sin", "weekday_cos")
    assert found.values[0] == pytest.approx([1, 1, 0, 0, 1])  # Monday, six o'clock
    assert found.values[1] == pytest.approx([1, 0, -1, 0, 1])  # Monday, noon
    tuesday = 2 * np.pi / 7
    assert found.values[2] == pytest.approx([1, 1, 0, np.sin(tuesday), np.cos(tuesday)])


def test_what_does_not_tell_requests_apart_is_left_out() -> None:
    found = contexts(trace([0, 0, 0], tokens_in=np.array([9.0, 9.0, 9.0])))
    assert found.names == ("one",)
    assert found.values.tolist() == [[1], [1], [1]]


def test_no_calendar_where_no_variant_was_chosen_or_no_date_is_known() -> None:
    assert contexts(trace([0, 9 * HOUR]), has_choice=False).names == ("one",)
    assert contexts(trace([0, 9 * HOUR], first_at=None)).names == ("one",)


def test_tokens_are_less_those_of_the_variant() -> None:
    same_but_template = trace(
        [0, 0, 0, 0],
        tokens_in=np.expm1([1.0, 2.0, 4.0, 5.0]),
        variant=np.array([0, 0, 1, 1]),
    )
    found = contexts(same_but_template)
    assert found.names == ("one", "log_tokens_in")
    assert found.values[:, 1] == pytest.approx([-1, 1, -1, 1])


def test_an_unknown_number_takes_the_mean() -> None:
    found = contexts(trace([0, 0, 0], tokens_in=np.array([1.0, np.nan, 9.0])))
    assert found.values[:, 1] == pytest.approx([-1, 0, 1])


def test_marks_for_all_but_the_most_frequent_name() -> None:
    found = contexts(
        trace(
            [0, 0, 0, 0],
            task_type=np.array([0, 1, 1, 2]),
            task_types=("extract", "chat", "rank"),
            tenant=np.array([0, -1, 0, 1]),
            tenants=("a", "b"),
        )
    )
    assert found.names == ("one", "task_type=extract", "task_type=rank", "tenant=b")
    assert found.values[:, 1:].tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_never_longer_than_the_dimension_and_never_padded(dimension: int) -> None:
    n = 30
    found = contexts(
        trace([0.0] * n, task_type=np.arange(n), task_types=tuple(f"t{i:02}" for i in range(n))),
        dimension=dimension,
    )
    assert found.values.shape == (n, dimension)
    assert (np.ptp(found.values[:, 1:], axis=0) > 0).all()
