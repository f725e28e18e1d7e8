"""What a chart shows, before anybody has drawn it."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.rules import Unit
from reports.tones import Tone


class Scale(StrEnum):
    """In what effects are told; they are kept as shares, 0.05 for 5."""

    POINTS = "pp"
    """Differences of rates, in percentage points."""

    PERCENT = "%"
    """Ratios less one, in percent."""


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

    position: float
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
        unit: Unit of the values, None where they have none; rates are drawn from 0 to 100 %.
        first: Label of the leftmost position.
        last: Label of the rightmost position.
        series: What is drawn, in the order of the legend.
        events: What happened meanwhile, from left to right.
        of: What a series is: `variant`.
        per: What a point is: `run`.
        is_joined: Whether a line joins the points of a series.
    """

    title: str
    description: str
    unit: Unit | None
    first: str
    last: str
    series: tuple[Series, ...]
    events: tuple[Event, ...] = ()
    of: str = "variant"
    per: str = "run"
    is_joined: bool = True


@dataclass(frozen=True, slots=True)
class Interval:
    """One effect of a forest plot.

    Attributes:
        label: Of what: a metric, a candidate.
        scale: In what it is told; one axis for all of one scale and direction.
        more_is_better: Which side of the axis is the better one.
        estimate: The effect, candidate minus baseline; None where it is unknown.
        low: Lower bound of its interval; -inf where it is unbounded, None where unknown.
        high: Upper bound of its interval; inf where it is unbounded, None where unknown.
        text: The three as they are told.
        tone: What was concluded.
        margin: How much worse still counts as no worse, signed as the effect; None without one.
    """

    label: str
    scale: Scale
    more_is_better: bool
    estimate: float | None
    low: float | None
    high: float | None
    text: str
    tone: Tone = Tone.NEUTRAL
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Forest:
    """Effects with their intervals and margins, one a line."""

    title: str
    description: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Flip:
    """How many of the shared cases went which way under one candidate."""

    label: str
    n_broken: int
    n_fixed: int
    n_same: int


@dataclass(frozen=True, slots=True)
class Flips:
    """Cases in pairs: what got worse to the left, what got better to the right.

    Attributes:
        title: What is drawn.
        description: The same in a sentence.
        flips: One for each candidate.
        noun: What is counted, in the plural: `cases`.
    """

    title: str
    description: str
    flips: tuple[Flip, ...]
    noun: str = "cases"


@dataclass(frozen=True, slots=True)
class Spot:
    """One thing with two values.

    Attributes:
        label: What it is.
        x: Its value from left to right; less is better.
        y: Its value from bottom to top; more is better.
        text: All in words.
        on_front: Whether nothing else is as good in everything and better in something.
        is_current: Whether it is the one in use.
        y_low: Lower bound of `y`, or None.
        y_high: Upper bound of `y`, or None.
    """

    label: str
    x: float | None
    y: float | None
    text: str
    on_front: bool = False
    is_current: bool = False
    y_low: float | None = None
    y_high: float | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """Trade-offs between two values: the best for each price joined, the others beside it."""

    title: str
    description: str
    x_title: str
    y_title: str
    x_unit: Unit | None
    y_unit: Unit | None
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many values of one series fall between each two edges."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How values spread.

    Attributes:
        title: What is drawn.
        description: The same in a sentence.
        unit: Unit of the values, None where they have none; effects have a scale instead.
        edges: Where one bar ends and the next begins, one more than the counts of each series.
        series: One for each variant.
        noun: What is counted, in the plural: `tests`.
        is_log: Whether the axis goes by ratios, as do edges each of which is the same multiple
            of the one before.
        scale: In what differences are told; None where the values are none.
    """

    title: str
    description: str
    unit: Unit | None
    edges: tuple[float, ...]
    series: tuple[Counts, ...]
    noun: str = "tests"
    is_log: bool = False
    scale: Scale | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One effect as it was predicted and as it was measured.

    Attributes:
        label: Whose: the decision, the metric.
        predicted: What was expected.
        measured: What came of it; None where it is unknown.
        text: Both in words, with their intervals.
        tone: Whether it came true.
        low: Lower bound of what was measured, or None.
        high: Upper bound of what was measured, or None.
        predicted_low: Lower bound of what was expected, or None.
        predicted_high: Upper bound of what was expected, or None.
    """

    label: str
    predicted: float
    measured: float | None
    text: str
    tone: Tone = Tone.NEUTRAL
    low: float | None = None
    high: float | None = None
    predicted_low: float | None = None
    predicted_high: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was predicted, from left to right, against what was measured; the diagonal is right."""

    title: str
    description: str
    scale: Scale
    predictions: tuple[Prediction, ...]


Drawing = History | Forest | Flips | Front | Distribution | Calibration
