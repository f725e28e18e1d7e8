"""The published scores of prompts, with the sums behind them."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.linting import PromptScores
from reports.document import Document, Items, Prose, Section, Table, Verdict, left, right
from reports.formatting import figure, plural
from reports.tones import Tone

CAVEAT = (
    "Surface of the text, no evidence that it works better: a heap of words that means nothing "
    "reaches 92. Only tests tell one prompt from another."
)


def lint_scores(found: Sequence[PromptScores]) -> Document:
    """Lay out the scores of prompts."""
    if not found:
        return Document("Scores", Verdict(Tone.WARN, "There is no prompt to score."), ())
    table = Table(
        columns=(left("prompt"), right("overall"), right("clarity"), right("efficiency")),
        rows=tuple(
            (one.prompt_id, figure(one.overall), figure(one.clarity), figure(one.efficiency))
            for one in found
        ),
    )
    sums = tuple(Section(one.prompt_id, (Items(one.explanation),)) for one in found)
    text = f"Scores of {plural(len(found), 'prompt')}: surface of the text only."
    return Document("Scores", Verdict(Tone.NEUTRAL, text), (Prose(CAVEAT), table, *sums))
