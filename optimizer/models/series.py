"""A metric over time: windows over the tasks of a workflow, each with its n."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from optimizer.models.dataclass import dataclass


class SeriesMetric(StrEnum):
    """What is looked at over time."""

    SUCCESS = "success"
    """1 for a task that succeeded, 0 for one that failed, timed out or errored."""

    SCORE = "score"
    LATENCY = "latency"
    """In ms."""

    COST = "cost"
    """In USD."""

    TOKENS = "tokens"


class Aggregate(StrEnum):
    """What is said of the tasks of a window."""

    COUNT = "count"
    """How many tasks the metric is known of."""

    SUM = "sum"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    """Percentiles by linear interpolation."""

    STDDEV = "stddev"
    """Of the sample, with n - 1; unknown for one task."""


class Fill(StrEnum):
    """What stands for windows in which nothing was measured."""

    NONE = "none"
    """Nothing: a window without tasks is left out."""

    ZERO = "zero"
    PREVIOUS = "previous"
    """The last measured value before."""

    LINEAR = "linear"
    """A straight line between the measured values before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windowing:
    """How time is cut.

    Attributes:
        size_s: Length of a window in seconds; None: sessions.
        slide_s: Time from the start of one window to that of the next; as long as the window
            where windows do not overlap. Counted from 1970-01-01 00:00 UTC. None: sessions.
        gap_s: A session ends where no task begins for longer than this; None: no sessions.
        lateness_s: How long after its end a window may still get tasks, by the times of tasks.
    """

    size_s: float | None = None
    slide_s: float | None = None
    gap_s: float | None = None
    lateness_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRow:
    """What the history says of one window; as in `SeriesWindow`, `last_at` is its last task."""

    starts_at: datetime
    ends_at: datetime
    last_at: datetime
    n_tasks: int
    n: int
    total: float | None
    avg: float | None
    min: float | None
    max: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    stddev: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesWindow:
    """One window.

    Attributes:
        starts_at: Its start, UTC; of a session when its first task began.
        ends_at: Its end, UTC, which is outside; of a session when its last task began.
        n_tasks: Completed tasks that began in it.
        n: Those of them that the metric is known of.
        values: Each aggregate that was asked for, in the unit of the metric; None is unknown.
        filled: Whether the values were not measured but made up as asked.
        open: Whether more of its tasks may still come: no task was seen yet that began later
            than its end by the lateness that is allowed.
    """

    starts_at: datetime
    ends_at: datetime
    n_tasks: int
    n: int
    values: Mapping[str, float | None]
    filled: bool
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A metric of a workflow over time.

    Attributes:
        workflow_id: The workflow.
        variant: Label or id of the only variant that was looked at; None: all.
        metric: What was looked at.
        aggregates: What is said of each window, in the order asked.
        windowing: How time was cut.
        fill: What stands for windows in which nothing was measured.
        watermark_at: The last task began then, less the lateness; None without tasks.
        windows: The windows, oldest first.
    """

    workflow_id: str
    variant: str | None
    metric: SeriesMetric
    aggregates: tuple[Aggregate, ...]
    windowing: Windowing
    fill: Fill
    watermark_at: datetime | None
    windows: tuple[SeriesWindow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Any series of numbers in order of time.

    Attributes:
        name: What it is called.
        times: When each was measured, UTC.
        values: What was measured.
    """

    name: str
    times: tuple[datetime, ...]
    values: tuple[float, ...]
