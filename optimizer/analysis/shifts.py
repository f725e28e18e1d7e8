"""Whether workflows give something else than before: all of them at once, on their shared cases.

Each workflow is compared within its cases, as `contrasts` does. The level of an interval is raised
by the number of effects that are looked at (Bonferroni), so that all intervals of a page hold
together and one that excludes 0 says so by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from optimizer.analysis.contrasts import contrasts
from optimizer.analysis.settings import OverviewSettings
from optimizer.models.dataclass import dataclass
from optimizer.models.overview import ChangeKind, Shift

if TYPE_CHECKING:
    from optimizer.models.contrasts import CaseTable
    from optimizer.models.proposals import Effect

MEASURED = ("score", "latency_ms", "cost_usd", "tokens")
"""What may be looked at beyond the pass rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shifts:
    """How some workflows differ from what they were.

    Attributes:
        level_each: Confidence level of one interval; None where nothing was compared.
        of: By workflow; one without cases on both sides is not in it.
    """

    level_each: float | None
    of: Mapping[str, Shift]


def shifts(tables: Mapping[str, CaseTable], settings: OverviewSettings) -> Shifts:
    """Return how each workflow differs, its second variant held against its first."""
    shared = {name: _shared(table) for name, table in tables.items()}
    judged = [name for name, n in shared.items() if n >= settings.min_cases]
    n_looks = sum(_looks(tables[name]) for name in judged)
    level = 1 - settings.alpha / n_looks if n_looks else None
    found = {
        name: Shift(kind=ChangeKind.UNKNOWN, n_shared=n)
        for name, n in shared.items()
        if n < settings.min_cases
    }
    if level is not None:
        found |= {name: _shift(tables[name], level) for name in judged}
    return Shifts(level_each=level, of=found)


def _shared(table: CaseTable) -> int:
    import numpy as np  # noqa: PLC0415 - a history without runs needs none

    before, now = (table.case[table.variant == code] for code in (0, 1))
    return int(np.intersect1d(before, now, assume_unique=True).size)


def _looks(table: CaseTable) -> int:
    """Return how many effects may be measured of a workflow."""
    return 1 + sum(_is_known(table, name) for name in MEASURED)


def _is_known(table: CaseTable, name: str) -> bool:
    values = getattr(table, name)
    known = values == values  # noqa: PLR0124 - NaN is unequal to itself
    return all(bool(known[table.variant == code].any()) for code in range(len(table.variants)))


def _shift(table: CaseTable, level: float) -> Shift:
    before = table.variants[0]
    (found,) = contrasts(table, before, level=level)
    effect = found.effect("success_rate")
    kind = ChangeKind.UNKNOWN if effect is None else _kind(effect)
    return Shift(kind=kind, n_shared=found.n_shared, effects=found.effects)


def _kind(effect: Effect) -> ChangeKind:
    if effect.high < 0:
        return ChangeKind.WORSE
    return ChangeKind.BETTER if effect.low > 0 else ChangeKind.STEADY
