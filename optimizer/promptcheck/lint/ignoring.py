"""Comments in a file that keep findings from being reported.

`{# lint: ignore P020 #}`, `<!-- lint: ignore P020 -->` and `# lint: ignore P020` hold for their
own line and the next; before a prompt that a file holds among others, they hold for all of it.
`lint: ignore-file` holds for the file. Without ids, every rule is meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import field

from optimizer.models.dataclass import dataclass

LINES_TO_PROMPT = 2  # from a comment to the text it holds for: its key may stand in between

_COMMENT = re.compile(
    r"(?:\{\#-?|<!--|\#|//)[ \t]*lint:[ \t]*ignore(?P<file>-file)?"
    r"(?P<rules>(?:[ \t,]+P\d+)*)[ \t]*(?:-?\#\}|-->|$)",
    re.MULTILINE,
)
_RULE = re.compile(r"P\d+")

EVERY = ("P",)
"""What a comment without ids names: the beginning of all ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Rules that the comments of a file ignore, as ids or their beginnings.

    Attributes:
        everywhere: In the whole file.
        by_line: Those of the comment in a line.
    """

    everywhere: tuple[str, ...] = ()
    by_line: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def covers(self, rule_id: str, line: int, *, prompt_line: int | None = None) -> bool:
        """Tell whether a finding is ignored.

        Args:
            rule_id: Its rule.
            line: Where it stands in the file.
            prompt_line: Where its prompt begins, in a file that may hold several.
        """
        before = () if prompt_line is None else range(prompt_line - LINES_TO_PROMPT, prompt_line)
        named: Collection[str] = [
            *self.everywhere,
            *(name for at in {line - 1, line, *before} for name in self.by_line.get(at, ())),
        ]
        return any(rule_id.startswith(name) for name in named)


def ignored(text: str) -> Ignored:
    """Return what the comments of a file's text ignore."""
    if "lint:" not in text:
        return Ignored()
    everywhere: list[str] = []
    by_line: dict[int, tuple[str, ...]] = {}
    for comment in _COMMENT.finditer(text):
        rules = tuple(_RULE.findall(comment["rules"])) or EVERY
        if comment["file"]:
            everywhere += rules
        else:
            line = text.count("\n", 0, comment.start()) + 1
            by_line[line] = (*by_line.get(line, ()), *rules)
    return Ignored(everywhere=tuple(everywhere), by_line=by_line)
