"""Warning: a code fence that never ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.templates import SpanKind

_OPENING = re.compile(r"[ \t]*(`{3,}|~{3,})[^\n]*")


def _unclosed(subject: Subject) -> Iterator[Found]:
    for span in subject.reading.spans:
        opening = _OPENING.match(span.text) if span.kind is SpanKind.FENCE else None
        if opening is None:
            continue
        body = span.text[opening.end() :]
        if body.rpartition("\n")[2].strip() != opening[1] or "\n" not in body:
            yield Found(
                message=f"The fence {quoted(opening.group())} is never closed.",
                suggestion="Close it, or all that follows reads as code.",
                start=span.start,
                end=span.start + opening.end(),
            )


RULE = LintRule(
    page=LintRulePage(
        rule_id="P007",
        name="unclosed-fence",
        severity=IssueSeverity.WARNING,
        what="A code fence without its end.",
        why="All that follows reads as a part of the code, instructions too.",
        bad="Explain this code in one line:\n\n```python\nprint(1)\n",
        good="Explain this code in one line:\n\n```python\nprint(1)\n```\n",
        fix=FixSafety.NONE,
        evidence="Markdown defines it so; its effect on models is not measured.",
    ),
    check=_unclosed,
)
