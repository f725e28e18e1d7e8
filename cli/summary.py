"""The page that a step of GitHub Actions shows of itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cli.output import note

if TYPE_CHECKING:
    from reports.document import Document

VARIABLE = "GITHUB_STEP_SUMMARY"


def append_summary(document: Document) -> None:
    """Append a document to the summary of the step, where there is one.

    A summary that cannot be written is noted on stderr and changes nothing else.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        return
    from reports.render.github import step_summary

    try:
        with open(path, "a", encoding="utf-8") as summary:
            summary.write(step_summary(document) + "\n")
    except OSError as error:
        note(f"{path}: the step summary cannot be written: {error.strerror}")
