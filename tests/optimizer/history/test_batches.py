from __future__ import annotations

import sys
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.history.batches import (
    Batches,
    Column,
    Numbers,
    label,
    labels,
    numbers,
    texts,
    times,
)

TEXTS = st.lists(
    st.none() | st.sampled_from(["", "a", "é", "漢字", "😀", "a\0b"]) | st.text(), min_size=1
)


def read(*batches: Column) -> list[Any]:
    columns = Batches([{"found": batch} for batch in batches])
    assert columns.n == sum(batch.n for batch in batches)
    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute("SELECT found FROM columns").fetchall()]


@given(TEXTS, TEXTS)
def test_texts_come_out_as_they_went_in(first: list[str | None], second: list[str | None]) -> None:
    assert read(texts(first), texts(second)) == first + second


@given(TEXTS, TEXTS)
def test_labels_come_out_as_they_went_in_though_each_batch_has_its_own(
    first: list[str | None], second: list[str | None]
) -> None:
    assert read(labels(first), labels(second)) == first + second


@given(st.lists(st.none() | st.floats(allow_nan=False), min_size=1))
def test_numbers_come_out_as_they_went_in(values: list[float | None]) -> None:
    assert read(numbers(values)) == values


def test_a_number_that_is_nan_is_unknown() -> None:
    assert read(numbers([1.0, float("nan")])) == [1.0, None]


def test_whole_numbers_stay_whole() -> None:
    assert read(Numbers(np.array([0, 2**53 + 1]))) == [0, 2**53 + 1]


def test_one_text_stands_in_every_row() -> None:
    assert read(label("r", 3), label("s", 2)) == ["r", "r", "r", "s", "s"]


def test_times_come_out_in_utc_and_unknown_ones_as_null() -> None:
    micros = np.array([0, 1_500_000], dtype=np.int64)
    found = read(times(micros, np.array([False, True])))
    assert [str(one) for one in found] == ["None", "1970-01-01 00:00:01.500000"]


@pytest.mark.parametrize("n", [1, 2_048, 122_881])
def test_no_row_is_lost_at_the_edges_of_a_batch(n: int) -> None:
    whole = np.arange(n, dtype=np.int64)
    assert read(Numbers(whole), Numbers(whole)) == [*range(n), *range(n)]


def test_columns_can_be_read_twice() -> None:
    columns = Batches([{"found": texts(["a", "b"])}])
    with duckdb.connect() as connection:
        first = connection.execute("SELECT found FROM columns").fetchall()
        second = connection.execute("SELECT found FROM columns").fetchall()
    assert columns.n == len(first)
    assert first == second


def test_pyarrow_is_not_needed() -> None:
    before = "pyarrow" in sys.modules
    read(texts(["a"]))
    assert ("pyarrow" in sys.modules) == before
