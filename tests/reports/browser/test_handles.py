from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reports.document import (
    Block,
    Code,
    Column,
    Details,
    Document,
    Mark,
    Marked,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.render.html import LONG_TABLE, html
from reports.tones import Tone

HANDLES = ".tools, .filter, .more, .copied > button, nav, .skip"
GROUND = "getComputedStyle(document.body).backgroundColor"
COPIED = "(text) => navigator.clipboard.readText().then((copy) => copy === text)"


def page(*blocks: Block) -> str:
    return html(Document("Title", Verdict(Tone.GOOD, "Fine."), blocks))


def table(column: Column, *values: str) -> str:
    names = [f"row {i}" for i in range(len(values))]
    rows = tuple(zip(values, names, strict=True))
    return page(Table((column, left("row")), rows))


def numbered(n: int) -> Table:
    rows = tuple((f"case-{i}", "passed" if i % 2 else "failed", f"{i} ms") for i in range(n))
    return Table((left("case"), left("outcome"), right("time")), rows, "All cases")


@pytest.mark.parametrize(
    "ordered",
    [
        ("<0.01 ms", "845 ms", "1.2 s", "59.9 s", "2 min 05 s", "3 h 07 min", "2 d 03 h", "-"),
        ("-12.3 %", "0.0 %", "<0.1 %", "2.5 %", "12.3 %", ">99.9 %", "100.0 %", "-"),
        ("-$0.10", "$0", "<$0.000000001", "$0.00213", "$1,234.56", "-"),
        ("<0.001", "0.034", "0.34", ">0.99", "1.00", "-"),
        ("-1,234", "-80", "+3", "59.3", "1,234", "12,345", "-"),
        ("512 B", "3.4 kB", "3.4 MB", "1.2 GB", "-"),
        ("-6.2 pp", "+0.1 pp", "+6.2 pp", "+1,000 pp", "-"),
        ("[-41.2, -34.5] %", "[-8.0, +32.9] %", "[+1.2, unbounded] %", "-"),
        ("[224, 239] ms", "[1.21, 2.02] s", "-"),
        ("≤ 5.0 %", "≥ 80.0 %", "-"),
        ("3 of 10", "12 of 20", "-"),
        ("-unbounded", "1.2 %", "unbounded", "-"),
    ],
    ids=lambda ordered: ordered[1],
)
def test_numbers_sort_by_what_they_mean_with_the_unknown_last(
    ordered: tuple[str, ...], visit: Callable[..., Any]
) -> None:
    shuffled = (*ordered[1::2], *ordered[::2], ordered[0])
    seen = visit(table(right("value"), *shuffled))
    seen.page.get_by_role("button", name="value").click()
    rising = [ordered[0], *ordered]
    assert seen.column(1) == rising
    seen.page.get_by_role("button", name="value").click()
    falling = [*reversed(rising[:-1]), "-"]
    assert seen.column(1) == falling


@pytest.mark.parametrize(
    "ordered",
    [
        ("case-1", "case-2", "case-10", "Case-11", ""),
        ("2025-12-31 09:00 UTC", "2026-03-01 12:00 UTC", "2026-11-01 08:00 UTC", "-"),
        ("1.9.0", "1.10.0", "2.0.0", "-"),
        ("9", "80", "700", "many", "-"),
        ("ä", "b", "Z", "日本", "-"),
    ],
    ids=lambda ordered: ordered[0],
)
def test_texts_sort_as_people_would(ordered: tuple[str, ...], visit: Callable[..., Any]) -> None:
    seen = visit(table(left("name"), *ordered[1::2], *ordered[::2]))
    seen.page.get_by_role("button", name="name").click()
    assert seen.column(1) == list(ordered)


def test_equal_rows_keep_their_order_and_a_third_press_restores_the_first(
    visit: Callable[..., Any],
) -> None:
    seen = visit(table(right("value"), "2 ms", "1 ms", "2 ms", "1 ms", "2 ms"))
    press = seen.page.get_by_role("button", name="value").click
    heading = seen.page.locator("th[scope=col]").first
    orders = []
    for _ in range(3):
        press()
        orders.append(([text[-1] for text in seen.column(2)], heading.get_attribute("aria-sort")))
    assert orders == [
        (["1", "3", "0", "2", "4"], "ascending"),
        (["0", "2", "4", "1", "3"], "descending"),
        (["0", "1", "2", "3", "4"], None),
    ]


def test_one_column_at_a_time_says_that_it_is_sorted(visit: Callable[..., Any]) -> None:
    seen = visit(page(numbered(5)))
    for name in ("case", "time"):
        seen.page.get_by_role("button", name=name).click()
    assert seen.page.locator("[aria-sort]").all_text_contents() == ["time"]


def test_all_is_reached_and_pressed_by_keyboard(visit: Callable[..., Any]) -> None:
    seen = visit(page(Section("All", (numbered(20),)), Details("More", (Prose("text"),))))
    names = []
    for _ in range(7):
        seen.page.keyboard.press("Tab")
        names.append(seen.page.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))
        if names[-1] == "time":
            seen.page.keyboard.press("Enter")
            seen.page.keyboard.press("Enter")
    assert names == ["Skip to the report", "auto", "", "case", "outcome", "time", "More"]
    assert seen.column(1)[0] == "case-19"


