from __future__ import annotations

import re

import pytest

from optimizer import __version__
from optimizer.models.rules import Unit
from reports.document import (
    Cell,
    Code,
    Details,
    Document,
    Facts,
    Mark,
    Marked,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.drawings import History, Point, Series
from reports.render.html import LONG_TABLE, html
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
    assert 'aria-label="run-1: 50.0 %, n = 4"' in text


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


def test_a_long_table_is_marked_and_the_style_knows_where_it_is_cut() -> None:
    rows = tuple((str(i),) for i in range(LONG_TABLE + 1))
    assert 'class="scroll long"' in page(Table((left("a"),), rows))
    assert 'class="scroll long"' not in page(Table((left("a"),), rows[1:]))
    assert f":nth-child(n + {LONG_TABLE + 1} of :not([hidden]))" in page()


def test_short_cells_stay_on_one_line() -> None:
    text = page(Table((left("at"),), (("2026-03-01 12:00 UTC",), ("a\nb",), ("x" * 25,))))
    assert '<th scope="row">2026-03-01 12:00\u00a0UTC</th>' in text
    assert '<th scope="row" class="text">a\nb</th>' in text
    assert f'<th scope="row" class="text">{"x" * 25}</th>' in text


def test_a_column_without_a_title_has_no_heading() -> None:
    assert "<tr><td></td>" in page(Table((left(""), right("n")), (("a", "1"),)))


def luminance(color: str) -> float:
    digits = color * 2 if len(color) == 3 else color
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_can_be_read_on_the_page_and_on_the_ground_of_code(scheme: int) -> None:
    named = re.findall(r"--(\w+): light-dark\(#(\w+), #(\w+)\)", page())
    colors = {name: luminance(pair[scheme]) for name, *pair in named}
    for ground in ("page", "tint"):
        for name in ("ink", "soft", "good", "bad", "warn", "s0", "s1", "s2", "s3", "focus"):
            dark, light = sorted((colors[ground], colors[name]))
            assert (light + 0.05) / (dark + 0.05) >= 4.5
    dark, light = sorted((colors["page"], colors["edge"]))
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_the_script_makes_nothing_of_text() -> None:
    script = page().partition("<script>")[2].partition("</script>")[0]
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval", "Function", "<!--", "</"):
        assert word not in script


def test_a_page_of_many_parts_begins_with_its_contents() -> None:
    parts = [Section(name, (Prose("x"),)) for name in ("a", "b", "<c>")]
    assert "<nav" not in page(*parts)
    text = page(*parts, Details("d", (Prose("x"),)))
    assert '<li><a href="#part-3">&lt;c&gt;</a></li>' in text
    assert '<div id="part-4">' in text


def test_next_steps_come_last_and_then_what_made_the_page() -> None:
    text = html(Document("t", None, (), hints=("Run <b>.",)))
    assert "<h2>Next</h2>\n<p>Run &lt;b&gt;.</p>" in text
    assert f"<footer><p>Made by optimizer {__version__}.</p></footer>" in text
