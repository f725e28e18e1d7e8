"""How a rule states what it found."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from optimizer.models.contract import PromptIssue

MAX_ISSUES_PER_RULE = 20  # more of one kind tell a reader nothing new
MAX_QUOTED_CHARS = 60  # of the prompt in a description


def quoted(text: str) -> str:
    """Return a stretch of a prompt, shortened, on one line, and printable."""
    line = " ".join(text.split())
    short = line if len(line) <= MAX_QUOTED_CHARS else line[:MAX_QUOTED_CHARS] + "…"
    return f'"{short.encode("utf-8", "backslashreplace").decode("utf-8")}"'


def times(n: int) -> str:
    """Return how often, in words."""
    return "once" if n == 1 else f"{n} times"


def capped(issues: Iterable[PromptIssue]) -> list[PromptIssue]:
    """Return the first issues; the last of them says how many were left out."""
    iterator = iter(issues)
    kept = list(islice(iterator, MAX_ISSUES_PER_RULE))
    if n_left_out := sum(1 for _ in iterator):
        kept[-1].description += f" ({n_left_out} more like it)"
    return kept
