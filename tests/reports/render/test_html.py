from __future__ import annotations

import pytest

from optimizer.models.rules import Unit
from reports.document import (
    Cell,
    Code,
    Document,
    Facts,
    Mark,
    Marked,
    Prose,
    Table,
    Verdict,
    left,
    right,
)
from reports.drawings import History, Point, Series
from reports.render.html import html
from reports.tones import Tone


def page(*blocks: object) -> str:
    return html(Document("t", Verdict(Tone.BAD, "v"), tuple(blocks)))  # type: ignore[arg-type]


def test_text_is_escaped() -> None:
    assert "<p>&lt;b&gt; &amp; &#34;</p>" in page(Prose('<b> & "'))


def test_templates_in_text_are_not_run() -> None:
    assert "<p>{{ 7 * 7 }}</p>" in page(Prose("{{ 7 * 7 }}"))


def test_a_table_names_its_columns_and_rows() -> None:
    text = page(Table((left("rule"), right("n")), (("a", Cell("1", Tone.WARN)),)))
    assert '<th scope="col" class="right">n</th>' in text
    assert '<th scope="row">a</th>' in text
    assert '<td class="right warn">1</td>' in text


def test_an_empty_table_says_so() -> None:
    assert '<p class="empty">Nothing.</p>' in page(Table((left("a"),), (), empty="Nothing."))


def test_spaces_of_code_stay() -> None:
    assert "<code>  12 s\n  x</code>" in page(Code("  12 s\n  x"))


def test_a_unit_stays_with_its_number() -> None:
    assert "12\u00a0s" in page(Facts((("took", "12 s"),)))


def test_a_chart_says_what_it_shows() -> None:
    series = Series("vague", (Point(0, 0.5, "run-1: 50.0 %, n = 4"),))
    text = page(History("Pass rate", "All in words", Unit.RATE, "a", "b", (series,)))
    assert 'aria-label="Pass rate: All in words"' in text
    assert "<title>vague: run-1: 50.0 %, n = 4</title>" in text


def test_without_what_draws_charts_their_values_are_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reports.render.html.can_draw", lambda: False)
    series = Series("vague", (Point(0, 0.5, "run-1"),))
    text = page(History("Pass rate", "d", Unit.RATE, "a", "b", (series,)))
    assert 'class="drawing"' not in text
    assert '<th scope="row">vague</th>' in text


def test_the_page_is_for_light_dark_and_paper() -> None:
    text = page()
    assert '<html lang="en">' in text
    assert "color-scheme: light dark" in text
    assert "@media print" in text


def test_what_was_removed_and_added_is_marked_and_escaped() -> None:
    pieces = ((Mark.KEPT, "a "), (Mark.REMOVED, "<b>\n"), (Mark.ADDED, "</ins>"))
    expected = "<code>a <del>&lt;b&gt;\n</del><ins>&lt;/ins&gt;</ins></code></pre>"
    assert expected in page(Marked(pieces))
