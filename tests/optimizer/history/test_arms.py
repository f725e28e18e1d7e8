from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import duckdb
import numpy as np
import pytest

from optimizer.analysis.arms import load_arm, load_arms
from optimizer.history.store import History
from optimizer.models.cases import LoadedArm
from optimizer.models.tasks import Run
from optimizer.pipeline.flakiness import flakiness

Make = Callable[..., Run]
Store = Callable[..., Any]


class Counting:
    """A connection that counts what it is asked."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.n_asked = 0

    def execute(self, *asked: Any) -> duckdb.DuckDBPyConnection:
        self.n_asked += 1
        return self.connection.execute(*asked)


def variant_of(run: Run) -> str:
    return next(iter(run.tasks)).variant.variant_id


def same(one: LoadedArm, other: LoadedArm) -> bool:
    columns = all(
        np.array_equal(
            getattr(one.cases, field.name),
            getattr(other.cases, field.name),
            equal_nan=getattr(one.cases, field.name).dtype.kind == "f",
        )
        for field in fields(one.cases)
    )
    times = np.array_equal(one.latencies, other.latencies)  # type: ignore[arg-type]
    return columns and times and one.arm == other.arm and one.contents == other.contents


@pytest.fixture
def arms(run: Make, store: Store) -> dict[str, list[str]]:
    """Three variants: the first in two runs, of which a third is not asked for."""
    runs = [
        run("r1", "+-+", label="a"),
        run("r2", "--+e", label="a"),
        run("r3", "-", label="a"),
        run("r4", "+t", label="b"),
        run("r5", "c+", label="c", tasks={"inputs": None, "dataset": None}),
    ]
    store(*runs)
    first, second, third = (variant_of(runs[place]) for place in (0, 3, 4))
    return {second: ["r4"], first: ["r1", "r2"], third: ["r5"]}


def test_variants_loaded_together_are_as_each_alone(
    history: History, arms: dict[str, list[str]]
) -> None:
    selectors = {variant_id: runs[0] for variant_id, runs in arms.items()}
    together = load_arms(history, arms, selectors=selectors, latencies=True)
    assert list(together) == list(arms)
    for variant_id, runs in arms.items():
        alone = load_arm(
            history, selector=runs[0], run_ids=runs, variant_id=variant_id, latencies=True
        )
        assert same(together[variant_id], alone)


def test_only_the_runs_that_are_asked_for_count(
    history: History, arms: dict[str, list[str]]
) -> None:
    selectors = dict.fromkeys(arms, "x")
    loaded = load_arms(history, arms, selectors=selectors, latencies=True)
    first = next(one for one in loaded.values() if one.arm.label == "a")
    assert first.arm.run_ids == ("r1", "r2")
    # c0: + and -, c1: - and -, c2: + and +, c3: e
    assert first.cases.n_passed.tolist() == [1, 0, 2, 0]
    assert first.cases.n.tolist() == [2, 2, 2, 1]


def test_what_a_variant_lacks_is_empty_beside_those_that_have_it(
    history: History, arms: dict[str, list[str]]
) -> None:
    loaded = load_arms(history, arms, selectors=dict.fromkeys(arms, "x"), latencies=True)
    last = next(one for one in loaded.values() if one.arm.label == "c")
    assert last.contents == {}
    assert last.arm.datasets == ()


@pytest.mark.parametrize("n_variants", [2, 9])
def test_the_history_is_asked_as_often_for_many_variants_as_for_few(
    history: History, run: Make, store: Store, n_variants: int
) -> None:
    store(*(run(f"r{i}", "+-", label=f"v{i}") for i in range(n_variants)))
    counting: Any = Counting(history.connection)
    found = flakiness(History(counting), "wf", k=2, pool=5, level=0.95)
    assert len(found.variants) == n_variants
    asked_once_each = 7
    assert counting.n_asked == asked_once_each
