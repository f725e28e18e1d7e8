"""What was meant by a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one name that is most like it, upper and lower case alike, or None."""
    from difflib import get_close_matches  # noqa: PLC0415 - only who errs needs it

    folded = {one.casefold(): one for one in known}
    close = get_close_matches(name.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def meant(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return the hint `Did you mean ...?`, or another where nothing is like it."""
    close = nearest(name, known)
    return otherwise if close is None else f"Did you mean {close}?"
