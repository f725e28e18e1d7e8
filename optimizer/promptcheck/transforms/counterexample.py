"""R11: an answer to avoid."""

from __future__ import annotations

from typing import ClassVar

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import step
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)
from optimizer.promptcheck.transforms.contract import inserted, waiting_start
from optimizer.promptcheck.transforms.examples import DATA, data_offset
from optimizer.promptcheck.transforms.quoting import CannotQuote, tagged
from optimizer.promptcheck.transforms.tongues import UNKNOWN_TONGUE, tongue_of


class Counterexample:
    """Show an answer to avoid."""

    page: ClassVar[TransformPage] = TransformPage(
        transform_id="R11",
        name="counterexample",
        kind=TransformKind.S2,
        default=AppliedBy.NOBODY,
        what="Shows a bad answer from a failing train case as one to avoid.",
        evidence="A common thing to do; no measured effect was found.",
        before="Say the mood of the review.\n\n{{review}}\n",
        after=(
            "Say the mood of the review.\n\nNot like this:\n<wrong_example>\n"
            "<input>Great!</input>\n"
            "<output>The mood is good.</output>\n</wrong_example>\n\n{{review}}\n"
        ),
    )
    permit: ClassVar[Permit] = Permit(adds=DATA)

    def __init__(self, settings: TransformSettings) -> None:
        self.settings = settings

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Plan an example to avoid."""
        if lessons.wrong is None or not layout.paragraphs:
            return Plan()
        tongue = tongue_of(layout)
        if tongue is None:
            return Plan(refused=UNKNOWN_TONGUE)
        try:
            shown = tagged(lessons.wrong, layout.reading, "wrong_example")
        except CannotQuote as problem:
            return Plan(refused=str(problem))
        if shown in layout.reading.text:
            return Plan()
        waiting = waiting_start(layout)
        offset = data_offset(layout) if waiting is None else waiting
        text = inserted(layout, offset, f"{tongue.not_so}\n{shown}")
        return Plan(steps=(step(offset, offset, text, "shows an answer to avoid"),))
