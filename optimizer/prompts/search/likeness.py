"""How much of what two texts change in a third is the same."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

WORD = re.compile(r"\w+|[^\w\s]")


def likeness(one: str, other: str, original: str) -> float:
    """Return the words that both texts add or leave out, as a share of all that either does.

    Compared with the whole texts, small edits of a long prompt would all look alike.
    """
    mine, theirs = _changes(one, original), _changes(other, original)
    either = (mine | theirs).total()
    return (mine & theirs).total() / either if either else float(one == other)


def _changes(text: str, original: str) -> Counter[tuple[bool, str]]:
    after, before = _words(text), _words(original)
    added, left_out = after - before, before - after
    return Counter(
        {
            **{(True, word): n for word, n in added.items()},
            **{(False, word): n for word, n in left_out.items()},
        }
    )


@lru_cache(maxsize=512)
def _words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.casefold()))
