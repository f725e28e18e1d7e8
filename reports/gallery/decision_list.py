"""The list of decisions of many workflows, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from optimizer.models.decisions import Decision, failures, proposals
from optimizer.models.reviews import Fate
from reports.document import Cell, Document, Table, Verdict, left, right
from reports.formatting import UNKNOWN, count, margin, plural, rate
from reports.parts.rules import fired, outcome_cell, worst
from reports.parts.wording import STORE_RUNS, TYPES
from reports.tones import Tone

ID_CHARS = 8

Row = tuple[Cell | str, ...]


def decision_list(decisions: Iterable[Decision]) -> Document:
    """Lay out decisions in the order given; they are gone through once."""
    rows: list[Row] = []
    n_proposing = n_fired = 0
    for d in decisions:
        rows.append(_row(d))
        n_proposing += bool(proposals(d))
        n_fired += bool(d.explanation and fired(d.explanation.checks))
    if not rows:
        verdict = Verdict(Tone.NEUTRAL, "No workflow is stored, so there is nothing to decide.")
        return Document(
            "Decisions",
            verdict,
            (),
            (STORE_RUNS,),
        )
    workflows = plural(len(rows), "workflow")
    text = f"{workflows}: rules fired for {count(n_fired)}, proposals for {count(n_proposing)}."
    return Document(
        title="Decisions",
        verdict=Verdict(Tone.WARN if n_proposing or n_fired else Tone.GOOD, text),
        blocks=(_table(rows),),
        hints=("Run 'optimizer explain latest' to see the newest with its evidence.",),
    )


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        columns=(
            left("workflow"),
            left("verdict"),
            right("passed"),
            right("of"),
            left("worst rule"),
            right("margin"),
            left("proposes"),
            left("decision"),
        ),
        rows=tuple(rows),
    )


def _row(d: Decision) -> Row:
    check = worst(d.explanation.checks) if d.explanation else None
    return (
        d.workflow_id,
        _rules_in_words(d),
        rate(d.current.success_rate if d.current else None),
        count(d.current.n_completed if d.current else None),
        check.rule if check else UNKNOWN,
        margin(check.unit, check.margin) if check else UNKNOWN,
        _proposals_in_words(d),
        d.decision_id[:ID_CHARS],
    )


def _rules_in_words(d: Decision) -> Cell:
    if d.current is None or d.explanation is None:
        return Cell("nothing has run")
    check = worst(d.explanation.checks)
    return outcome_cell(check) if check else Cell("not evaluated")


def _proposals_in_words(d: Decision) -> Cell:
    fates = {one.place: one.fate for one in d.reviews}
    found = proposals(d)
    taken = [one for n, one in enumerate(found) if fates.get(n, Fate.ACCEPTED) is Fate.ACCEPTED]
    words = [TYPES[one.type] for one in taken]
    if len(found) > len(taken):
        words.append(f"{len(found) - len(taken)} not taken")
    n_failed = len(failures(d))
    if n_failed:
        words.append(f"{plural(n_failed, 'strategy', 'strategies')} failed")
    return Cell("\n".join(words) or "nothing", Tone.BAD if n_failed else Tone.NEUTRAL)
