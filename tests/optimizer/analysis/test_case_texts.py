from __future__ import annotations

import pytest

from optimizer.analysis.case_texts import read_input, read_text
from optimizer.models.case_changes import Kept


def told(stored: str | None) -> tuple[str | None, str | None]:
    put_in, expected = read_input(stored)
    return put_in.text, None if expected is None else expected.text


@pytest.mark.parametrize(
    ("stored", "put_in", "expected"),
    [
        ('{"review": "Cold soup.", "expected": "negative"}', "Cold soup.", "negative"),
        ('{"input": "2 + 2", "expected_output": 4}', "2 + 2", "4"),
        ('{"input": "2 + 2", "target": "4"}', "2 + 2", "4"),
        ('{"text": "a", "target": "French"}', '{\n  "text": "a",\n  "target": "French"\n}', None),
        ('{"a": 1, "b": [true]}', '{\n  "a": 1,\n  "b": [\n    true\n  ]\n}', None),
        ('"only a text"', "only a text", None),
        ('{"expected": "yes"}', None, "yes"),
        ('{"input": ""}', "", None),
        ("{}", None, None),
        (None, None, None),
    ],
)
def test_what_should_come_out_is_told_apart_from_what_was_put_in(
    stored: str | None, put_in: str | None, expected: str | None
) -> None:
    assert told(stored) == (put_in, expected)


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        ('{"output": "x"}', Kept.WHOLE),
        ('{"output": "the beginn', Kept.EXCERPT),
        ("ab" * 32, Kept.HASH),
        (None, Kept.NOTHING),
        ("null", Kept.NOTHING),
        ("[" * 100_000, Kept.EXCERPT),
        ('"half \ud800"', Kept.EXCERPT),
    ],
)
def test_it_is_said_how_much_of_a_text_is_kept(stored: str | None, kept: Kept) -> None:
    found = read_text(stored)
    assert found.kept is kept
    assert found.n_chars == len(found.text or "")
