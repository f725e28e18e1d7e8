"""What GitHub Actions shows at a job and its files, said on stderr: stdout is the payload."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cli.ci.listeners import Spoken
from cli.output import note

if TYPE_CHECKING:
    from reports.document import Document

VARIABLE = "GITHUB_ACTIONS"


def annotate(document: Document, *, title: str) -> None:
    """Say what there is to act on in a report, where GitHub Actions listens."""
    if os.environ.get(VARIABLE) != "true":
        return
    from reports.render.github import document_annotations

    for command in document_annotations(document, title=title).splitlines():
        note(command, Spoken.COMMANDS)
