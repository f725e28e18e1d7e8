from __future__ import annotations

import importlib
import itertools
import pkgutil
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from rich.cells import cell_len

import reports.gallery
from reports.document import Document
from reports.render.files import render
from reports.render.terminal import terminal

FORMATS = (".txt", ".md", ".html")
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0041]"
)
TERMINAL_TRICKS = "\x1b[2J\x1b]8;;http://evil\x07\x9b31m\u202e\u2066\u200f\r\x00\U000e0041"
MARKUP_TRICKS = (
    "</title></script><script>alert(1)</script><img src=x onerror=alert(1)> | `` ``` **b** "
    "[a](javascript:alert(1)) ![i](x) {{ 7 * 7 }} {% raw %} [red]r[/red] &lt; <!-- "
)
LINE_TRICKS = "\n\n# heading\n- item\n| a | b |\n| --- | --- |\n```\n"
HOSTILE = (TERMINAL_TRICKS, MARKUP_TRICKS, LINE_TRICKS)
IDENTITIES = frozenset({"rule", "metric"})
PAGES = {"run", "decision", "workflow", "gate", "comparison", "baseline_gate"}
BESIDE = re.compile(
    r"<head>.*</head>\n|<footer>.*</footer>\n|(?<=<svg ).*?(?=</svg>)|<script.*?</script>\n",
    re.DOTALL,
)
VOID = {"meta", "br", "img"}
Rendered = Callable[..., str]


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.targets: list[str] = []
        self.policy = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        values = dict(attrs)
        self.targets += [values["href"] or ""] if "href" in values else []
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_module_of_the_gallery_has_a_full_and_an_empty_case(
    case_names: frozenset[str],
) -> None:
    modules = {module.name for module in pkgutil.iter_modules(reports.gallery.__path__)}
    assert modules <= case_names
    assert {f"{name}-empty" for name in modules} <= case_names


def test_every_module_of_the_gallery_has_a_function_of_its_name() -> None:
    for module in pkgutil.iter_modules(reports.gallery.__path__):
        found = importlib.import_module(f"reports.gallery.{module.name}")
        assert callable(getattr(found, module.name))


def test_the_first_line_is_the_verdict(document: Document) -> None:
    text = terminal(document, width=1000, color=False)
    assert document.verdict is not None
    assert text.split("\n")[0] == document.verdict.text


def test_renders_the_same_twice(name: str, lay_out: type, rendered: Rendered) -> None:
    for suffix in FORMATS:
        assert render(lay_out(name), suffix) == rendered(name, suffix)


def test_says_nothing_about_numbers_that_are_none(name: str, rendered: Rendered) -> None:
    for suffix in FORMATS:
        assert not re.search(r"\b(None|nan|inf)\b", rendered(name, suffix))


def test_fits_the_terminal(document: Document) -> None:
    for width in (40, 80, 120):
        lines = terminal(document, width=width, color=False).split("\n")
        assert max(map(cell_len, lines)) <= width
        assert not any(line != line.rstrip() for line in lines)


def test_has_no_escape_without_colour_and_the_same_words_with_it(document: Document) -> None:
    bare, coloured = terminal(document, color=False), terminal(document, color=True)
    assert "\x1b" not in bare
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == bare


def test_the_page_needs_nothing_else(name: str, rendered: Rendered) -> None:
    text = rendered(name, ".html")
    page = Page(text)
    assert page.open == []
    assert not page.tags & {"link", "iframe", "object", "img", "base", "form"}
    assert not page.attributes & {"src", "srcset", "style", "xlink:href"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert all(target.startswith("#") for target in page.targets)
    assert "http://" not in text
    assert "https://" not in text


def test_the_page_runs_one_script_and_wears_one_style_both_named_by_their_hash(
    name: str, rendered: Rendered
) -> None:
    text = rendered(name, ".html")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert (len(scripts), len(styles)) == (1, 1)
    assert Page(text).policy == (
        f"default-src 'none'; script-src {hashed(scripts[0])}; style-src {hashed(styles[0])}; "
        "base-uri 'none'; form-action 'none'"
    )


def test_every_link_of_the_page_leads_somewhere(name: str, rendered: Rendered) -> None:
    text = rendered(name, ".html")
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert {target.removeprefix("#") for target in Page(text).targets} <= set(ids)


def test_the_page_has_one_first_heading_and_skips_no_level(name: str, rendered: Rendered) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", rendered(name, ".html"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(deep - shallow <= 1 for shallow, deep in itertools.pairwise(levels))


@pytest.mark.parametrize("poison", HOSTILE, ids=["terminal", "markup", "lines"])
def test_hostile_text_is_harmless(name: str, rendered: Rendered, poison: str) -> None:
    for suffix, keep in itertools.product(FORMATS, (frozenset[str](), IDENTITIES)):
        text = rendered(name, suffix, poison, keep)
        assert not STEERING.search(text)
        text.encode("utf-8")


@pytest.mark.parametrize("poison", HOSTILE, ids=["terminal", "markup", "lines"])
def test_hostile_text_adds_nothing_to_a_page(name: str, rendered: Rendered, poison: str) -> None:
    kind = (Page(rendered(name, ".html")), Page(rendered(name, ".html", poison)))
    assert kind[1].open == []
    assert kind[1].tags <= kind[0].tags | {
        *("details", "summary", "h2", "h3", "pre", "code"),
        *("rect", "text", "line", "path", "g"),  # a chart of other names has other marks
    }
    of_marks = {"x", "y", "x1", "x2", "y1", "y2", "width", "height", "rx", "d", "transform"}
    assert kind[1].attributes <= kind[0].attributes | {"tabindex"} | of_marks


@pytest.mark.parametrize("poison", HOSTILE, ids=["terminal", "markup", "lines"])
def test_hostile_text_fits_the_terminal(name: str, lay_out: type, poison: str) -> None:
    lines = terminal(lay_out(name, poison), width=80, color=False).split("\n")
    assert max(map(cell_len, lines)) <= 80


def test_looks_as_a_person_saw_it(name: str, rendered: Rendered, golden: type) -> None:
    for suffix in FORMATS if name in PAGES else (".txt", ".md"):
        golden(f"{name}{suffix}", BESIDE.sub("", rendered(name, suffix)))
