from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.document import Case, Cases, Cell, Details, Document, Passage, Section, left, right
from reports.render.html import html
from reports.render.page_cases import (
    ROW_BYTES,
    STATIC_BYTES,
    STATIC_CASES,
    TEXT_BYTES,
    n_blocks,
    page_cases,
)
from reports.tones import Tone

COLUMNS = (left("change"), left("case"), right("passed"))
BROKEN = Cell("broken", Tone.BAD)
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!-- <script> --> ]]>",
    "\u2028\u2029\u202e\x00\x1b[2J\ud800\\u003c/script>",
    '"}]},"cases":[[0,["x"],[]]],"&lt;',
)


def cases(n: int, *texts: str) -> Cases:
    passages = tuple(Passage(f"Text {i}", text) for i, text in enumerate(texts))
    return Cases(COLUMNS, tuple(Case((BROKEN, f"case-{i}", "1 of 1"), passages) for i in range(n)))


def document(*blocks: Any) -> Document:
    return Document("Comparison", None, blocks)


class Scripts(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.data: list[str] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag == "script" and ("type", "application/json") in attrs

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.data.append(data)


def told(found: Cases) -> Any:
    data = page_cases(found).data
    assert data is not None
    return json.loads(data)


def test_the_first_cases_are_there_without_a_script_and_the_others_as_data() -> None:
    found = page_cases(cases(50, "x"))
    assert len(found.first) == STATIC_CASES
    data = told(cases(50, "x"))
    assert [row[0] for _, row, _ in data["cases"]] == [f"case-{i}" for i in range(20, 50)]
    assert data["cases"][0] == [0, ["case-20", "1 of 1"], [0, "x", 0]]
    assert (data["changes"], data["tones"], data["headings"]) == (["broken"], ["bad"], ["Text 0"])


def test_few_cases_need_no_script_and_no_note() -> None:
    found = page_cases(cases(STATIC_CASES, "x"))
    assert (found.data, found.note) == (None, None)


def test_no_text_can_end_the_script_or_be_read_as_another_value() -> None:
    seen = Scripts(html(document(cases(30, *HOSTILE))))
    plain = Scripts(html(document(cases(30, *("x" for _ in HOSTILE)))))
    assert seen.tags == plain.tags
    (data,) = seen.data
    assert not re.search("[<>&\u2028\u2029]", data)
    texts = json.loads(data)["cases"][0][2][1::3]
    assert texts[0] == HOSTILE[0]
    assert texts[2] == r"\u2028\u2029\u202e\x00\x1b[2J\ud800\u003c/script>"
    assert len(json.loads(data)["cases"]) == 10


def test_long_texts_share_the_room_and_short_ones_stay_whole() -> None:
    found = cases(1_000, "short", "x" * 10_000)
    data = page_cases(found)
    assert data.data is not None
    assert len(data.data.encode()) <= ROW_BYTES + 1.2 * TEXT_BYTES
    shown = told(found)["cases"]
    assert all(texts[1] == "short" for _, _, texts in shown if texts)
    assert all(texts[5] == 10_000 for _, _, texts in shown if texts)
    assert data.note is not None
    assert "the beginning of long texts" in data.note


def test_ten_thousand_cases_with_long_texts_stay_below_three_megabytes() -> None:
    text = html(document(cases(10_000, "x" * 1_000, "\n<é>" * 100)))
    assert len(text.encode()) < 3_000_000
    said = re.search(r"Shown: [^<]*", text)
    assert said is not None
    assert "of 10,000 cases" in said[0]
    assert "-o x.json" in said[0]


def test_many_megabyte_texts_stay_within_the_room() -> None:
    text = html(document(cases(22, "\x1b" * 100_000, "<" * 1_000_000)))
    assert len(text.encode()) < STATIC_BYTES * 2 + TEXT_BYTES + 100_000
    assert "characters" in text


def test_cases_beyond_the_room_are_counted() -> None:
    long_names = Cases(COLUMNS, tuple(Case((BROKEN, "n" * 400, "-")) for _ in range(10_000)))
    found = page_cases(long_names)
    assert found.note is not None
    assert re.search(r"Shown: 2,\d\d\d of 10,000 cases", found.note)


def test_several_blocks_share_the_room() -> None:
    block = cases(2_000, "x" * 3_000)
    both = document(*(Section(f"s{i}", (Details("d", (block,)),)) for i in range(5)))
    assert n_blocks(both.blocks) == 5
    assert len(html(both).encode()) < 3_000_000


@pytest.mark.parametrize("n", [0, 1, 2])
def test_any_number_of_cases_without_texts_is_a_page(n: int) -> None:
    text = html(document(cases(n)))
    assert text.count("<summary>") == n
    assert ("No case to show." in text) == (n == 0)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_every_text_comes_back_harmless_and_whole_where_there_is_room(texts: list[str]) -> None:
    shown = told(cases(STATIC_CASES + 1, *texts))["cases"][0][2][1::3]
    assert len(shown) == len(texts)
    for text in shown:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
