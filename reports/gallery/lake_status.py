"""The report of a lake: what it holds, and what there is to tidy."""

from __future__ import annotations

from optimizer.models.lakes import LakeStatus
from reports.document import Document, Facts, Section, Verdict
from reports.formatting import UNKNOWN, count, n_bytes, plural
from reports.tones import Tone

COMPACT = "Run 'optimizer lake compact --lake LAKE' to read it faster: one file per table and day."


def lake_status(found: LakeStatus) -> Document:
    """Lay out what a lake holds."""
    last = found.last_day or UNKNOWN
    days = last if found.first_day == found.last_day else f"{found.first_day} to {last}"
    held = Facts(
        (
            ("lake", found.lake),
            ("days (UTC)", days),
            ("files", f"{count(found.n_files)}, {n_bytes(found.n_bytes)}"),
        )
    )
    tidy = Facts(
        (
            ("days to compact", count(found.n_mergeable)),
            ("files not read any more", count(found.n_unread)),
            ("files without a mark", count(found.n_leftovers)),
            ("files of something else", count(found.n_other)),
        )
    )
    return Document(
        "Lake",
        _verdict(found),
        (held, Section("To tidy", (tidy,))),
        (COMPACT,) if found.n_mergeable else (),
    )


def _verdict(found: LakeStatus) -> Verdict:
    if not found.n_runs and not found.n_decisions:
        return Verdict(Tone.NEUTRAL, "The lake is empty.")
    decisions = f", {plural(found.n_decisions, 'decision')}" if found.n_decisions else ""
    return Verdict(
        Tone.WARN if found.n_other else Tone.NEUTRAL,
        f"{plural(found.n_runs, 'run')} ({plural(found.n_tasks, 'task')}) of "
        f"{plural(found.n_days, 'day')}{decisions}.",
    )
