"""Versions of prompts in words: their states, and what was changed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from optimizer.models.versions import Piece, PieceKind, Version, VersionState
from reports.document import Mark, Marked
from reports.formatting import count
from reports.tones import Tone

NEAR = 3
"""Unchanged lines that are shown before and behind a change."""

FEWEST_HIDDEN = 3
"""Fewer unchanged lines are shown rather than counted."""

STATES: Mapping[VersionState, str] = {
    VersionState.BASELINE: "as found",
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
    """Return the pieces of two texts as a block; of long unchanged stretches, the ends."""
    last = len(pieces) - 1
    return Marked(
        tuple(
            (_MARKS[one.kind], _near(one.text, behind=i > 0, before=i < last))
            if one.kind is PieceKind.KEPT
            else (_MARKS[one.kind], one.text)
            for i, one in enumerate(pieces)
        )
    )


def _near(text: str, *, behind: bool, before: bool) -> str:
    """Return the lines of an unchanged stretch that stand behind a change and before one."""
    lines = text.split("\n") if before else text.removesuffix("\n").split("\n")
    head, tail = NEAR * behind, NEAR * before
    n_hidden = len(lines) - head - tail
    if n_hidden < FEWEST_HIDDEN:
        return text
    told = f"… {count(n_hidden)} lines are the same …"
    return "\n".join((*lines[:head], told, *lines[len(lines) - tail :]))


def n_words(pieces: Sequence[Piece], kind: PieceKind) -> int:
    """Count the words of one kind of pieces."""
    return sum(len(piece.text.split()) for piece in pieces if piece.kind is kind)


def in_use(versions: Sequence[Version]) -> Version | None:
    """Return the version that is in use, or None where none is."""
    return next((one for one in reversed(versions) if one.state in IN_USE), None)


def quoted(prompt_id: str) -> str:
    """Return the name of a prompt as a command line takes it."""
    return shlex.quote(prompt_id)


def selector(one: Version) -> str:
    """Return what a command is given for a version; without the @ that a mention begins with."""
    return f"{one.version} --prompt {quoted(one.prompt_id)}"
