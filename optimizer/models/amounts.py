"""How an amount is written inside a sentence."""

from __future__ import annotations

import math
from decimal import Decimal

WHOLE = 1000
"""From here on amounts are written without a fraction."""


def percent(share: float) -> str:
    """Write a share of 0 to 1 in percent: '62.2 %'."""
    return f"{_plain(f'{100 * share:.3g}')} %"


def amount(number: float | None) -> str:
    """Write a number to four significant digits, never with an exponent: '11392', '0.6417'."""
    if number is None:
        return "unknown"
    if not math.isfinite(number) or abs(number) >= WHOLE:
        return f"{number:.0f}"
    return _plain(f"{number:.4g}")


def _plain(text: str) -> str:
    """Write a number without an exponent; few have one, and a `Decimal` takes long."""
    return f"{Decimal(text):f}" if "e" in text or "n" in text else text
