"""The fields of a case: which hold what goes in, and which what should come out."""

from __future__ import annotations

import json
import re
from typing import Any

INPUTS = ("inputs", "input", "vars", "variables")
"""Where files of cases keep what goes in; in others every field that is none of these is it."""

EXPECTED = (
    "expected",
    "expected_output",
    "expected_answer",
    "expected_label",
    "answer",
    "label",
    "target",
    "ideal",
    "reference",
)
"""Names under which a case keeps what should come out, the first found counts."""

MAY_BE_EXPECTED = re.compile(
    r"expected|expect|target|answer|label|reference|ideal|gold|solution|ground_?truth|assert",
    re.IGNORECASE,
)
"""What the name of a field holds that gives away what should come out: wider, to be careful."""

NO_INPUT = frozenset(
    {*EXPECTED, "id", "case_id", "task_id", "name", "description", "scenario", "family"}
    | {"tags", "metadata", "assert", "assertions", "options", "threshold", "expected_outputs"}
)
"""Fields that are no variables of a prompt."""


def parsed(text: str) -> Any:
    """Return what a text of JSON says, or the text where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
