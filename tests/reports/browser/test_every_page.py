from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from reports.render.html import html

AXE = Axe()
WIDTHS = (320, 768, 1280)
LOOKS = tuple(itertools.product((320, 1280), ("light", "dark")))
THOROUGHLY = ("comparison", "optimization", "workflow", "run-empty")
QUICKLY = {"rules": {"color-contrast": {"enabled": False}}}
UNFOLD = "for (const fold of document.querySelectorAll('details')) fold.open = true"
PRESS = "for (const button of document.querySelectorAll('button')) button.click()"
STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
HOSTILE = (
    "\x1b[2J\u202e\u2066\u200f\x00 </title></style></script></textarea></svg>--></template>"
    "<script>alert(1)</script><img src=//evil.test/x onerror=alert(2)><svg onload=alert(3)>"
    "<style>*{display:none;background:url(//evil.test/y);width:expression(alert(4))}</style>"
    "<link rel=stylesheet href=//evil.test/z><base href=//evil.test/><iframe srcdoc='<script>"
    "alert(5)</script>'></iframe><meta http-equiv=refresh content='0;//evil.test/r'>"
    "<form action=//evil.test><input autofocus onfocus=alert(6)></form>"
    '\' onclick=alert(7) " onmouseover=alert(8) style="background:url(//evil.test/s)" '
    "javascript:alert(9) {{ 7 * 7 }} ${alert(10)} \n\n# heading\n| a | b |\n"
)
ACTIVE = "script:not([type]), style, link, iframe, object, form, img, base"
KEPT = frozenset({"rule", "metric"})


def rotated(choices: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    first = sum(name.encode()) % len(choices)
    return choices[first:] + choices[:first]


def complaints(page: Any, **options: Any) -> list[str]:
    found = AXE.run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def test_never_scrolls_sideways_and_asks_for_nothing(
    name: str, lay_out: type, visit: Callable[..., Any]
) -> None:
    seen = visit(html(lay_out(name)), width=rotated(WIDTHS, name)[0])
    seen.page.evaluate(UNFOLD)
    assert seen.sideways() <= 0
    assert (seen.violations(), seen.errors, seen.requests) == ([], [], [])


def test_everybody_can_use_it_at_every_width(
    example: str, lay_out: type, visit: Callable[..., Any]
) -> None:
    seen = visit(html(lay_out(example)), scheme=rotated(("light", "dark"), example)[0])
    seen.page.evaluate(UNFOLD)
    for width in rotated(WIDTHS, example):
        seen.page.set_viewport_size({"width": width, "height": 900})
        assert seen.sideways() <= 0
    assert complaints(seen.page, **QUICKLY) == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("report", THOROUGHLY)
def test_everybody_can_read_it_narrow_and_wide_in_light_and_in_dark(
    report: str, width: int, scheme: str, lay_out: type, visit: Callable[..., Any]
) -> None:
    seen = visit(html(lay_out(report)), width=width, scheme=scheme)
    seen.page.evaluate(UNFOLD)
    assert complaints(seen.page) == []


def test_hostile_text_does_nothing_to_its_reader(
    example: str, lay_out: type, visit: Callable[..., Any]
) -> None:
    document = lay_out(example, HOSTILE, KEPT)
    seen = visit(html(document), width=320)
    seen.page.evaluate(UNFOLD)
    seen.page.evaluate(PRESS)
    assert (seen.dialogs, seen.requests, seen.violations()) == ([], [], [])
    assert seen.errors == []
    assert seen.sideways() <= 0
    assert not STEERING.search(seen.page.content())
    assert seen.page.locator(ACTIVE).count() == 2
