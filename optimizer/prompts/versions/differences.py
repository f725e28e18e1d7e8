"""Two texts word by word: what was kept, removed and added.

Lines are matched first and words within the stretches that differ, so that a long prompt with a
small change takes no longer than a short one. What would take too long to match is told as removed
and added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, takewhile

from optimizer.models.versions import Piece, PieceKind

MOST_MATCHES = 300_000
"""Stretches with more pairs of equal lines, or of equal words, are not matched any further."""

_WORDS = re.compile(r"\s*(?:\w+|[^\w\s])|\s+")


def differences(before: str, after: str) -> tuple[Piece, ...]:
    """Return the pieces of two texts, in order."""
    runs = groupby(_tidied(_by_lines(before, after)), key=lambda piece: piece.kind)
    return tuple(
        Piece(kind=kind, text="".join(piece.text for piece in pieces)) for kind, pieces in runs
    )


def _by_lines(before: str, after: str) -> Iterator[Piece]:
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for same, first, second in _stretches(old, new):
        if same:
            yield Piece(kind=PieceKind.KEPT, text=first)
        else:
            yield from _by_words(first, second)


def _by_words(before: str, after: str) -> Iterator[Piece]:
    for same, first, second in _stretches(_WORDS.findall(before), _WORDS.findall(after)):
        if same:
            yield Piece(kind=PieceKind.KEPT, text=first)
        else:
            yield from _replaced(first, second)


def _stretches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, str, str]]:
    """Yield stretches of both, and whether they are the same."""
    lead = _shared(zip(old, new, strict=False))
    rest = min(len(old), len(new)) - lead
    trail = min(rest, _shared(zip(reversed(old), reversed(new), strict=False)))
    start = "".join(old[:lead])
    end = "".join(old[len(old) - trail :])
    if start:
        yield True, start, start
    yield from _between(old[lead : len(old) - trail], new[lead : len(new) - trail])
    if end:
        yield True, end, end


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, str, str]]:
    """Yield the stretches of what neither begin nor end alike."""
    if not old and not new:
        return
    counts = Counter(old)
    if sum(counts[one] for one in new) > MOST_MATCHES:
        yield False, "".join(old), "".join(new)
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield tag == "equal", "".join(old[i:j]), "".join(new[k:m])


def _shared(pairs: Iterable[tuple[str, str]]) -> int:
    """Count how many pairs are of the same before the first that is not."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _replaced(before: str, after: str) -> Iterator[Piece]:
    """Yield what stands in the place of what."""
    if before:
        yield Piece(kind=PieceKind.REMOVED, text=before)
    if after:
        yield Piece(kind=PieceKind.ADDED, text=after)


def _tidied(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield pieces with one removed and one added at most between two that were kept."""
    for is_kept, run in groupby(pieces, key=lambda piece: piece.kind is PieceKind.KEPT):
        if is_kept:
            yield from run
            continue
        changed = list(run)
        removed, added = (
            "".join(piece.text for piece in changed if piece.kind is kind)
            for kind in (PieceKind.REMOVED, PieceKind.ADDED)
        )
        yield from _without_common_spaces(removed, added)


def _without_common_spaces(removed: str, added: str) -> Iterator[Piece]:
    """Yield what changed; spaces at the ends that both have were kept."""
    lead = _common(removed, added)
    trail = _common(removed[len(lead) :][::-1], added[len(lead) :][::-1])[::-1]
    if lead:
        yield Piece(kind=PieceKind.KEPT, text=lead)
    end = -len(trail) or None
    yield from _replaced(removed[len(lead) : end], added[len(lead) : end])
    if trail:
        yield Piece(kind=PieceKind.KEPT, text=trail)


def _common(one: str, other: str) -> str:
    """Return the spaces that both texts begin with."""
    pairs = takewhile(
        lambda pair: pair[0] == pair[1] and pair[0].isspace(), zip(one, other, strict=False)
    )
    return "".join(first for first, _ in pairs)
