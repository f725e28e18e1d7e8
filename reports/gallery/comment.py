"""The report of a comment: what became of it, and where it is."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.models.commenting import CommentOutcome, CommentStatus
from reports.document import Document, Facts, Verdict
from reports.formatting import UNKNOWN, count
from reports.tones import Tone

TONES: Mapping[CommentStatus, Tone] = {
    CommentStatus.CREATED: Tone.GOOD,
    CommentStatus.UPDATED: Tone.GOOD,
    CommentStatus.UNCHANGED: Tone.NEUTRAL,
    CommentStatus.LEFT_OUT: Tone.WARN,
    CommentStatus.PLANNED: Tone.NEUTRAL,
}


def comment(found: CommentOutcome) -> Document:
    """Lay out what became of a comment."""
    facts = [
        ("characters", count(found.n_chars)),
        ("cut off", count(found.n_cut)),
        ("marker", found.marker),
    ]
    if found.url is not None:
        facts.insert(0, ("shown at", found.url))
    return Document(
        title="Comment",
        verdict=Verdict(TONES[found.status], _sentence(found)),
        blocks=(Facts(tuple(facts)),),
    )


def _sentence(found: CommentOutcome) -> str:
    place = f"{found.to} {found.place or UNKNOWN}"
    match found.status:
        case CommentStatus.CREATED:
            return f"{place}: the comment was written."
        case CommentStatus.UPDATED:
            return f"{place}: the comment was brought up to date."
        case CommentStatus.UNCHANGED:
            return f"{place}: the comment says so already."
        case CommentStatus.PLANNED if found.place is None:
            return f"{found.to}: no pull request is known; nothing would be written."
        case CommentStatus.PLANNED:
            return f"{place}: this comment would be written."
        case CommentStatus.LEFT_OUT:
            return f"No comment was written: {found.reason or UNKNOWN}."
