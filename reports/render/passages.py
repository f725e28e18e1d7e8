"""How much of the texts of cases a format has room for, and how it says what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from reports.document import Cases, Passage
from reports.formatting import count, listing, plural
from reports.text import plain


def cut(passage: Passage, most: int | None = None) -> Passage:
    """Return a harmless text of at most some characters, which knows how long the whole is."""
    text = plain(passage.text[:most])
    shown = text[:most]
    is_cut = passage.is_cut or shown != text or (most is not None and len(passage.text) > most)
    whole = max(passage.n_chars or 0, len(passage.text), len(text))
    return Passage(passage.heading, shown, whole if is_cut else None)


def headed(passage: Passage) -> str:
    """Return the heading of a text, with what is missing where it was cut."""
    if not passage.is_cut:
        return passage.heading
    shown, whole = count(len(passage.text)), count(passage.n_chars)
    return f"{passage.heading}; the first {shown} of {whole} characters"


def left_out(
    cases: Cases, opened: Sequence[Sequence[Passage]], *, n_rows: int, where: str
) -> str | None:
    """Say what a format leaves out of some cases, None where that is nothing.

    Args:
        cases: The cases.
        opened: What is shown of the texts of each case that has texts.
        n_rows: How many are listed.
        where: Where the rest is.
    """
    n = len(cases.cases)
    parts = []
    if n_rows < n:
        parts.append(f"{count(n_rows)} of {plural(n, 'case')}")
    if opened and len(opened) < n:
        parts.append(f"the texts of {count(len(opened))} of {plural(n, 'case')}")
    if any(passage.is_cut for texts in opened for passage in texts):
        parts.append("the beginning of long texts")
    return f"Shown: {listing(parts)}. {where}" if parts else None