def test_a_short_table_has_neither_handles_nor_a_filter(visit: Callable[..., Any]) -> None:
    seen = visit(page(numbered(3)))
    assert seen.page.locator("main button, main input").count() == 0


def test_a_filter_keeps_the_rows_that_hold_every_word_and_says_how_many(
    visit: Callable[..., Any],
) -> None:
    seen = visit(page(numbered(1_300)))
    said = seen.page.locator(".filter").get_by_role("status")
    box = seen.page.get_by_role("searchbox", name="Filter All cases")
    box.fill("PASSED  case-129")
    said.get_by_text("6 of 1,300 rows").wait_for()
    assert seen.column(1) == [f"case-{n}" for n in (129, 1291, 1293, 1295, 1297, 1299)]
    seen.page.get_by_role("button", name="time").click()
    seen.page.get_by_role("button", name="time").click()
    assert seen.column(1)[0] == "case-1299"
    box.fill("nowhere")
    said.get_by_text("0 of 1,300 rows").wait_for()
    assert seen.column(1) == []
    box.fill("")
    said.get_by_text("1,300 of 1,300 rows").wait_for()
    assert len(seen.column(1)) == LONG_TABLE


def test_a_long_table_opens_with_its_first_rows_and_shows_all_when_asked(
    visit: Callable[..., Any],
) -> None:
    seen = visit(page(numbered(LONG_TABLE + 50)))
    assert len(seen.column(1)) == LONG_TABLE
    seen.page.get_by_role("button", name="Show all 250 rows").click()
    assert len(seen.column(1)) == LONG_TABLE + 50
    assert seen.page.locator(".more").count() == 0
    assert seen.page.evaluate("document.activeElement.cells[0].textContent") == "case-200"


def test_of_a_long_table_that_was_sorted_and_filtered_the_first_rows_are_shown(
    visit: Callable[..., Any],
) -> None:
    seen = visit(page(numbered(1_000)))
    seen.page.get_by_role("button", name="time").click()
    seen.page.get_by_role("button", name="time").click()
    seen.page.get_by_role("searchbox").fill("failed")
    seen.page.get_by_role("button", name="Show all 500 rows").wait_for()
    assert seen.column(1) == [f"case-{n}" for n in range(998, 998 - 2 * LONG_TABLE, -2)]
    seen.page.get_by_role("searchbox").fill("case-99")
    seen.page.get_by_text("11 of 1,000 rows").wait_for()
    assert not seen.page.locator(".more").is_visible()


def test_paper_shows_all_rows_of_a_long_table(visit: Callable[..., Any]) -> None:
    seen = visit(page(numbered(LONG_TABLE + 50)))
    seen.page.emulate_media(media="print")
    assert len(seen.column(1)) == LONG_TABLE + 50


def test_a_text_is_copied_as_it_is_without_what_was_removed(visit: Callable[..., Any]) -> None:
    marked = Marked(((Mark.KEPT, "a "), (Mark.REMOVED, "b "), (Mark.ADDED, "c\n  d")))
    seen = visit(page(Code("  x\n<y>"), marked))
    for button, text in zip(
        seen.page.get_by_role("button", name="Copy").all(), ("  x\n<y>", "a c\n  d"), strict=True
    ):
        button.click()
        seen.page.wait_for_function(COPIED, arg=text)
    assert seen.page.locator(".tools").get_by_role("status").text_content() == "Copied"


def test_a_text_is_copied_where_the_browser_knows_no_clipboard(visit: Callable[..., Any]) -> None:
    seen = visit(page(Code("old way")))
    seen.page.evaluate("navigator.clipboard.writeText = undefined")
    seen.page.get_by_role("button", name="Copy").click()
    seen.page.wait_for_function(COPIED, arg="old way")
    assert seen.page.locator("textarea").count() == 0


