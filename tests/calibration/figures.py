"""Measured figures, the band each must fall in, and their table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pytest

FULL = 20_000
"""Repetitions behind a published figure, unless said otherwise."""

WIDTH = 4
"""Standard errors on either side of a published figure."""

HALF_A_DIGIT = 0.0005
"""Published figures are rounded to three decimals."""

PROPERTY = "figure"
"""Name under which the report of a test carries them, also from another process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured figure and the band it must fall in; no repetitions where it was enumerated."""

    row: str
    what: str
    reps: int | None
    measured: float
    error: float
    published: str
    low: float
    high: float
    is_mutant: bool = False

    @property
    def ok(self) -> bool:
        return bool(self.low <= self.measured <= self.high) is not self.is_mutant


class Bench:
    """Makes figures, holds them to their bands, and keeps them for the table."""

    def __init__(self, node: pytest.Item) -> None:
        self.node = node

    def rate(
        self,
        row: str,
        what: str,
        hits: Any,
        published: float,
        *,
        of: int = FULL,
        at_most: float = 1.0,
        at_least: float = 0.0,
    ) -> Figure:
        """A share of repetitions; `of` is how many are behind the published figure.

        `at_most` and `at_least` are the acceptance rules, four standard errors allowed.
        """
        n, measured = len(hits), float(np.mean(hits))
        spread = math.sqrt(published * (1 - published))
        band = WIDTH * spread * math.sqrt(1 / n + 1 / of) + HALF_A_DIGIT
        slack = WIDTH * spread / math.sqrt(n)
        return Figure(
            row=row,
            what=what,
            reps=n,
            measured=measured,
            error=math.sqrt(measured * (1 - measured) / n),
            published=f"{published:.4g}",
            low=max(published - band, at_least - slack),
            high=min(published + band, at_most + slack),
        )

    def mean(
        self, row: str, what: str, values: Any, published: float, *, of: int = FULL, digit: float
    ) -> Figure:
        """A mean over repetitions; `digit` is half of the published figure's last one."""
        n, spread = len(values), float(np.std(values, ddof=1))
        band = WIDTH * spread * math.sqrt(1 / n + 1 / of) + digit
        return Figure(
            row=row,
            what=what,
            reps=n,
            measured=float(np.mean(values)),
            error=spread / math.sqrt(n),
            published=f"{published:.4g}",
            low=published - band,
            high=published + band,
        )

    def between(
        self, row: str, what: str, hits: Any, low: float, high: float, *, of: int | None = None
    ) -> Figure:
        """A share published as a range, or a bound; four standard errors allowed."""
        n, measured = len(hits), float(np.mean(hits))
        error = math.sqrt(measured * (1 - measured) / n)
        below, above = (
            WIDTH * math.sqrt(edge * (1 - edge) * (1 / n + (1 / of if of else 0))) + HALF_A_DIGIT
            for edge in (low, high)
        )
        return Figure(
            row=row,
            what=what,
            reps=n,
            measured=measured,
            error=error,
            published=_range(low, high),
            low=low - below,
            high=high + above,
        )

    def exact(
        self,
        row: str,
        what: str,
        measured: float,
        published: float,
        *,
        digit: float = HALF_A_DIGIT,
        of: int | None = None,
        reps: int | None = None,
    ) -> Figure:
        """A figure without chance in it: equal to the published one, give or take a digit.

        `of` is how many repetitions are behind the published one, where that has chance in it;
        `reps` those behind the measured one, where `digit` allows for its chance.
        """
        chance = WIDTH * math.sqrt(published * (1 - published) / of) if of else 0.0
        return Figure(
            row=row,
            what=what,
            reps=reps,
            measured=measured,
            error=0.0,
            published=f"{published:.4g}",
            low=published - digit - chance - 1e-9,
            high=published + digit + chance + 1e-9,
        )

    def hold(self, figures: Iterable[Figure]) -> None:
        """Keep the figures, and require that each falls in its band."""
        known = list(figures)
        self._keep(known)
        missed = [f"{f.row} {f.what}: {f.measured:.4f}" for f in known if not f.ok]
        assert not missed

    def notice(self, mutation: str, figures: Sequence[Figure]) -> None:
        """Require that a figure of code that was broken on purpose misses its band."""
        missed = [f for f in figures if not f.ok]
        assert missed, f"{mutation}: not noticed by {[f.what for f in figures]}"
        fields = {"row": mutation, "is_mutant": True}
        self._keep(Figure(**(asdict(figure) | fields)) for figure in missed)

    def _keep(self, figures: Iterable[Figure]) -> None:
        for figure in figures:
            self.node.user_properties.append((PROPERTY, asdict(figure)))


def table(figures: Sequence[Figure]) -> list[str]:
    wide = max(len(figure.what) for figure in figures)
    head = f"{'id':5} {'scenario':{wide}} {'reps':>7} {'measured':>9} {'se':>6}"
    lines = [f"{head} {'published':>13} {'band':>17}"]
    for f in figures:
        reps = "exact" if f.reps is None else str(f.reps)
        verdict = ("noticed" if f.is_mutant else "ok") if f.ok else "MISSED"
        band = f"{f.low:.4g} to {f.high:.4g}"
        lines.append(
            f"{f.row:5} {f.what:{wide}} {reps:>7} {f.measured:9.4f} {f.error:6.4f} "
            f"{f.published:>13} {band:>17} {verdict}"
        )
    return lines


def _range(low: float, high: float) -> str:
    if low <= 0:
        return f"<= {high:.4g}"
    return f"{low:.4g} to {high:.4g}" if high < 1 else f">= {low:.4g}"
