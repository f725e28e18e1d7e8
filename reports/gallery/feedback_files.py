"""The report of an ingest of feedback: what became of each file and row."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.feedback import FeedbackOutcome
from optimizer.models.ingest import FileStatus
from reports.document import Block, Cell, Document, Items, Section, Table, Verdict, left, right
from reports.formatting import count, plural
from reports.tones import Tone

TONES = {
    FileStatus.STORED: Tone.GOOD,
    FileStatus.UNCHANGED: Tone.NEUTRAL,
    FileStatus.REPLACED: Tone.GOOD,
    FileStatus.REJECTED: Tone.BAD,
}


def feedback_files(outcomes: Sequence[FeedbackOutcome]) -> Document:
    """Lay out what became of each file of feedback, in the order given."""
    warned = [(o.path, text) for o in outcomes for text in o.warnings]
    blocks: list[Block] = [_faults(o) for o in outcomes if o.reason or o.rejects]
    if warned:
        table = Table((left("file"), left("warning")), tuple(warned))
        blocks.append(Section("Warnings", (table,)))
    if outcomes:
        blocks.append(Section("Files", (_files(outcomes),)))
    return Document("Feedback", _verdict(outcomes), tuple(blocks), _hints(outcomes))


def _verdict(outcomes: Sequence[FeedbackOutcome]) -> Verdict:
    if not outcomes:
        return Verdict(Tone.NEUTRAL, "No file was given, nothing was stored.")
    n_stored = sum(outcome.n_stored for outcome in outcomes)
    n_unchanged = sum(outcome.n_unchanged for outcome in outcomes)
    n_rejects = sum(outcome.n_rejects for outcome in outcomes)
    n_bad = sum(outcome.status is FileStatus.REJECTED for outcome in outcomes)
    parts = [f"stored {plural(n_stored, 'piece')} of feedback"]
    if n_unchanged:
        parts.append(f"{count(n_unchanged)} unchanged")
    if n_rejects:
        parts.append(f"{plural(n_rejects, 'row')} rejected")
    if n_bad:
        parts.append(f"{plural(n_bad, 'file')} rejected")
    tone = Tone.BAD if n_bad else Tone.WARN if n_rejects else Tone.GOOD
    return Verdict(tone, "; ".join(parts) + ".")


def _faults(outcome: FeedbackOutcome) -> Section:
    """Lay out why a file, or which of its rows, were refused."""
    if outcome.reason and not outcome.rejects:
        hint = (f"hint: {outcome.hint}",) if outcome.hint else ()
        return Section(f"Rejected: {outcome.path}", (Items((*outcome.reason.splitlines(), *hint)),))
    more = outcome.n_rejects - len(outcome.rejects)
    rest = (f"and {plural(more, 'row')} more; the history lists them all",) if more else ()
    return Section(f"Rejected rows of {outcome.path}", (Items((*outcome.rejects, *rest)),))


def _files(outcomes: Sequence[FeedbackOutcome]) -> Table:
    return Table(
        columns=(
            left("file"),
            left("outcome"),
            right("stored"),
            right("matched"),
            right("not yet"),
            right("ambiguous"),
            right("metrics"),
            right("rejected"),
        ),
        rows=tuple(
            (
                outcome.path,
                Cell(outcome.status.value, TONES[outcome.status]),
                count(outcome.n_stored),
                count(outcome.n_matched),
                count(outcome.n_unmatched),
                count(outcome.n_ambiguous),
                count(outcome.n_metrics),
                count(outcome.n_rejects),
            )
            for outcome in outcomes
        ),
    )


def _hints(outcomes: Sequence[FeedbackOutcome]) -> tuple[str, ...]:
    hints = []
    if any(outcome.n_unmatched for outcome in outcomes):
        hints.append("What is not matched yet will be, as soon as its run is ingested.")
    if any(outcome.n_ambiguous for outcome in outcomes):
        hints.append("Name run_id beside task_id, or request_id, where several tasks are meant.")
    if any(outcome.n_stored for outcome in outcomes):
        hints.append("Run 'optimizer feedback' to see what users say of each variant.")
    return tuple(hints)
