"""How much of the texts of cases a format has room for, and how it says what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from reports.document import Case, Cases, Passage
from reports.formatting import count, listing, plural
from reports.text import plain


def cut(passage: Passage, most: int) -> Passage:
    """Return a harmless text of at most some characters; its heading says what is missing."""
    text = plain(passage.text)
    whole = max(passage.n_chars or 0, len(text))
    if len(text) <= most and whole == len(text):
        return Passage(passage.heading, text)
    shown = text[:most]
    missing = f"the first {count(len(shown))} of {count(whole)} characters"
    return Passage(f"{passage.heading}; {missing}", shown, whole)


def left_out(cases: Cases, opened: Sequence[Case], *, n_rows: int, where: str) -> str | None:
    """Say what a format leaves out of some cases, None where that is nothing.

    Args:
        cases: The cases.
        opened: Those whose texts are shown, with what is shown of them.
        n_rows: How many are listed.
        where: Where the rest is.
    """
    n = len(cases.cases)
    parts = []
    if n_rows < n:
        parts.append(f"{count(n_rows)} of {plural(n, 'case')}")
    if opened and len(opened) < n:
        parts.append(f"the texts of {count(len(opened))} of {plural(n, 'case')}")
    if any(passage.is_cut for case in opened for passage in case.texts):
        parts.append("the beginning of long texts")
    return f"Shown: {listing(parts)}. {where}" if parts else None
