"""The report of an ingest: what became of each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from optimizer.models.ingest import FileOutcome, FileStatus
from reports.document import (
    Block,
    Cell,
    Document,
    Items,
    Prose,
    Section,
    Table,
    Verdict,
    left,
    right,
)
from reports.formatting import UNKNOWN, count, plural
from reports.tones import Tone

LISTED_FILES = 20
"""Of more files than these only those that need a look are listed."""

TONES: Mapping[FileStatus, Tone] = {
    FileStatus.STORED: Tone.GOOD,
    FileStatus.REPLACED: Tone.WARN,
    FileStatus.UNCHANGED: Tone.NEUTRAL,
    FileStatus.REJECTED: Tone.BAD,
    FileStatus.LEFT_OUT: Tone.NEUTRAL,
}


ADVANCE = "Run 'optimizer rollout advance' to move the rollout that is running."


KEEP_GOING = "Add --keep-going to go on to the files behind a bad one."


def ingest(
    outcomes: Sequence[FileOutcome], *, is_rolling_out: bool = False, n_not_reached: int = 0
) -> Document:
    """Lay out what became of each file, in the order given, and how many were not reached."""
    rejected = [outcome for outcome in outcomes if outcome.status is FileStatus.REJECTED]
    warned = [outcome for outcome in outcomes if outcome.warnings]
    blocks: list[Block] = [Section(f"Rejected: {o.path}", _faults(o)) for o in rejected]
    if warned:
        blocks.append(Section("Warnings", (_warnings(warned),)))
    if outcomes:
        blocks.append(Section("Files", (_files(outcomes),)))
    hints = _hints(outcomes) + ((ADVANCE,) if is_rolling_out else ())
    hints = ((KEEP_GOING,) if n_not_reached else ()) + hints
    return Document("Ingest", _verdict(outcomes, n_not_reached), tuple(blocks), hints)


def publish(outcomes: Sequence[FileOutcome], *, n_not_reached: int = 0) -> Document:
    """Lay out what became of each file that was to go to a lake."""
    hints = (KEEP_GOING,) if n_not_reached else ()
    return replace(ingest(outcomes, n_not_reached=n_not_reached), title="Publish", hints=hints)


def _verdict(outcomes: Sequence[FileOutcome], n_not_reached: int) -> Verdict:
    if not outcomes:
        return Verdict(Tone.NEUTRAL, "No file was given, nothing was stored.")
    n = Counter(outcome.status for outcome in outcomes)
    parts = []
    for status in (FileStatus.STORED, FileStatus.REPLACED):
        if n[status]:
            parts.append(_written(status, [o for o in outcomes if o.status is status]))
    parts.extend(
        f"{count(n[status])} {status.value}"
        for status in (FileStatus.UNCHANGED, FileStatus.LEFT_OUT, FileStatus.REJECTED)
        if n[status]
    )
    parts += [f"{plural(n_not_reached, 'file')} behind it not reached"] if n_not_reached else []
    tone = Tone.BAD if n[FileStatus.REJECTED] else Tone.GOOD
    return Verdict(tone, "; ".join(parts) + ".")


def _written(status: FileStatus, outcomes: Sequence[FileOutcome]) -> str:
    runs = plural(sum(len(o.run_ids) for o in outcomes), "run")
    tasks = plural(sum(o.n_tasks for o in outcomes), "task")
    return f"{status.value} {runs} ({tasks}) from {plural(len(outcomes), 'file')}"


def _files(outcomes: Sequence[FileOutcome]) -> Table:
    """Lay out the files: all of them, or of many those that need a look."""
    shown = [o for o in outcomes if len(outcomes) <= LISTED_FILES or _is_remarkable(o)]
    left_out = plural(len(outcomes) - len(shown), "file")
    return Table(
        columns=(
            left("file"),
            left("outcome"),
            left("runs"),
            right("tasks"),
            right("secrets blanked"),
        ),
        rows=tuple(
            (
                outcome.path,
                Cell(outcome.status.value, TONES[outcome.status]),
                ", ".join(outcome.run_ids) or UNKNOWN,
                count(outcome.n_tasks),
                count(outcome.n_redacted),
            )
            for outcome in shown
        ),
        caption=None if len(shown) == len(outcomes) else f"{left_out} without remark not listed",
        empty=f"{left_out}, none with a remark.",
    )


def _is_remarkable(outcome: FileOutcome) -> bool:
    plain = outcome.status in (FileStatus.STORED, FileStatus.UNCHANGED, FileStatus.LEFT_OUT)
    return not plain or bool(outcome.warnings) or outcome.n_redacted > 0


def _faults(outcome: FileOutcome) -> tuple[Block, ...]:
    reason = Items(tuple((outcome.reason or "no reason given").splitlines()))
    return (reason, Prose(f"hint: {outcome.hint}")) if outcome.hint else (reason,)


def _warnings(outcomes: Sequence[FileOutcome]) -> Table:
    """Lay out each warning once: how many runs it is of, and the first file it is of."""
    n_runs = Counter(text for outcome in outcomes for text in outcome.warnings)
    first: dict[str, str] = {}
    for outcome in outcomes:
        for text in outcome.warnings:
            first.setdefault(text, outcome.path)
    rows = tuple((text, count(n), first[text]) for text, n in n_runs.items())
    return Table((left("warning"), right("runs"), left("first in")), rows)


def _hints(outcomes: Sequence[FileOutcome]) -> tuple[str, ...]:
    unread = (FileStatus.REJECTED, FileStatus.LEFT_OUT)
    if any(outcome.status not in unread for outcome in outcomes):
        return ("Run 'optimizer decide --all' to see what to do about each workflow.",)
    return ()
