from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.carried import carried, carried_parts
from reports.charts.bars import BARS
from reports.document import Column, Document, Prose, Table, Verdict
from reports.tones import Tone


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("≥ 80 → ≤ 5 \u00d7 “x” …", "ascii", '>= 80 -> <= 5 x "x" ...'),
        ("Ménage à trois", "ascii", "Menage a trois"),
        ("Ménage à trois", "cp1252", "Ménage à trois"),
        ("≥ \u00d7 …", "cp1252", ">= \u00d7 …"),
        (BARS, "ascii", "_.-:=+*#"),
        ("漢", "ascii", "\\u6f22"),
        ("漢", "utf-8", "漢"),
        ("x²", "ascii", "x2"),
        ("e\u0301", "ascii", "e"),
        ("12\u00a0ms", "ascii", "12 ms"),
    ],
)
def test_what_an_encoding_lacks_is_told_by_other_characters(
    text: str, encoding: str, told: str
) -> None:
    assert carried(text, encoding) == told


texts = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="?"))


@given(texts, st.sampled_from(["ascii", "cp1252", "cp437"]))
def test_everything_can_be_carried(text: str, encoding: str) -> None:
    told = carried(text, encoding)
    assert told.encode(encoding).decode(encoding) == told


def test_a_document_is_told_throughout_and_stays_what_it_is() -> None:
    told = carried_parts(
        Document(
            title="≥",
            verdict=Verdict(Tone.GOOD, "a → b"),
            blocks=(Prose("…"), Table((Column("≤"),), (("\u00d7",),))),
        ),
        "ascii",
    )
    assert told == Document(
        title=">=",
        verdict=Verdict(Tone.GOOD, "a -> b"),
        blocks=(Prose("..."), Table((Column("<="),), (("x",),))),
    )
    assert told.verdict is not None
    assert told.verdict.tone is Tone.GOOD
