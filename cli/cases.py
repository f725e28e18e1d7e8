"""Which texts of cases a command fetches: those that what it writes has room for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.writing.endings import JSON, ending
from optimizer.models.case_changes import TextLimits

EVERYTHING = TextLimits()
SHOWN = TextLimits(n_cases=20, n_chars=1_000)
"""Room in a terminal, and in a file of what it shows."""

LIMITS = {
    JSON: EVERYTHING,
    ".csv": EVERYTHING,
    ".parquet": EVERYTHING,
    ".html": TextLimits(n_cases=20_000, n_chars=20_000, n_near=200, far_chars=2_000),
    ".md": TextLimits(n_cases=100, n_chars=2_000),
    ".txt": SHOWN,
}
"""Room in each kind of file that holds texts, the largest first."""


def text_limits(outputs: Sequence[Path] | None, *, shown: bool) -> TextLimits | None:
    """Return which texts are wanted, None where nothing asks for cases.

    Args:
        outputs: Files that will be written; some kinds of them hold texts.
        shown: Whether the terminal shows cases.
    """
    asked = {ending(path) for path in outputs or ()}
    widest = next((limits for suffix, limits in LIMITS.items() if suffix in asked), None)
    return widest or (SHOWN if shown else None)
