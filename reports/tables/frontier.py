"""Variants against each other in quality, price and time, as rows."""

from __future__ import annotations

from collections.abc import Callable

from optimizer.models.data_tables import DataColumn, DataTable, flag, number, text, whole
from optimizer.models.dataclass import dataclass
from optimizer.models.frontier import Frontier, LeftOut, Reading, Standing

OBJECTIVES = ("success_rate", "score", "cost_usd", "latency_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    frontier: Frontier
    standing: Standing

    def reading(self, objective: str) -> Reading | None:
        """Return what was measured of an objective; None where it is not looked at."""
        objectives = self.frontier.objectives
        if objective not in objectives:
            return None
        return self.standing.readings[objectives.index(objective)]


def _of(objective: str, field: str) -> Callable[[_Placed], object]:
    return lambda placed: getattr(placed.reading(objective), field, None)


READINGS: tuple[DataColumn, ...] = tuple(
    number(f"{objective}{end}", _of(objective, field))
    for objective in OBJECTIVES
    for end, field in (("", "estimate"), ("_low", "low"), ("_high", "high"))
)
VARIANT: tuple[DataColumn, ...] = (
    text("workflow_id", "frontier.workflow_id"),
    text("variant_id", "standing.variant_id"),
    text("variant", "standing.variant"),
    text("provider", "standing.provider"),
    text("model", "standing.model"),
    flag("is_current", "standing.is_current"),
    flag("is_on_front", "standing.is_on_front"),
    number("membership", "standing.membership"),
    whole("n", "standing.n"),
    *READINGS,
    number("level", "frontier.level"),
    number("gain", "standing.gain.estimate"),
    number("gain_low", "standing.gain.low"),
    number("gain_high", "standing.gain.high"),
    number("p_better", "standing.gain.p_better"),
    text("dominated_by", "standing.dominated_by"),
    text("refusals", "standing.refusals"),
)
LEFT_OUT: tuple[DataColumn, ...] = (text("variant_id"), text("variant"), text("why"))


def frontier_tables(found: Frontier) -> tuple[DataTable, ...]:
    """Return the measured variants, best gain first, and those that are left out."""
    placed = [_Placed(frontier=found, standing=one) for one in found.standings]
    left_out: tuple[LeftOut, ...] = found.left_out
    return (DataTable("variants", VARIANT, placed), DataTable("left-out", LEFT_OUT, left_out))
