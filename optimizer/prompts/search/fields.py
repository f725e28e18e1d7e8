"""Fields of a text for Python's `str.format`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from optimizer.promptcheck.spans import FORMAT_FIELD
from optimizer.promptcheck.templates import templates

FIELD = re.compile(FORMAT_FIELD, re.VERBOSE)
FIELD_NAME = re.compile(r"(?:[^\W\d]\w*|\d*)(?:\.\w+|\[[^\[\]]*\])*")
POSITIONAL = re.compile(r"\{\d*\}")
"""Fields without a name; where a prompt has no others they are text."""


def fields(text: str) -> Iterator[re.Match[str]]:
    """Yield the fields of a text that stand in no other template construct."""
    return FIELD.finditer(templates(text).masked)


def is_for_format(text: str) -> bool:
    """Tell whether every brace of a text is of a field or doubled, and one is of a field."""
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        return False
    return bool(names) and all(FIELD_NAME.fullmatch(name) for name in names)
