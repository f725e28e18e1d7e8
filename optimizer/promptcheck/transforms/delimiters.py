"""R05: tags around a variable that stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.templates import Span, SpanKind
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Evidence,
    Permit,
    Plan,
    Step,
    TransformKind,
    TransformPage,
    step,
)
from optimizer.promptcheck.transforms.layout import VARIABLES, Layout, tag_of
from optimizer.promptcheck.variables import Variable

_SECTION_MARKS = ("{{#", "{{/", "{{^", "{{>", "{{!")
_INSTRUCTIVE = re.compile(
    r"instruction|rule|guideline|format|schema|example|block|prompt|system|histor|policy|template",
    re.IGNORECASE,
)
_TAG_NAME = re.compile(r"[^\W\d][\w\-]*")


class Delimiters:
    """Put tags around a variable that stands alone on its line."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R05",
        name="delimiters",
        kind=TransformKind.S1,
        default=AppliedBy.STRUCTURE,
        what=(
            "Puts tags named after it around a variable that is alone on its line and inside no "
            "tag yet. A variable whose name says that it holds instructions or examples is left."
        ),
        evidence=(
            "The separator between examples moves MMLU by 23 % either way, at most by 29.4 %; "
            "naming the delimiter helps (arXiv 2510.05152). Advised by the makers of models; it "
            "also limits injection."
        ),
        before="Summarize the text.\n\n{{text}}\n",
        after="Summarize the text.\n\n<text>{{text}}</text>\n",
    )
    permit: ClassVar[Permit] = Permit(adds=frozenset({SpanKind.TAG}))

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, evidence: Evidence) -> Plan:
        """Plan to put tags around variables."""
        steps: list[Step] = []
        names: dict[str, str] = {}
        for span, variable in standing_alone(layout):
            name = _tag_name(variable)
            if name is None or f"<{name}" in layout.reading.text or _INSTRUCTIVE.search(name):
                continue
            if names.setdefault(name, variable.name) != variable.name:
                return Plan(refused=f"two variables would share the tag {quoted(name)}")
            said = f"puts tags around {quoted(span.text)}"
            steps.append(step(span.start, span.start, f"<{name}>", said))
            steps.append(step(span.end, span.end, f"</{name}>", said))
        return Plan(steps=tuple(steps))


def standing_alone(layout: Layout) -> Iterator[tuple[Span, Variable]]:
    """Yield the variables that are all there is on their line and that no tag is around."""
    uses = {use.start: use for use in layout.reading.variables}
    depth = 0
    for span in layout.protected():
        depth = max(0, depth + tag_of(span)[1])
        use = uses.get(span.start)
        if depth == 0 and use and _is_plain(span) and _is_alone(layout, span):
            yield span, use


def _is_alone(layout: Layout, span: Span) -> bool:
    return layout.line_at(span.start).text.strip() == span.text


def _is_plain(span: Span) -> bool:
    """Tell whether a span is a variable and no section, partial or call."""
    is_section = span.kind is SpanKind.EXPRESSION and span.text.startswith(_SECTION_MARKS)
    return span.kind in VARIABLES and not is_section and not set(span.text) & {"(", "\n"}


def _tag_name(variable: Variable) -> str | None:
    name = variable.name.rpartition(".")[2].partition("[")[0]
    return name if _TAG_NAME.fullmatch(name) else None
