"""Variables that stand alone on their line and that nothing delimits, and their tags (R05)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.dataclass import dataclass
from optimizer.models.linting import Edit
from optimizer.promptcheck.layout import VARIABLES, Layout, tag_of
from optimizer.promptcheck.templates import Span, SpanKind
from optimizer.promptcheck.variables import Variable

_SECTION_MARKS = ("{{#", "{{/", "{{^", "{{>", "{{!")
_INSTRUCTIVE = re.compile(
    r"instruction|rule|guideline|format|schema|example|block|prompt|system|histor|policy|template",
    re.IGNORECASE,
)
_TAG_NAME = re.compile(r"[^\W\d][\w\-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A variable without delimiters.

    Attributes:
        span: Where it stands.
        name: Its name.
        tag: The name that its tags would have.
    """

    span: Span
    name: str
    tag: str

    @property
    def edits(self) -> tuple[Edit, Edit]:
        """What puts its tags around it."""
        start, end = self.span.start, self.span.end
        return (
            Edit(start=start, end=start, text=f"<{self.tag}>"),
            Edit(start=end, end=end, text=f"</{self.tag}>"),
        )


def bare_variables(layout: Layout) -> Iterator[Bare]:
    """Yield the variables that are all there is on their line and that no tag is around.

    One whose name says that it holds instructions or examples is left out, and one whose tag
    the prompt speaks of already.
    """
    uses = {use.start: use for use in layout.reading.variables}
    depth = 0
    for span in layout.protected():
        depth = max(0, depth + tag_of(span)[1])
        use = uses.get(span.start)
        if depth or use is None or not _is_plain(span) or not _is_alone(layout, span):
            continue
        tag = _tag_name(use)
        if tag and f"<{tag}" not in layout.reading.text and not _INSTRUCTIVE.search(tag):
            yield Bare(span=span, name=use.name, tag=tag)


def _is_alone(layout: Layout, span: Span) -> bool:
    return layout.line_at(span.start).text.strip() == span.text


def _is_plain(span: Span) -> bool:
    """Tell whether a span is a variable and no section, partial or call."""
    is_section = span.kind is SpanKind.EXPRESSION and span.text.startswith(_SECTION_MARKS)
    return span.kind in VARIABLES and not is_section and not set(span.text) & {"(", "\n"}


def _tag_name(variable: Variable) -> str | None:
    name = variable.name.rpartition(".")[2].partition("[")[0]
    return name if _TAG_NAME.fullmatch(name) else None
