"""What a foreign program printed, as one line that a terminal can be given."""

from __future__ import annotations

import unicodedata

ERROR_CHARS = 400
UNSEEN = ("Cc", "Cf", "Cs", "Co")
"""Categories of characters that move the cursor, turn the text or have no picture."""


def tail(text: str, n_chars: int = ERROR_CHARS) -> str:
    """Return the end of a text on one line, its control characters spelled out."""
    line = " ".join(text.split())
    return "".join(map(_spelled, line[-n_chars:]))


def _spelled(character: str) -> str:
    if unicodedata.category(character) in UNSEEN:
        return character.encode("unicode_escape").decode()
    return character
