"""The SVG that Vega writes, made fit for a page and for a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports.charts.base import FONT, WIDTH

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

WIDEST = WIDTH + 16.0
"""Charts of a page are as wide, so that their texts are of one size."""

SPACING = 24.0
"""Pixels between two charts of a file."""

NAMESPACE = "http://www.w3.org/2000/svg"

_QUALIFIED = re.compile(r"^\{[^}]*\}")
_LONG_NUMBER = re.compile(r"(\d\.\d\d)\d+")
_DROPPED = ("role", "aria-roledescription", "aria-hidden", "aria-label", "pointer-events", "class")
_OF_FILES = ("version", "width")
_DEFAULTS = (("opacity", "1"), ("stroke-width", "1"), ("display", "inline"))
_MEASURES = ("d", "transform", "x2", "y2")


def page_element(drawn: str) -> str | None:
    """Return an SVG as an element of a page, None where it has no marks.

    It is hidden from those whom the page tells in words what it shows.
    """
    root = _tidied(drawn)
    if next(root.iter("title"), None) is None:
        return None
    for name in _OF_FILES:
        root.attrib.pop(name, None)
    height = root.attrib.pop("height", "0")
    width = max(WIDEST, float(root.get("viewBox", "0 0 0 0").split()[2]))
    root.set("viewBox", f"0 0 {width:g} {height}")
    root.set("aria-hidden", "true")
    return _written(root).replace(f' font-family="{FONT}"', "")


def file_text(drawn: Sequence[str], title: str, background: str) -> str:
    """Return SVGs as one file that says what it shows, one below the other."""
    from xml.etree.ElementTree import Element, SubElement

    roots = [_tidied(text) for text in drawn]
    sizes = [tuple(map(float, root.attrib["viewBox"].split()[2:])) for root in roots]
    width = max(WIDEST, *(size[0] for size in sizes))
    height = sum(size[1] for size in sizes) + SPACING * (len(sizes) - 1)
    shape = {"width": f"{width:g}", "height": f"{height:g}", "viewBox": f"0 0 {width:g} {height:g}"}
    whole = Element("svg", {"xmlns": NAMESPACE, "role": "img", **shape, "font-family": FONT})
    _tell(whole, title)
    SubElement(whole, "rect", {"width": "100%", "height": "100%", "fill": background})
    top = 0.0
    for root, (_, size) in zip(roots, sizes, strict=True):
        place = SubElement(whole, "g", {"transform": f"translate(0,{top:g})"})
        place.extend(root)
        top += size + SPACING
    return _written(whole)


def _tidied(drawn: str) -> Element:
    """Return what is seen of an SVG, with the text of each mark as its title."""
    from xml.etree.ElementTree import fromstring

    root = fromstring(drawn)
    _tidy(root)
    return root


def _tidy(element: Element) -> None:
    element.tag = _QUALIFIED.sub("", element.tag)
    is_mark = element.get("role") == "graphics-symbol" and element.tag != "g"
    told = element.get("aria-label") if is_mark else None
    for name in _DROPPED:
        element.attrib.pop(name, None)
    for name, value in _DEFAULTS:
        if element.get(name) == value:
            del element.attrib[name]
    for name in _MEASURES:
        if name in element.attrib:
            element.set(name, _LONG_NUMBER.sub(r"\1", element.attrib[name]))
    for inner in list(element):
        _tidy(inner)
        if not _is_seen(inner):
            element.remove(inner)
    if told:
        _tell(element, told)


def _is_seen(element: Element) -> bool:
    if element.get("display") == "none" or (element.tag == "path" and not element.get("d")):
        return False
    if element.tag == "path" and not {"fill", "stroke"} & set(element.attrib):
        return False
    return bool(len(element) or element.text) if element.tag == "g" else True


def _tell(element: Element, text: str) -> None:
    from xml.etree.ElementTree import Element

    title = Element("title")
    title.text = text
    element.insert(0, title)


def _written(root: Element) -> str:
    from xml.etree.ElementTree import tostring

    return tostring(root, encoding="unicode")
