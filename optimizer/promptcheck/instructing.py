"""Lists of a prompt whose items instruct (R13)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.promptcheck import words
from optimizer.promptcheck.layout import Layout, Line

ITEM = re.compile(r"[ \t]*+(?:(?:[-*+•]|\d+[.)])[ \t]+|\d+[\u3001\uff0e])(?P<text>.*)")

_INSTRUCTS = re.compile(
    rf"""\W*+(?:(?:please|always|never|only|if|when|do|don['\u2019]t|avoid|you|ensure
                 |{"|".join((*words.ACTION_VERBS, *words.OTHER_INSTRUCTION_VERBS))})\b
             |.*\b(?:must|should|never|always)\b)""",
    re.IGNORECASE | re.VERBOSE,
)


def instruction_lists(layout: Layout) -> Iterator[list[Line]]:
    """Yield the items of each list that instruct; a line at the margin ends a list.

    Which do, is known of English only: in another language all of them count.
    """
    is_english = layout.reading.language.is_english
    items: list[Line] = []
    for line in layout.lines:
        item = None if line.verbatim else ITEM.match(line.free)
        if item and (not is_english or _INSTRUCTS.match(item["text"])):
            items.append(line)
        elif not item and items and line.free[:1].strip():
            yield items
            items = []
    if items:
        yield items


def is_item(line: Line) -> bool:
    """Tell whether a line is an item of a list."""
    return bool(ITEM.match(line.free))
