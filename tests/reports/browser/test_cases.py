from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reports.document import Case, Cases, Cell, Document, Passage, Section, left, right
from reports.render.html import html
from reports.tones import Tone

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)><!--\u202e\x1b"
CHANGES = (Cell("broken", Tone.BAD), Cell("fixed", Tone.GOOD), Cell("passing"))


def page(n: int, text: str = "the answer to") -> str:
    rows = tuple(
        Case(
            (CHANGES[3 * i // n], f"case-{i:03}", "1 of 1"),
            (Passage("Input", f"{text} {i}"), Passage("Output", "x" * 90_000 if i == 0 else "y")),
        )
        for i in range(n)
    )
    columns = (left("change"), left("case"), right("passed"))
    return html(Document("Comparison", None, (Section("Cases", (Cases(columns, rows),)),)))


def names(visit: Any) -> list[str]:
    return visit.page.locator(".cases summary > :nth-child(2):visible").all_text_contents()


@pytest.fixture
def hundred(visit: Callable[..., Any]) -> Any:
    return visit(page(90))


def test_more_cases_come_when_asked(hundred: Any) -> None:
    assert len(names(hundred)) == 20
    hundred.page.get_by_role("button", name="Show 50 more").click()
    assert len(names(hundred)) == 70
    hundred.page.get_by_role("button", name="Show 20 more").click()
    assert names(hundred) == [f"case-{i:03}" for i in range(90)]
    assert hundred.page.locator(".cases .more").is_hidden()


def test_cases_are_chosen_by_what_became_of_them(hundred: Any) -> None:
    hundred.page.get_by_role("button", name="fixed 30").click()
    assert names(hundred) == [f"case-{i:03}" for i in range(30, 60)]
    assert hundred.page.locator(".choose").get_by_role("status").text_content() == "30 of 90 cases"
    hundred.page.get_by_role("button", name="all 90").click()
    assert len(names(hundred)) == 50


def test_cases_are_found_by_their_texts(hundred: Any) -> None:
    hundred.page.get_by_label("Search").fill("ANSWER 77")
    hundred.page.get_by_text("1 of 90 cases").wait_for()
    assert names(hundred) == ["case-077"]


def test_a_case_that_waited_opens_onto_its_texts(hundred: Any) -> None:
    hundred.page.get_by_role("button", name="Show 50 more").click()
    hundred.page.get_by_text("case-033").click()
    shown = hundred.page.locator(".cases details[open]")
    assert shown.locator("pre").all_text_contents() == ["the answer to 33", "y"]
    assert shown.get_by_role("button", name="Copy").count() == 2


def test_a_text_that_was_cut_says_so(hundred: Any) -> None:
    hundred.page.get_by_text("case-000").click()
    heading = hundred.page.get_by_text("Output; the first 20,000 of 90,000 characters")
    assert heading.is_visible()


def test_without_scripts_the_first_cases_open_and_the_others_are_counted(
    visit: Callable[..., Any],
) -> None:
    seen = visit(page(90), scripts=False)
    assert len(names(seen)) == 20
    seen.page.get_by_text("case-007").click()
    assert seen.page.get_by_text("the answer to 7", exact=True).is_visible()
    assert seen.page.get_by_text("The first 20 of 90 cases").is_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_hostile_texts_do_nothing_whether_they_wait_or_not(
    visit: Callable[..., Any], width: int
) -> None:
    seen = visit(page(90, HOSTILE), width=width)
    seen.page.get_by_role("button", name="Show 50 more").click()
    for case in ("case-003", "case-033"):
        seen.page.get_by_text(case).click()
    texts = seen.page.locator(".cases details[open] pre").all_text_contents()
    spelled = HOSTILE.replace("\u202e", r"\u202e").replace("\x1b", r"\x1b")
    assert texts[::2] == [f"{spelled} 3", f"{spelled} 33"]
    assert (seen.dialogs, seen.requests, seen.errors, seen.violations()) == ([], [], [], [])
    assert seen.page.locator("main img").count() == 0
    assert seen.sideways() <= 0
