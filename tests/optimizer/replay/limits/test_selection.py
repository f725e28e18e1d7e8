from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from optimizer.models.requests import Requests
from optimizer.replay.selection import of_variant, only

Trace = Callable[..., Requests]


def full(trace: Trace) -> Requests:
    found = trace([0, 1, 2, 3], variant=[0, 1, 0, -1], texts=("a", None, "c", "d"))
    return replace(
        found,
        variants=("v1", "v2"),
        runs=("r",),
        first_at=datetime(2026, 3, 1, tzinfo=UTC),
        position=np.arange(4),
    )


def test_every_column_follows(trace: Trace) -> None:
    found = only(full(trace), np.array([0, 2]))
    assert found.at_s.tolist() == [0, 2]
    assert found.position is not None
    assert found.position.tolist() == [0, 2]
    assert found.texts == ("a", "c")
    assert (found.runs, found.variants) == (("r",), ("v1", "v2"))


def test_requests_of_an_unknown_variant_are_nobodys(trace: Trace) -> None:
    one = of_variant(full(trace), "v1")
    assert one is not None
    assert one.requests().at_s.tolist() == one.times().at_s.tolist() == [0, 2]
    assert of_variant(full(trace), "v9") is None
    half_known = replace(trace([0, 1], variant=[0, -1]), variants=("v1",))
    assert len(of_variant(half_known, "v1") or ()) == 1


def test_a_part_that_is_all_of_a_trace_is_the_trace_with_its_blocks(trace: Trace) -> None:
    whole = replace(trace([0, 1], variant=[0, 0]), variants=("v1",))
    one = of_variant(whole, "v1")
    assert one is not None
    assert one.requests() is whole
