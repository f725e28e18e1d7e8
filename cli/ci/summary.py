"""What a step of GitHub Actions leaves behind: the page it shows, and its outputs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from cli.output import note

if TYPE_CHECKING:
    from optimizer.pipeline.judged import JudgedByBaseline, JudgedByRules
    from reports.document import Document

SUMMARY = "GITHUB_STEP_SUMMARY"
OUTPUTS = "GITHUB_OUTPUT"


def append_summary(document: Document) -> None:
    """Append a document to the summary of the step, where there is one.

    A summary that cannot be written is noted on stderr and changes nothing else.
    """

    def text() -> str:
        from reports.render.github import step_summary

        return step_summary(document) + "\n"

    _append(SUMMARY, text, "the step summary")


def append_outputs(gated: JudgedByRules | JudgedByBaseline) -> None:
    """Append what a gate says to the outputs of the step, where there are any.

    `verdict` is its status; `delta` the effect on the first metric, empty where there is none.
    """
    from optimizer.pipeline.judged import JudgedByBaseline

    def text() -> str:
        against = gated.against if isinstance(gated, JudgedByBaseline) else None
        estimate = against.checks[0].verdict.estimate if against is not None else None
        delta = "" if estimate is None else f"{estimate:.6g}"
        return f"verdict={gated.status}\ndelta={delta}\n"

    _append(OUTPUTS, text, "the outputs of the step")


def _append(variable: str, text: Callable[[], str], what: str) -> None:
    """Append to the file that a variable names, if it does."""
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text())
    except OSError as error:
        note(f"{path}: {what} cannot be written: {error.strerror}")
