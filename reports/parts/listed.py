"""Which of very many variants are listed, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Sequence

from reports.document import Prose
from reports.formatting import count, plural

VARIANTS_LISTED = 50
"""Variants that have a row; of more, those at both ends have."""

VARIANTS_LAID_OUT = 10
"""Variants that have a section of their own."""


def telling(values: Sequence[float | None]) -> list[int]:
    """Return the places that are listed: all of few, of many those of the least and most values.

    Args:
        values: What the variants are told apart by; None: not known.
    """
    places = list(range(len(values)))
    if len(places) <= VARIANTS_LISTED:
        return places
    known = [place for _, place in sorted((v, i) for i, v in enumerate(values) if v is not None)]
    half = VARIANTS_LISTED // 2
    ends = {*known[:half], *known[-half:]}
    others = [place for place in places if place not in ends]
    return sorted([*ends, *others[: VARIANTS_LISTED - len(ends)]])


def unlisted(n_listed: int, n: int, which: str) -> tuple[Prose, ...]:
    """Say how many variants are left out and how to get them; nothing where all are listed.

    Args:
        n_listed: Those that are listed.
        n: All of them.
        which: What is told of those that are: "passed most and least often".
    """
    if n_listed >= n:
        return ()
    return (
        Prose(
            f"{plural(n - n_listed, 'more variant')} not listed: these {count(n_listed)} {which}. "
            "--json and -o FILE.csv have all."
        ),
    )
