from __future__ import annotations

import subprocess
import sys

import pytest

from optimizer.models.errors import ConfigError
from reports.document import Document
from reports.render.files import RENDERERS, render

DOCUMENT = Document("Title", None, (), requirements=())


def test_the_suffix_chooses_the_format() -> None:
    assert render(DOCUMENT, ".md") == "# Title\n"
    assert render(DOCUMENT, ".txt") == "Title\n"
    assert render(DOCUMENT, ".HTML").startswith("<!DOCTYPE html>")


def test_an_unknown_suffix_names_those_that_are_known() -> None:
    with pytest.raises(ConfigError, match=r"suffix '\.pdf', must be \.html, \.md, \.txt or"):
        render(DOCUMENT, ".pdf")


def test_only_the_format_in_use_is_paid_for() -> None:
    code = (
        "import sys, reports.render.files, reports.gallery.run, reports.gallery.workflow\n"
        "print(sorted({'rich', 'jinja2', 'pydantic', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_renderer_takes_a_document() -> None:
    assert all(renderer(DOCUMENT) for renderer in RENDERERS.values())