def test_folded_texts_get_their_handle_when_they_are_opened(visit: Callable[..., Any]) -> None:
    seen = visit(page(Details("Text", (Code("inside"),))))
    copies = seen.page.get_by_role("button", name="Copy")
    assert copies.count() == 0
    for _ in range(3):
        seen.page.get_by_text("Text").click()
    copies.wait_for()
    assert copies.count() == 1


def test_all_is_opened_and_closed_at_once(visit: Callable[..., Any]) -> None:
    seen = visit(page(*(Details(name, (Prose(f"in {name}"),)) for name in ("one", "two", "three"))))
    opened = seen.page.locator("details[open]")
    seen.page.get_by_role("button", name="Open all").click()
    assert opened.count() == 3
    seen.page.get_by_role("button", name="Close all").click()
    assert opened.count() == 0
    for name in ("one", "two", "three"):
        seen.page.get_by_text(name, exact=True).click()
    seen.page.get_by_role("button", name="Close all").wait_for()


def test_light_and_dark_are_chosen_and_remembered(visit: Callable[..., Any]) -> None:
    seen = visit(page(), scheme="light")
    light = seen.page.evaluate(GROUND)
    seen.page.get_by_label("Colours").select_option("dark")
    dark = seen.page.evaluate(GROUND)
    seen.page.reload()
    assert seen.page.evaluate(GROUND) == dark != light
    seen.page.get_by_label("Colours").select_option("auto")
    assert seen.page.evaluate(GROUND) == light
    seen.page.evaluate("localStorage.clear()")


def test_paper_opens_what_is_folded_and_leaves_out_the_handles(visit: Callable[..., Any]) -> None:
    blocks = (
        Details("Fold", (Details("In it", (Prose("inside"),)),)),
        Details("Other", (numbered(20),)),
    )
    seen = visit(page(*blocks), scheme="dark")
    inside = seen.page.get_by_text("inside")
    assert not inside.is_visible()
    seen.page.emulate_media(media="print")
    assert inside.is_visible()
    assert seen.page.locator(HANDLES).locator("visible=true").count() == 0
    assert (
        seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    seen.page.emulate_media(media="screen")
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.page.locator("details[open]").count() == 3
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert seen.page.locator("details[open]").count() == 0


def test_without_scripts_nothing_is_missing_but_the_handles(visit: Callable[..., Any]) -> None:
    seen = visit(page(numbered(LONG_TABLE + 50), Details("Fold", (Code("code"),))), scripts=False)
    assert seen.page.locator("tbody tr:visible").count() == LONG_TABLE + 50
    assert seen.page.locator("button, input, select").count() == 0
    seen.page.get_by_text("Fold").click()
    assert seen.page.get_by_text("code").is_visible()


def test_the_contents_lead_to_their_parts_also_folded_ones(visit: Callable[..., Any]) -> None:
    parts = [Section(f"Part {i}", (numbered(15),)) for i in range(4)]
    seen = visit(page(*parts, Details("Method", (Prose("how"),))))
    seen.page.get_by_role("link", name="Method").click()
    seen.page.get_by_text("how").wait_for()
    assert seen.page.evaluate("scrollY") > 0


def test_only_what_scrolls_is_a_stop_on_the_way_of_the_keyboard(visit: Callable[..., Any]) -> None:
    stops = "document.querySelectorAll('.scroll[tabindex], pre[tabindex]').length"
    seen = visit(page(numbered(5), Code("short"), Code("long\n" * 200)))
    seen.page.wait_for_function(f"() => {stops} === 1", timeout=5_000)
    seen.page.set_viewport_size({"width": 200, "height": 900})
    seen.page.wait_for_function(f"() => {stops} === 2", timeout=5_000)


def test_a_script_that_is_not_the_pages_own_does_not_run(visit: Callable[..., Any]) -> None:
    text = page(Prose("here")).replace(
        "<p>here</p>",
        "<script>window.hacked = 1</script><p id='p' onclick='window.hacked = 2'>here</p>"
        "<style>body { color: red }</style><p style='color: red'>there</p>"
        "<img src='https://evil.test/x.png'>",
    )
    seen = visit(text)
    seen.page.get_by_text("here", exact=True).click()
    assert seen.page.evaluate("window.hacked") is None
    assert {violation.split()[0] for violation in seen.violations()} == {
        "script-src-elem",
        "script-src-attr",
        "style-src-elem",
        "style-src-attr",
        "img-src",
    }
