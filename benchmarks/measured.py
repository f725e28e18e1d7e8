"""What a benchmark found: figures of ours and of a reference, and what was to be reached."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Unit(StrEnum):
    """What figures are measured in."""

    SECONDS = "s"
    MEGABYTES = "MB"
    BYTES = "bytes"


class Goal(StrEnum):
    """What a target is about."""

    RATE = "rate"  # how fast ours is, as a share of the reference; at least the limit
    TIME = "time"  # how long ours takes, as a multiple of the reference; at most the limit
    FIGURE = "figure"  # ours in its unit; at most the limit
    PER_SECOND = "per second"  # units of work a second; at least the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What was to be reached.

    Attributes:
        goal: What it is about.
        limit: The figure that may not be missed.
        aim: The figure that would be better still; None: none was set.
    """

    goal: Goal
    limit: float
    aim: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table.

    Attributes:
        name: Its name in the history of benchmarks, which does not change.
        what: What was done, as the table says it.
        ours: One figure a round.
        reference: The same of the reference, of the same rounds; empty: there is none.
        unit: What both are measured in.
        n: Units of work in one round; 0: it is not counted.
        target: What was to be reached; None: nothing.
        absent: Why nothing was measured; empty where it was.
    """

    name: str
    what: str
    ours: tuple[float, ...] = ()
    reference: tuple[float, ...] = ()
    unit: Unit = Unit.SECONDS
    n: int = 0
    target: Target | None = None
    absent: str = ""

    @property
    def costs(self) -> tuple[float, ...]:
        """Each round's figure as a multiple of the reference's, or itself where there is none."""
        if not self.reference:
            return self.ours
        return tuple(a / b for a, b in zip(self.ours, self.reference, strict=True))

    @property
    def reached(self) -> float | None:
        """What the target is held against; None where nothing was measured."""
        if not self.ours or self.target is None:
            return None
        match self.target.goal:
            case Goal.RATE:
                return statistics.median(1 / cost for cost in self.costs)
            case Goal.TIME:
                return statistics.median(self.costs)
            case Goal.PER_SECOND:
                return self.n / statistics.median(self.ours)
            case Goal.FIGURE:
                return statistics.median(self.ours)

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None where there is none, or nothing was measured."""
        reached = self.reached
        if reached is None or self.target is None:
            return None
        at_least = self.target.goal in (Goal.RATE, Goal.PER_SECOND)
        return reached >= self.target.limit if at_least else reached <= self.target.limit

    def as_json(self) -> dict[str, Any]:
        """Return the line as the history of benchmarks keeps it."""
        return asdict(self)


def table(lines: Sequence[Line]) -> str:
    """Return the lines as a table, and below it what could not be measured."""
    rows = [("what", "ours", "reference", "ratio", "target", "met")]
    rows += [_cells(line) for line in lines if not line.absent]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    said = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        said.append("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())
    absent = [f"not measured: {line.what}: {line.absent}" for line in lines if line.absent]
    return "\n".join([*said, *(["", *absent] if absent else [])])


def _cells(line: Line) -> tuple[str, ...]:
    ours = _figure(line, line.ours)
    reference = _figure(line, line.reference) if line.reference else "-"
    met = {True: "yes", False: "NO", None: ""}[line.is_met]
    return (line.what, ours, reference, _ratio(line), _target(line.target, line.unit), met)


def _figure(line: Line, figures: Sequence[float]) -> str:
    value = statistics.median(figures)
    if line.n:
        return f"{line.n / value:,.0f}/s"
    match line.unit:
        case Unit.MEGABYTES:
            return f"{value:,.0f} MB"
        case Unit.BYTES:
            return f"{value:,.0f} bytes"
        case Unit.SECONDS:
            return _seconds(value)


def _ratio(line: Line) -> str:
    if not line.reference:
        return "-"
    is_rate = line.target is not None and line.target.goal is Goal.RATE
    ratios = sorted(1 / cost if is_rate else cost for cost in line.costs)
    middle = f"{statistics.median(ratios):.2f} x"
    return f"{middle} ({ratios[0]:.2f}-{ratios[-1]:.2f})" if len(ratios) > 1 else middle


def _target(target: Target | None, unit: Unit) -> str:
    if target is None:
        return "-"
    sign = ">=" if target.goal in (Goal.RATE, Goal.PER_SECOND) else "<="
    aim = "" if target.aim is None else f" (aim {_limit(target.aim, target.goal, unit)})"
    return f"{sign} {_limit(target.limit, target.goal, unit)}{aim}"


def _limit(limit: float, goal: Goal, unit: Unit) -> str:
    match goal:
        case Goal.RATE | Goal.TIME:
            return f"{limit:g} x"
        case Goal.PER_SECOND:
            return f"{limit:,.0f}/s"
        case Goal.FIGURE:
            return _seconds(limit) if unit is Unit.SECONDS else f"{limit:,.0f} {unit}"


def _seconds(value: float) -> str:
    if value < 1e-3:
        return f"{1e6 * value:.3g} us"
    return f"{1000 * value:.3g} ms" if value < 1 else f"{value:.2f} s"
