"""How well detectors do: labelled series, series with marked changes, noise, and known steps.

    python benchmarks/detectors.py ../shared/data/series

Of labelled windows (NAB) a window is found if an alarm lies in it, and an alarm is right if it
lies in one; the delay is counted from the beginning of the window, in values. Of marked changes
(TCPD) a change is found if a step is said to begin within five values of it, whoever of the people
marked it, and a step is right likewise. Everything runs with the settings that the program has by
default; nothing here is tuned to these series.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.analysis.anomalies import anomalies_of_series
from optimizer.analysis.settings import AnomalySettings, DriftSettings
from optimizer.stats.spikes import history_distances, history_factor
from optimizer.stats.steps import Step, steps

MARGIN = 5
START = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = ("adwin", "page_hinkley", "cusum")
SPIKES = {"mad": 3.5, "iqr": 3.0, "z": 3.5}
NOISES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal, sd 1e-6": lambda rng, n: rng.normal(0, 1e-6, n),
    "normal, sd 1": lambda rng, n: rng.normal(0, 1, n),
    "normal, sd 1e6": lambda rng, n: rng.normal(0, 1e6, n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1, n),
    "Bernoulli .95": lambda rng, n: (rng.random(n) < 0.95).astype(float),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one detector did on one series."""

    series: str
    detector: str
    n: int
    n_alarms: int
    n_right: int
    n_found: int
    n_true: int
    delay: float | None

    @property
    def row(self) -> tuple[str, ...]:
        """The figures as a line of the table."""
        precision = f"{self.n_right / self.n_alarms:.2f}" if self.n_alarms else "-"
        recall = f"{self.n_found / self.n_true:.2f}" if self.n_true else "-"
        false = 1000 * (self.n_alarms - self.n_right) / self.n
        delay = "-" if self.delay is None else f"{self.delay:.0f}"
        names = (self.series, self.detector, str(self.n_alarms))
        return (*names, precision, recall, delay, f"{false:.2f}")


