from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from optimizer.history.batches import Batches
from optimizer.history.columns import prepare
from optimizer.history.queries import cases
from optimizer.history.recording import record
from optimizer.history.settings import PayloadPolicy, RawPolicy, StoreSettings
from optimizer.history.store import History, open_history
from optimizer.history.texts import PAYLOADS, PIECE_CHARS, LongTexts
from optimizer.models.tasks import Origin, Reading, Run, Score

Make = Callable[..., Run]
Store = Callable[..., Any]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = '{"q": "' + "abc " * 5_000 + '"}'
INLINE_BYTES = 4_096

LENGTHS = st.sampled_from([0, 1, 499, 500, 501, 1_999, 2_000, 2_001, 4_000, 4_001, 20_000])
TEXTS = st.none() | st.builds(lambda unit, n: (unit * n)[:n], st.sampled_from("aé漢😀"), LENGTHS)


def rows(history: History, statement: str) -> list[tuple[Any, ...]]:
    return history.connection.execute(statement).fetchall()


@examples(max_examples=40, deadline=None)
@given(st.lists(TEXTS, max_size=5))
def test_pieces_put_together_are_the_text_and_each_stays_in_its_column(
    texts: list[str | None],
) -> None:
    long_texts = LongTexts()
    short = long_texts.taken_from("outputs", texts)
    found = Batches([long_texts.columns("r", 0)])  # noqa: F841 - read by the statement
    with duckdb.connect() as connection:
        pieces = connection.execute("SELECT position, text FROM found").fetchall()
    assert all(len(text.encode()) < INLINE_BYTES for _, text in pieces)
    assert all(text is None or len(text.encode()) < INLINE_BYTES for text in short)
    whole = {
        row: "".join(text for _, text in group) for row, group in groupby(pieces, lambda x: x[0])
    }
    assert [whole.get(i, text) for i, text in enumerate(short)] == texts


@pytest.mark.parametrize("field", PAYLOADS)
@pytest.mark.parametrize("text", [LONG, "漢" * PIECE_CHARS, "a" * PIECE_CHARS, "short"])
def test_payloads_read_as_they_were_however_long(
    history: History, run: Make, store: Store, field: str, text: str
) -> None:
    store(run("r1", "++", tasks={field: text}), run("r2", "+"))
    found = rows(history, f"SELECT run_id, position, {field} FROM task_payloads ORDER BY ALL")
    assert found[:2] == [("r1", 0, text), ("r1", 1, text)]
    assert len(found) == 3


def test_a_long_excerpt_is_kept_to_its_length(history: History, run: Make, store: Store) -> None:
    settings = StoreSettings(
        raw=RawPolicy.NONE, payloads=PayloadPolicy.EXCERPTS, excerpt_chars=6_000
    )
    store(run("r1", "+", tasks={"outputs": LONG}), settings=settings)
    assert rows(history, "SELECT outputs FROM task_payloads") == [(LONG[:6_000],)]


def test_of_a_long_message_the_table_has_how_it_begins_and_the_pieces_the_rest(
    history: History, run: Make, store: Store
) -> None:
    origin = Origin(scores=(Score("exact", 0.0, False, LONG), Score("tone", 1.0, True, "fine")))
    none = StoreSettings(raw=RawPolicy.NONE, payloads=PayloadPolicy.NONE)
    store(run("r1", "-", tasks={"error_message": LONG, "origin": origin}), settings=none)
    assert rows(history, "SELECT error_message FROM tasks") == [(LONG[:PIECE_CHARS],)]
    assert rows(history, "SELECT scorer, reason FROM task_scores ORDER BY ALL") == [
        ("exact", LONG[:PIECE_CHARS]),
        ("tone", "fine"),
    ]
    together = "SELECT field, string_agg(text, '' ORDER BY piece) FROM long_texts GROUP BY field"
    assert dict(rows(history, together)) == {"error_message": LONG, "reason of exact": LONG}


def test_long_texts_go_with_their_run(history: History, run: Make, store: Store) -> None:
    store(run("r1", "+", tasks={"outputs": LONG}))
    store(run("r1", "-", tasks={"outputs": "short"}), replace=True)
    assert rows(history, "SELECT count(*) FROM long_texts") == [(0,)]
    assert rows(history, "SELECT outputs FROM task_payloads") == [("short",)]


def test_cases_of_the_same_long_inputs_have_the_same_content(
    history: History, run: Make, store: Store
) -> None:
    stored = run("r1", "++", tasks={"inputs": LONG})
    store(stored, run("r2", "+", tasks={"inputs": LONG.replace("abc", "abd")}))
    variant = next(iter(stored.tasks)).variant.variant_id
    first, second = cases.case_contents(history, {variant: ["r1"]})[variant].values()
    assert first == second
    (other,) = cases.case_contents(history, {variant: ["r2"]})[variant].values()
    assert other != first


def test_a_family_is_found_in_long_metadata(history: History, run: Make, store: Store) -> None:
    text = LONG[:-1] + ', "kind": "billing"}'
    stored = run("r1", "+", tasks={"metadata": text})
    store(stored)
    variant = next(iter(stored.tasks)).variant.variant_id
    assert list(cases.case_families(history, {variant: ["r1"]}, key="kind")[variant]) == ["billing"]


def test_long_texts_are_still_there_when_the_history_is_opened_again(
    tmp_path: Path, run: Make, reading: Callable[..., Reading]
) -> None:
    path, settings = tmp_path / "h.duckdb", StoreSettings()
    file = prepare(reading(run("r1", "+" * 20, tasks={"outputs": LONG})), settings)
    with open_history(path, lock_timeout_s=1, now=NOON) as history:
        record(history, [file], settings, replace=False, actor="a", now=NOON)
    with open_history(path, lock_timeout_s=1, now=NOON) as history:
        assert rows(history, "SELECT DISTINCT outputs FROM task_payloads") == [(LONG,)]
