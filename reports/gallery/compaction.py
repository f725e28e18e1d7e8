"""The report of a compaction of a lake."""

from __future__ import annotations

from optimizer.models.lakes import Compaction
from reports.document import Document, Facts, Verdict
from reports.formatting import count, plural
from reports.tones import Tone


def compaction(done: Compaction) -> Document:
    """Lay out what was merged and what was removed."""
    facts = Facts(
        (
            ("lake", done.lake),
            ("files merged", count(done.n_merged)),
            ("unread files removed", count(done.n_removed)),
            ("unread, kept a while", count(done.n_waiting)),
            ("leftovers removed", count(done.n_leftovers)),
        )
    )
    return Document("Compact", _verdict(done), (facts,))


def _verdict(done: Compaction) -> Verdict:
    if not done.n_days and not done.n_removed and not done.n_leftovers:
        return Verdict(Tone.NEUTRAL, "There was nothing to compact.")
    removed = plural(done.n_removed + done.n_leftovers, "file")
    return Verdict(Tone.GOOD, f"Compacted {plural(done.n_days, 'day')}, removed {removed}.")
