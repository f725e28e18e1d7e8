"""Versions of prompts in words: their states, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.versions import Piece, PieceKind, Version, VersionState
from reports.document import Mark, Marked, Tone

STATES: Mapping[VersionState, str] = {
    VersionState.BASELINE: "in use, nothing claimed",
    VersionState.DRAFT: "unverified draft",
    VersionState.CONFIRMED: "confirmed",
    VersionState.REFUSED: "refused",
    VersionState.IN_FORCE: "in force",
    VersionState.RETIRED: "retired",
}

STATE_TONES: Mapping[VersionState, Tone] = {
    VersionState.BASELINE: Tone.NEUTRAL,
    VersionState.DRAFT: Tone.WARN,
    VersionState.CONFIRMED: Tone.GOOD,
    VersionState.REFUSED: Tone.BAD,
    VersionState.IN_FORCE: Tone.GOOD,
    VersionState.RETIRED: Tone.NEUTRAL,
}

IN_USE = (VersionState.BASELINE, VersionState.IN_FORCE)

_MARKS = {
    PieceKind.KEPT: Mark.KEPT,
    PieceKind.REMOVED: Mark.REMOVED,
    PieceKind.ADDED: Mark.ADDED,
}


def marked(pieces: Sequence[Piece]) -> Marked:
    """Return the pieces of two texts as a block."""
    return Marked(tuple((_MARKS[piece.kind], piece.text) for piece in pieces))


def n_words(pieces: Sequence[Piece], kind: PieceKind) -> int:
    """Count the words of one kind of pieces."""
    return sum(len(piece.text.split()) for piece in pieces if piece.kind is kind)


def in_use(versions: Sequence[Version]) -> Version | None:
    """Return the version that is in use, or None where none is."""
    return next((one for one in reversed(versions) if one.state in IN_USE), None)
