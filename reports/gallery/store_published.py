"""The report of publishing a history into a lake."""

from __future__ import annotations

from optimizer.models.lakes import StorePublished
from reports.document import Document, Facts, Items, Section, Verdict
from reports.formatting import count, plural
from reports.tones import Tone

REPLACE = "Publish them in place of the others with --replace."


def store_published(done: StorePublished) -> Document:
    """Lay out what was published, and what was left alone."""
    facts = Facts(
        (
            ("lake", done.lake),
            ("runs published", count(done.n_runs)),
            ("decisions published", count(done.n_decisions)),
            ("unchanged", count(done.n_unchanged)),
        )
    )
    conflicts = Section("Published with other content", (Items(done.conflicts),))
    return Document(
        "Publish",
        _verdict(done),
        (facts, *((conflicts,) if done.conflicts else ())),
        (REPLACE,) if done.conflicts else (),
    )


def _verdict(done: StorePublished) -> Verdict:
    if done.conflicts:
        runs = plural(len(done.conflicts), "run")
        return Verdict(Tone.BAD, f"{runs} left alone: published before with other content.")
    if not done.n_runs and not done.n_decisions:
        return Verdict(Tone.NEUTRAL, "The lake has all of it already.")
    decisions = f" and {plural(done.n_decisions, 'decision')}" if done.n_decisions else ""
    return Verdict(Tone.GOOD, f"Published {plural(done.n_runs, 'run')}{decisions}.")
