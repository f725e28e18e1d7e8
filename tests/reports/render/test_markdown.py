from __future__ import annotations

import html
import re

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from optimizer.models.rules import Unit
from reports.document import (
    Case,
    Cases,
    Code,
    Details,
    Document,
    Facts,
    Items,
    Mark,
    Marked,
    Passage,
    Prose,
    Section,
    Table,
    left,
    right,
)
from reports.drawings import History, Point, Series
from reports.render.markdown import markdown
from reports.text import line, plain

MARKED = "#*_`[]()<>|&!~-+=.0123:/\\$@ abc\nwww"
TEXTS = st.text(st.sampled_from(MARKED), max_size=40) | st.text(max_size=20)


def rendered(*blocks: object) -> str:
    text = markdown(Document("t", None, tuple(blocks)))  # type: ignore[arg-type]
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)


def seen(page: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", page)).replace("\u200b", "")


def test_a_table_is_aligned() -> None:
    text = markdown(Document("t", None, (Table((left("a"), right("n")), (("x", "1"),)),)))
    assert text == "# t\n\n| a | n |\n| --- | ---: |\n| x | 1 |\n"


def test_lines_of_a_cell_stay_in_their_row() -> None:
    text = markdown(Document("t", None, (Table((left("a"),), (("x\n|y",),)),)))
    assert "| x<br>\\|y |" in text


def test_two_lists_in_a_row_stay_two() -> None:
    page = rendered(Facts((("a", "1"),)), Items(("b",)))
    assert page.count("<ul>") == 2


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    page = rendered(Code("```\n# not a heading\n````"), Prose("after"))
    assert page.count("<h1>") == 1
    assert "<p>after</p>" in page


def test_details_are_folded_and_their_title_is_text() -> None:
    text = markdown(Document("t", None, (Details("<b>", (Prose("x"),)),)))
    assert "<details><summary>&lt;b&gt;</summary>\n\nx\n\n</details>" in text


def test_people_and_issues_are_not_called() -> None:
    text = markdown(Document("t", None, (Prose("@someone see #12 at https://a.b or www.c.d"),)))
    assert "@someone" not in text
    assert "#12" not in text
    assert "https://" not in text
    assert "www.c" not in text


def test_names_with_underscores_and_prices_stay_readable() -> None:
    text = markdown(Document("t", None, (Prose("success_rate costs $0.12, [0.1, 0.2] %"),)))
    assert "success_rate costs $0.12, [0.1, 0.2] %" in text


@given(TEXTS)
@example("[a]: /b")
@example("[a](b)")
@example("1. x")
@example("***")
@example("a\n---")
def test_a_paragraph_shows_its_text_and_nothing_else(text: str) -> None:
    page = rendered(Prose(text)).removeprefix("<h1>t</h1>\n")
    assert seen(page).strip() == seen(html.escape(line(text))).strip()
    assert set(re.findall("<[^>]*>", page)) <= {"<p>", "</p>"}


@given(TEXTS, TEXTS)
def test_a_cell_shows_its_text_and_nothing_else(first: str, second: str) -> None:
    page = rendered(Table((left("a"), left("b")), ((first, second),)))
    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    parts = [" ".join(map(line, plain(text).split("\n"))) for text in (first, second)]
    assert [seen(c.replace("<br>", " ")).split() for c in cells] == [p.split() for p in parts]


@given(TEXTS, TEXTS)
def test_titles_facts_and_items_are_text(title: str, text: str) -> None:
    page = rendered(Section(title, (Facts(((title, text),)), Items((text,)))))
    allowed = {"h1", "h2", "ul", "li", "p", "!--"}
    assert {tag.split()[0] for tag in re.findall(r"</?([^\s>]+)", page)} <= allowed


@given(st.lists(st.tuples(st.sampled_from(Mark), TEXTS), max_size=6))
def test_marked_text_is_one_block_and_reads_as_it_is(pieces: list[tuple[Mark, str]]) -> None:
    page = rendered(Marked(tuple(pieces)), Prose("after"))
    assert set(re.findall(r"</?(\w+)", page)) <= {"h1", "pre", "del", "ins", "p"}
    inside = page.partition("<pre>")[2].rpartition("</pre>")[0]
    assert html.unescape(re.sub("</?(?:del|ins)>", "", inside)) == "".join(
        plain(text) for _, text in pieces
    )
    assert page.endswith("</pre>\n<p>after</p>\n")


@given(TEXTS, st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
@example("</summary><script>", [("<!--", "```\n</details>\n~~~"), ("-->", "@who #1")])
def test_a_case_opens_onto_its_texts_and_nothing_else(
    name: str, texts: list[tuple[str, str]]
) -> None:
    cases = Cases(
        (left("case"), left("why")), (Case((name, "why"), tuple(Passage(*one) for one in texts)),)
    )
    page = rendered(cases, Prose("after"))
    assert page.count("<details>") == page.count("</details>") == 2
    told = re.findall(r"<pre><code>(.*?)</code></pre>", page, re.DOTALL)
    assert [html.unescape(one).rstrip("\n") for one in told] == [
        plain(text).rstrip("\n") for _, text in texts
    ]
    allowed = {"h1", "table", "thead", "tbody", "tr", "th", "td", "br", "p", "pre", "code"}
    tags = {tag.split()[0] for tag in re.findall(r"</?([^\s>]+)", page)}
    assert tags <= allowed | {"details", "summary"}
    assert page.endswith("<p>after</p>\n")


def test_a_picture_stands_for_the_charts_and_their_figures_are_folded() -> None:
    chart = History(
        "Pass <rate>", "d", Unit.RATE, "a", "b", (Series("one", (Point(0, 0.5, "x"),)),)
    )
    found = Document("t", None, (chart, Section("s", (chart,))))
    text = markdown(found, picture="../a b/(1).svg")
    assert "![Charts of this report](<../a%20b/%281%29.svg>)" in text
    assert text.count("<details><summary>Pass &lt;rate&gt;: figures</summary>") == 2
    page = MarkdownIt("commonmark").render(text)
    assert '<img src="../a%20b/%281%29.svg" alt="Charts of this report" />' in page
    assert "<details>" not in markdown(found)
