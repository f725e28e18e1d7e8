"""The list of strategies, in the order of asking."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.strategy_pages import StrategyPage
from reports.document import Cell, Document, Table, Verdict, left, right
from reports.formatting import count, plural
from reports.tones import Tone

HINTS = ("Run 'optimizer strategies NAME' to see what one proposes, and its settings.",)


def strategy_list(pages: Sequence[StrategyPage]) -> Document:
    """Lay out strategies in the order given."""
    if not pages:
        return Document("Strategies", Verdict(Tone.NEUTRAL, "There are no strategies."), ())
    n_off = sum(not page.enabled for page in pages)
    off = f"{count(n_off)} of them switched off" if n_off else "all of them asked"
    text = f"{plural(len(pages), 'strategy', 'strategies')}, {off}."
    return Document("Strategies", Verdict(Tone.NEUTRAL, text), (_table(pages),), HINTS)


def _table(pages: Sequence[StrategyPage]) -> Table:
    return Table(
        columns=(left("strategy"), right("priority"), left("asked"), left("asks")),
        rows=tuple(
            (
                page.name,
                count(page.priority),
                Cell("yes") if page.enabled else Cell("no", Tone.WARN),
                page.asks,
            )
            for page in pages
        ),
    )
