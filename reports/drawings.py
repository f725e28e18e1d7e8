"""What a chart shows, before anybody has drawn it."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.models.rules import Unit
from reports.tones import Tone


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series.

    Attributes:
        position: Its place from left to right, counted from 0; shared by all series of a chart.
        value: The value, or None where it is unknown.
        text: What it is, in words: the run, the value, its n.
        low: Lower bound of its interval, or None where there is none.
        high: Upper bound of its interval, or None where there is none.
    """

    position: int
    value: float | None
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Values that belong together, from left to right."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened between or at the points of a chart: a change point, a decision.

    Attributes:
        position: Its place among the points; between two of them where it is no whole number.
        label: What it is, in a word or two.
        text: The same in a sentence.
        tone: What it means.
    """

    position: float
    label: str
    text: str
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class History:
    """Values over time, side by side.

    Attributes:
        title: What is drawn.
        description: The same in a sentence, for those who do not see the drawing.
        unit: Unit of the values; rates are drawn from 0 to 100 %.
        first: Label of the leftmost position.
        last: Label of the rightmost position.
        series: What is drawn, in the order of the legend.
        events: What happened meanwhile, from left to right.
    """

    title: str
    description: str
    unit: Unit
    first: str
    last: str
    series: tuple[Series, ...]
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """One effect of a forest plot.

    Attributes:
        label: Of what: a metric, a candidate.
        group: Unit and direction, as 'pp, more is better'; one axis for all of one group.
        estimate: The effect, candidate minus baseline; None where it is unknown.
        low: Lower bound of its interval; None where it is unbounded.
        high: Upper bound of its interval; None where it is unbounded.
        text: The three as they are told.
        tone: What was concluded.
        margin: How much worse still counts as no worse, signed as the effect; None without one.
    """

    label: str
    group: str
    estimate: float | None
    low: float | None
    high: float | None
    text: str
    tone: Tone = Tone.NEUTRAL
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Forest:
    """Effects with their intervals and margins, one a line; amounts in percent or points."""

    title: str
    description: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """How many of the shared cases went which way under one candidate."""

    label: str
    n_fixed: int
    n_broken: int
    n_passing: int
    n_failing: int


@dataclass(frozen=True, slots=True)
class Flips:
    """Cases in pairs: what broke to the left, what was fixed to the right, the rest apart."""

    title: str
    description: str
    flips: tuple[Flip, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """One thing with two values.

    Attributes:
        label: What it is.
        x: Its value from left to right.
        y: Its value from bottom to top.
        text: All in words.
        on_front: Whether nothing else is better in both.
        y_low: Lower bound of `y`, or None.
        y_high: Upper bound of `y`, or None.
    """

    label: str
    x: float
    y: float
    text: str
    on_front: bool = False
    y_low: float | None = None
    y_high: float | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """Trade-offs between two values: the front is joined, what it dominates stands beside it."""

    title: str
    description: str
    x_title: str
    y_title: str
    x_unit: Unit
    y_unit: Unit
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many values of one series fall between each two edges."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How values spread; `edges` has one more entry than the counts of each series."""

    title: str
    description: str
    unit: Unit
    edges: tuple[float, ...]
    series: tuple[Counts, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was predicted, from left to right, against what was measured; the diagonal is right."""

    title: str
    description: str
    unit: Unit
    spots: tuple[Spot, ...]


Drawing = History | Forest | Flips | Front | Distribution | Calibration