def step_alarms(values: np.ndarray, method: str) -> tuple[Step, ...]:
    """Return the steps that a detector finds with the default settings."""
    settings = DriftSettings()
    reference = min(settings.reference_tasks, max(settings.reference_runs, len(values) // 4))
    return steps(
        values, method=method, reference=reference, slack=settings.slack, alpha=settings.alpha
    )


def spike_alarms(values: np.ndarray, measure: str) -> list[int]:
    """Return the places of values that are out by one measure alone."""
    threshold = SPIKES[measure]
    limit = threshold * history_factor(200, measure=measure, threshold=threshold)
    distances = history_distances(values, measure=measure, window=200, least=50)
    return np.flatnonzero(np.abs(np.nan_to_num(distances)) > limit).tolist()


def default_anomalies(values: np.ndarray) -> list[int]:
    """Return the places of values that `optimizer anomalies` flags."""
    times = [datetime.fromtimestamp(i, UTC) for i in range(len(values))]
    report = anomalies_of_series(values.tolist(), times, AnomalySettings(), name="x")
    return sorted(int(one.at.timestamp()) for one in report.anomalies)


def alarms_of(values: np.ndarray) -> Iterator[tuple[str, list[int]]]:
    """Yield each detector with the places of its alarms."""
    for method in STEPS:
        yield method, [one.index for one in step_alarms(values, method)]
    for measure in SPIKES:
        yield measure, spike_alarms(values, measure)
    yield "anomalies", default_anomalies(values)


def labelled(folder: Path) -> Iterator[Score]:
    """Yield the scores on series with labelled windows."""
    labels = json.loads((folder / "labels.json").read_text())
    for path in sorted(folder.glob("*.csv")):
        rows = list(csv.DictReader(path.open()))
        values = np.array([float(row["value"]) for row in rows])
        times = [row["timestamp"] for row in rows]
        key = path.name.partition("__")[2]
        windows = [
            (_place(times, first), _place(times, last))
            for name, found in labels.items()
            if name.endswith(key)
            for first, last in found["anomaly_windows"]
        ]
        for detector, alarms in alarms_of(values):
            yield _windows_score(key[:34], detector, len(values), alarms, windows)


def _place(times: Sequence[str], at: str) -> int:
    return next((i for i, time in enumerate(times) if time >= at[:19]), len(times) - 1)


def _windows_score(
    name: str, detector: str, n: int, alarms: Sequence[int], windows: Sequence[tuple[int, int]]
) -> Score:
    inside = [[a for a in alarms if first <= a <= last] for first, last in windows]
    delays = [hits[0] - first for hits, (first, _) in zip(inside, windows, strict=True) if hits]
    return Score(
        series=name,
        detector=detector,
        n=n,
        n_alarms=len(alarms),
        n_right=sum(map(len, inside)),
        n_found=len(delays),
        n_true=len(windows),
        delay=float(np.median(delays)) if delays else None,
    )


def marked(path: Path) -> Iterator[Score]:
    """Yield the scores on series in which people marked changes."""
    for name, found in json.loads(path.read_text()).items():
        values = np.array(found["series"]["series"][0]["raw"], dtype=float)
        marks = sorted({place for one in _marks(found) for place in one})
        for method in STEPS:
            said = step_alarms(values, method)
            yield Score(
                series=name,
                detector=method,
                n=len(values),
                n_alarms=len(said),
                n_right=sum(_is_near(one.began, marks) for one in said),
                n_found=sum(_is_near(mark, [one.began for one in said]) for mark in marks),
                n_true=len(marks),
                delay=_median_delay(said, marks),
            )


def _marks(found: dict[str, Any]) -> Iterator[list[int]]:
    marks = next(value for key, value in found.items() if key != "series")
    yield from marks.values() if isinstance(marks, dict) else marks


def _is_near(place: int, places: Sequence[int]) -> bool:
    return any(abs(place - one) <= MARGIN for one in places)


def _median_delay(said: Sequence[Step], marks: Sequence[int]) -> float | None:
    delays = [one.index - mark for one in said for mark in marks if abs(one.began - mark) <= MARGIN]
    return float(np.median(delays)) if delays else None


def noise(repetitions: int = 100, n: int = 1000) -> Iterator[Score]:
    """Yield the scores on noise in which nothing changes: every alarm is false."""
    rng = np.random.default_rng(0)
    for name, make in NOISES.items():
        counts: dict[str, int] = {}
        for _ in range(repetitions):
            for detector, alarms in alarms_of(make(rng, n)):
                counts[detector] = counts.get(detector, 0) + len(alarms)
        for detector, n_alarms in counts.items():
            yield Score(
                series=name, detector=detector, n=n * repetitions, n_alarms=n_alarms,
                n_right=0, n_found=0, n_true=0, delay=None,
            )  # fmt: skip


def known_steps(repetitions: int = 100) -> Iterator[Score]:
    """Yield the scores on 200 values, then 100 that are three standard deviations higher."""
    rng = np.random.default_rng(1)
    series = [np.r_[rng.normal(0, 1, 200), rng.normal(3, 1, 100)] for _ in range(repetitions)]
    for method in STEPS:
        said = [[one.index for one in step_alarms(values, method)] for values in series]
        delays = [min(late) - 199 for alarms in said if (late := [a for a in alarms if a >= 200])]
        n_alarms = sum(map(len, said))
        yield Score(
            series="step of 3 sd",
            detector=method,
            n=300 * repetitions,
            n_alarms=n_alarms,
            n_right=len(delays),
            n_found=len(delays),
            n_true=repetitions,
            delay=float(np.median(delays)) if delays else None,
        )


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1])
    scores = [
        *labelled(folder / "nab"),
        *marked(folder / "tcpd_changepoints.json"),
        *noise(),
        *known_steps(),
    ]
    head = ("series", "detector", "alarms", "precision", "recall", "delay", "false/1,000")
    rows = [head, *(score.row for score in scores)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
