from __future__ import annotations

import math
import re
from collections.abc import Callable
from xml.etree.ElementTree import Element, fromstring

import pytest

from reports.charts.drawn import KINDS, drawing_table, page_svg, png, svg
from reports.document import Document, Verdict
from reports.drawings import Drawing
from reports.render.html import html
from reports.render.terminal import terminal
from reports.tones import Tone

LARGEST = 300_000
PNG_HEADER = b"\x89PNG\r\n\x1a\n"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE = (
    "</title></svg><script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)> & &amp; &#x202e;",
    "\x1b[2J\x1b]8;;http://evil\x07\u202e\u2066\r\n\x00 end",
    "datum.x",
    '{"signal": "width"}',
    "a.b[0]\\.c' + alert(1) + '",
    "",
    "\u4e16\u754c " * 400,
)
ALLOWED = {
    "svg": {"viewBox", "aria-hidden"},
    "g": {"transform", "fill", "stroke", "stroke-miterlimit", "font-size", "text-anchor"},
    "title": set(),
    "text": {"text-anchor", "transform", "font-size", "font-weight", "fill", "opacity"},
    "path": {
        "transform",
        "d",
        "fill",
        "fill-opacity",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "opacity",
    },
    "line": {"transform", "x2", "y2", "stroke", "stroke-width", "stroke-dasharray", "opacity"},
}


def document(drawing: Drawing) -> Document:
    return Document("t", Verdict(Tone.GOOD, "v"), (drawing,))


def test_every_kind_of_drawing_has_a_chart() -> None:
    assert set(KINDS) == set(Drawing.__args__)


def test_is_drawn_in_the_colours_of_the_page(chart: Callable[..., Drawing]) -> None:
    text = page_svg(chart())
    assert text is not None
    assert not re.search(r'"#[0-9a-f]{3,6}"|"(black|white|steelblue|#4c78a8)"', text)
    assert "var(--" in text


def test_holds_marks_and_texts_only(
    chart: Callable[..., Drawing], drawn: Callable[[Drawing], Element]
) -> None:
    for element in drawn(chart()).iter():
        assert set(element.attrib) <= ALLOWED[element.tag]


def test_is_told_once_by_its_page(chart: Callable[..., Drawing]) -> None:
    text = html(document(chart("shown")))
    assert text.partition("<figure")[2].count('role="img"') == 1
    assert 'aria-label="shown: shown"' in text
    assert len(re.findall(r"<figcaption>shown</figcaption>", text)) == 1


def test_two_of_one_page_share_no_id(chart: Callable[..., Drawing]) -> None:
    assert ' id="' not in (page_svg(chart()) or "")
    assert "url(" not in (page_svg(chart()) or "")


def test_pointing_at_a_mark_tells_what_it_is(
    chart: Callable[..., Drawing], titles: Callable[[Drawing], list[str]]
) -> None:
    assert len(titles(chart("what it is"))) >= 3


def test_of_nothing_says_so_in_words(chart: Callable[..., Drawing]) -> None:
    empty = chart(n=0)
    assert page_svg(empty) is None
    sentence = drawing_table(empty).empty
    assert sentence.endswith(".")
    assert sentence in html(document(empty))
    assert sentence in terminal(document(empty), color=False)


def test_of_one_value_is_drawn(
    chart: Callable[..., Drawing], drawn: Callable[[Drawing], Element]
) -> None:
    assert list(drawn(chart(n=1)).iter("path"))


@pytest.mark.parametrize("number", [None, math.nan, math.inf, 1e308, 0.0])
def test_numbers_that_are_none_are_not_drawn(
    chart: Callable[..., Drawing], number: float | None
) -> None:
    for element in fromstring(page_svg(chart(number=number)) or "<svg/>").iter():
        said = " ".join((element.tag, *element.attrib.values(), element.text or ""))
        assert not re.search(r"\b(NaN|nan|Infinity|inf|undefined|null|None)\b", said)
    drawing_table(chart(number=number))


@pytest.mark.parametrize("poison", HOSTILE)
def test_hostile_text_is_text(
    chart: Callable[..., Drawing], drawn: Callable[[Drawing], Element], poison: str
) -> None:
    root = drawn(chart(poison))
    for element in root.iter():
        assert set(element.attrib) <= ALLOWED[element.tag]
        assert not STEERING.search(element.text or "")


def test_what_looks_like_an_expression_is_shown_as_it_is(
    titles: Callable[[Drawing], list[str]], chart: Callable[..., Drawing]
) -> None:
    assert any('{"signal": "width"}' in title for title in titles(chart('{"signal": "width"}')))


def test_of_thousands_stays_small_and_says_what_it_leaves_out(
    chart: Callable[..., Drawing], kind: str
) -> None:
    many = chart("name of something", 5000)
    text = page_svg(many)
    assert text is not None
    assert len(text) < LARGEST
    assert KINDS[type(many)].note(many)
    assert KINDS[type(many)].note(many) in "".join(fromstring(text).itertext())


def test_is_written_as_a_picture(chart: Callable[..., Drawing]) -> None:
    found = fromstring(svg([chart("shown"), chart("shown")]))
    assert found.get("role") == "img"
    assert found[0].text == "shown: shown; shown: shown"
    assert "shown" in "".join(found.itertext())
    assert png([chart()]).startswith(PNG_HEADER)
