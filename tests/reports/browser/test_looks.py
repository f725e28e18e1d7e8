from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from reports.render.html import html

SHOWN = ("comparison", "decision", "run-empty", "workflow")
PIXELS = """
async (picture) => {
  const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const light = [];
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) {
    light.push(0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2]);
    colours.add((data[i] >> 4 << 8) + (data[i + 1] >> 4 << 4) + (data[i + 2] >> 4));
  }
  light.sort((a, b) => a - b);
  return {
    median: light[light.length >> 1],
    ink: light.filter((one) => Math.abs(one - light[light.length >> 1]) > 60).length / light.length,
    colours: colours.size,
  };
}
"""
CUT_OFF = """
() => [...document.querySelectorAll("body *")].filter((element) => {
  if (element.closest(".unseen, .skip, svg, select") || !element.checkVisibility()) return false;
  const box = element.getBoundingClientRect();
  const clips = getComputedStyle(element).overflowX === "hidden";
  const scrolls = element.closest(".scroll, .drawing, pre");
  return (clips && element.scrollWidth > element.clientWidth)
    || (!scrolls && box.width > 0 && (box.left < 0 || box.right > innerWidth + 0.5));
}).map((element) => element.outerHTML.slice(0, 120))
"""
OVERLAPS = """
() => {
  const found = [];
  const boxes = [...document.querySelectorAll("h1, h2, h3, p, dl, table, pre, figure, summary")]
    .filter((element) => element.checkVisibility() && !element.matches(".unseen, .unseen *"))
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.height);
  for (const [one, a] of boxes) {
    for (const [other, b] of boxes) {
      if (one === other || one.contains(other) || other.contains(one)) continue;
      if (one.closest(".scroll, .drawing") || other.closest(".scroll, .drawing")) continue;
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1) found.push(`${one.outerHTML} over ${other.outerHTML}`);
    }
  }
  return found;
}
"""


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("report", SHOWN)
def test_a_light_page_is_light_and_a_dark_one_dark_with_something_on_it(
    report: str, width: int, lay_out: type, visit: Callable[..., Any]
) -> None:
    found = {}
    for scheme in ("light", "dark"):
        picture = visit(html(lay_out(report)), width=width, scheme=scheme).page.screenshot()
        reader = visit("<!DOCTYPE html><title>reader</title>").page
        found[scheme] = reader.evaluate(PIXELS, b64encode(picture).decode())
    assert found["light"]["median"] > 240
    assert found["dark"]["median"] < 40
    assert all(0.003 < pixels["ink"] < 0.25 for pixels in found.values())
    assert all(pixels["colours"] > 8 for pixels in found.values())


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("report", SHOWN)
def test_no_text_is_cut_off_or_lies_over_another(
    report: str, width: int, lay_out: type, visit: Callable[..., Any]
) -> None:
    seen = visit(html(lay_out(report)), width=width)
    seen.page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize(
    ("report", "said", "shape"),
    [
        ("comparison", "Good:", "circle"),
        ("gate", "Bad:", "path:nth-child(1)"),
        ("gate-unsure", "Needs a look:", "path:nth-child(1)"),
        ("run-empty", "For information:", "rect"),
    ],
)
def test_the_verdict_is_first_and_has_a_shape_of_its_own(
    report: str, said: str, shape: str, lay_out: type, visit: Callable[..., Any]
) -> None:
    document = lay_out(report)
    seen = visit(html(document))
    sign = seen.page.get_by_role("img", name=said)
    assert sign.locator(shape).count() == 1
    heading = seen.page.get_by_role("heading").first
    assert heading.text_content().replace("\u00a0", " ") == document.verdict.text
    top, size = heading.bounding_box()["y"], heading.evaluate("h => getComputedStyle(h).fontSize")
    assert top < 100
    assert float(size.removesuffix("px")) > 18


def test_the_system_colours_of_high_contrast_are_kept(
    lay_out: type, visit: Callable[..., Any]
) -> None:
    seen = visit(html(lay_out("gate")))
    seen.page.emulate_media(forced_colors="active")
    fill, ground = (
        seen.page.locator(selector).evaluate(f"e => getComputedStyle(e).{name}")
        for selector, name in ((".sign", "fill"), ("body", "backgroundColor"))
    )
    seen.page.emulate_media(forced_colors="none")
    assert fill != ground


def test_it_prints_on_paper_with_all_it_says(lay_out: type, visit: Callable[..., Any]) -> None:
    paper = visit(html(lay_out("workflow"))).page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert 2 <= paper.count(b"/Type /Page\n") <= 6
