"""The pages on what is read: formats of files, and classes of failures."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from executor_bridge.detect import BRIDGES
from optimizer.models import failures
from pages.markdown import capital, fenced, items, table


def formats() -> Iterator[str]:
    """Yield the page on the formats."""
    yield "# Formats"
    yield (
        "A file is read by the first format that recognizes its content; `--from NAME` names the "
        "format instead. What the fields mean is told in [Result formats](../result-formats.md)."
    )
    for bridge in BRIDGES:
        yield f"## {bridge.name}"
        yield f"{capital(bridge.notes.summary)}. Recognized by: {bridge.wants}."
        yield f"Versions: {bridge.notes.versions}."
        yield items("Carried over:", bridge.notes.carried_over)
        yield items("Not carried over:", bridge.notes.lost)
        yield "Example:"
        is_json = bridge.notes.example.startswith(("{", "["))
        yield fenced("json" if is_json else "text", bridge.notes.example)


def failure_classes() -> Iterator[str]:
    """Yield the page on the classes of failures."""
    yield "# Classes of failures"
    yield inspect.cleandoc(failures.__doc__ or "")
    yield (
        "The patterns are regular expressions, searched without regard to case, in this order; "
        "those of the setting `ingest.failure_patterns` come before them."
    )
    yield "## By status"
    by_status = [(f"`{status}`", str(kind)) for status, kind in failures.BY_STATUS.items()]
    yield table(("Status", "Class without a match"), by_status)
    for pattern in failures.PATTERNS:
        yield f"## {pattern.reason}"
        yield f"Class: {pattern.kind}."
        yield fenced("text", "\n".join(_alternatives(pattern.pattern)))


def _alternatives(pattern: str) -> list[str]:
    """Return the parts of a regular expression between its outermost bars."""
    found, depth = [""], 0
    for character in pattern:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found
