"""What was meant by a name that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterable

WORD = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:#@%+=,-]*")
"""What means itself to every shell."""

MOST_NAMED = 10
"""Names that a message lists."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one name that is most like it, upper and lower case alike, or None."""
    from difflib import get_close_matches  # noqa: PLC0415 - only who errs needs it

    folded = {one.casefold(): one for one in known}
    close = get_close_matches(name.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def meant(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return the hint `Did you mean ...?` as a shell takes the name, or another hint.

    Where nothing is like the name, or it is the very one, there is nothing to suggest.
    """
    close = nearest(name, known)
    return otherwise if close in (None, name) else f"Did you mean {as_word(close or '')}?"


def as_word(name: str) -> str:
    """Return a name as one word of a command line."""
    from shlex import quote  # noqa: PLC0415 - only who errs needs it

    return name if WORD.fullmatch(name) else quote(name)


def some_of(names: Iterable[str]) -> str:
    """Return names as a list, the first of them where they are many."""
    every = list(names)
    more = len(every) - MOST_NAMED
    return ", ".join(every[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
