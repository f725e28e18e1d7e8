"""How many tokens a text has, by the published estimate."""

from __future__ import annotations

import math

CHARS_PER_TOKEN = 4
"""The published estimate; too few tokens for scripts other than Latin."""


def estimated_tokens(text: str) -> float:
    """Return about how many tokens a text has."""
    return len(text) / CHARS_PER_TOKEN


def whole_tokens(text: str) -> int:
    """Return the same rounded up, for bounds and comparisons."""
    return math.ceil(estimated_tokens(text))
