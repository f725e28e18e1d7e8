from __future__ import annotations

import subprocess
import sys

import pytest

from optimizer.models.errors import ConfigError
from optimizer.models.rules import Unit
from reports.document import Document, Section
from reports.drawings import History, Point, Series
from reports.render.files import RENDERERS, render

DOCUMENT = Document("Title", None, (), requirements=())
CHART = History("t", "d", Unit.RATE, "a", "b", (Series("one", (Point(0, 0.5, "x"),)),))
DRAWN = Document("Title", None, (Section("s", (CHART,)),), requirements=())


def test_the_suffix_chooses_the_format() -> None:
    assert render(DOCUMENT, ".md") == "# Title\n"
    assert render(DOCUMENT, ".txt") == "Title\n"
    assert render(DOCUMENT, ".HTML").startswith("<!DOCTYPE html>")


def test_an_unknown_suffix_names_those_that_are_known() -> None:
    with pytest.raises(ConfigError, match=r"suffix '\.pdf', must be \.html, \.md, \.txt"):
        render(DOCUMENT, ".pdf")


def test_only_the_format_in_use_is_paid_for() -> None:
    code = (
        "import sys, reports.render.files, reports.gallery.run, reports.gallery.workflow\n"
        "print(sorted({'rich', 'jinja2', 'pydantic', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_renderer_takes_a_document() -> None:
    assert all(renderer(DRAWN) for renderer in RENDERERS.values())


def test_pictures_hold_the_charts_of_a_report() -> None:
    assert str(render(DRAWN, ".svg")).startswith("<svg ")
    assert bytes(render(DRAWN, ".png")[:4]) == b"\x89PNG"  # type: ignore[arg-type]


def test_a_report_without_charts_has_no_picture() -> None:
    with pytest.raises(ConfigError, match="this one has none"):
        render(DOCUMENT, ".svg")
