"""R05: tags around a variable that stands alone."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.delimiters import bare_variables
from optimizer.promptcheck.edits.steps import Step
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)


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

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan to put tags around variables."""
        steps: list[Step] = []
        names: dict[str, str] = {}
        for bare in bare_variables(layout):
            if names.setdefault(bare.tag, bare.name) != bare.name:
                return Plan(refused=f"two variables would share the tag {quoted(bare.tag)}")
            said = f"puts tags around {quoted(bare.span.text)}"
            steps += [Step(edit=edit, description=said) for edit in bare.edits]
        return Plan(steps=tuple(steps))
