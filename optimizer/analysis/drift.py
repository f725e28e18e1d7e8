"""Whether metrics of the variant in use have moved: two windows, and series over runs and tasks.

The windows are its newest run and its earlier runs; adjusted for their number by Benjamini and
Hochberg. The series are those of its runs, or of its tasks where it ran a few times: a task is
held against the mean of its case, so that hard cases are no move. An alarm of CUSUM or
Page-Hinkley is kept where shuffles of the same values do not have as great a step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from optimizer.analysis.columns import Columns, columns
from optimizer.analysis.settings import DriftSettings
from optimizer.analysis.tracked import (
    FEWEST_OF_CASE,
    LEVELS,
    SERIES_METHODS,
    Tracked,
    run_series,
    task_series,
)
from optimizer.models.dataclass import dataclass
from optimizer.models.drift import DriftFinding, DriftMethod, DriftReport

if TYPE_CHECKING:
    from optimizer.analysis.windows import Look
    from optimizer.models.requests import Requests
    from optimizer.models.summaries import RunPoint
    from optimizer.stats.steps import Detector, Step

FEWEST_RUNS = 2
DETECTORS: Mapping[DriftMethod, Detector] = {
    DriftMethod.ADWIN: "adwin",
    DriftMethod.PAGE_HINKLEY: "page_hinkley",
    DriftMethod.CUSUM: "cusum",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How moves are looked for: the section `drift`, and what `threshold_based` says of it.

    Attributes:
        settings: The section.
        delta: Chance of a false alarm at any one look of ADWIN, 0 to 1.
        window_size: Newest values of a series that are looked at.
        seed: Decides the shuffles.
    """

    settings: DriftSettings
    delta: float
    window_size: int
    seed: int


def drift(
    workflow_id: str,
    variant_id: str,
    points: Sequence[RunPoint],
    trace: Requests | None,
    watch: Watch,
) -> DriftReport:
    """Return what has moved in a variant.

    Args:
        workflow_id: The workflow.
        variant_id: The variant.
        points: Runs of the workflow, oldest first; those of other variants are left out.
        trace: The newest tasks of the workflow, or None.
        watch: How moves are looked for.
    """
    own = [point for point in points if point.variant_id == variant_id and point.n]
    if len(own) < FEWEST_RUNS:
        missing = f"not enough data: {len(own)} of {FEWEST_RUNS} runs"
        return DriftReport(
            workflow_id=workflow_id, variant_id=variant_id, findings=(), not_looked_at=(missing,)
        )
    tasks = columns(trace, variant_id, own[-1].run_id)
    looks = _window_looks(own, tasks, watch.settings)
    settings = watch.settings
    series = [
        *run_series(own, settings),
        *task_series(tasks, settings, window_size=watch.window_size),
    ]
    found = [*_adjusted(looks, watch.settings.alpha), *_moves(series, watch)]
    return DriftReport(
        workflow_id=workflow_id,
        variant_id=variant_id,
        findings=tuple(sorted(found, key=_gravest_first)),
        not_looked_at=tuple(_missing(own, tasks, looks, series, watch)),
    )


def drift_of_series(
    values: Sequence[float], times: Sequence[datetime], watch: Watch, *, name: str
) -> DriftReport:
    """Return every place where the level of any series moved, by each of the three detectors.

    Args:
        values: In order of time.
        times: When each was measured.
        watch: How moves are looked for.
        name: What the series is called.
    """
    import numpy as np  # noqa: PLC0415 - most workflows ran once

    least = LEVELS * watch.settings.reference_tasks
    if len(values) < least:
        missing = f"not enough data: {len(values)} of {least} values"
        return DriftReport(workflow_id=name, variant_id="", findings=(), not_looked_at=(missing,))
    array = np.asarray(values, dtype=np.float64)
    series = Tracked(
        metric="value",
        values=array,
        shown=array,
        at=times.__getitem__,
        reference=watch.settings.reference_tasks,
        methods=SERIES_METHODS,
    )
    found = [finding for method in SERIES_METHODS for finding in _found(series, method, watch, 1)]
    return DriftReport(
        workflow_id=name,
        variant_id="",
        findings=tuple(sorted(found, key=_gravest_first)),
        not_looked_at=(),
    )


def _window_looks(
    own: Sequence[RunPoint], tasks: Columns | None, settings: DriftSettings
) -> list[Look]:
    from optimizer.analysis.windows import (  # noqa: PLC0415 - most workflows ran once
        looks_at_runs,
        looks_at_tasks,
    )

    if tasks is None or bool((tasks.segment == tasks.newest).all()):
        return list(looks_at_runs(own, settings))
    return list(looks_at_tasks(tasks, settings))


def _adjusted(looks: Sequence[Look], alpha: float) -> Iterator[DriftFinding]:
    """Yield the findings of the windows, every p-value adjusted for all of them."""
    from optimizer.stats.multiplicity import benjamini_hochberg  # noqa: PLC0415 - numpy

    known = [look.finding.p_value for look in looks]
    p_values = [1.0 if p is None else p for p in known]
    for look, p in zip(looks, benjamini_hochberg(p_values) if looks else (), strict=True):
        yield replace(look.finding, p_value=p, is_drifting=look.is_large and p <= alpha)


def _moves(series: Sequence[Tracked], watch: Watch) -> Iterator[DriftFinding]:
    """Yield what each detector says of each series; of runs rather than of their tasks."""
    seen: set[tuple[str, DriftMethod]] = set()
    pairs = []
    for one in series:
        for method in one.methods:
            if (one.metric, method) not in seen:
                seen.add((one.metric, method))
                pairs.append((one, method))
    for one, method in pairs:
        found = list(_found(one, method, watch, len(pairs)))
        yield found[-1] if found else _quiet(one, method)


def _found(
    series: Tracked, method: DriftMethod, watch: Watch, n_looks: int
) -> Iterator[DriftFinding]:
    """Yield the steps that a detector finds in a series, oldest first."""
    from optimizer.stats.steps import steps  # noqa: PLC0415 - numpy

    found = steps(
        series.values,
        method=DETECTORS[method],
        reference=series.reference,
        slack=watch.settings.slack,
        alpha=watch.settings.alpha / n_looks,
        horizon=max(min(watch.window_size, len(series.values)), series.reference + 1),
        delta=watch.delta,
        seed=watch.seed,
    )
    ends = [*(step.began for step in found), len(series.values)]
    for i, step in enumerate(found):
        yield _step(series, method, step, ends[i + 1], n_looks)


def _step(series: Tracked, method: DriftMethod, step: Step, end: int, n_looks: int) -> DriftFinding:
    before = series.shown[step.start : step.began]
    after = series.shown[step.began : max(end, step.index + 1)]
    return DriftFinding(
        metric=series.metric,
        method=method,
        is_drifting=True,
        statistic=step.statistic,
        threshold=step.threshold,
        p_value=None if step.p_value is None else min(1.0, step.p_value * n_looks),
        before=float(before.mean()),
        after=float(after.mean()),
        n_before=before.size,
        n_after=after.size,
        changed_at=series.at(step.began),
    )


def _quiet(series: Tracked, method: DriftMethod) -> DriftFinding:
    """Return that a detector found no step."""
    m = series.reference
    return DriftFinding(
        metric=series.metric,
        method=method,
        is_drifting=False,
        statistic=0.0,
        threshold=None,
        p_value=None,
        before=float(series.shown[:m].mean()),
        after=float(series.shown[m:].mean()),
        n_before=m,
        n_after=series.shown.size - m,
        changed_at=None,
    )


def _missing(
    own: Sequence[RunPoint],
    tasks: Columns | None,
    looks: Sequence[Look],
    series: Sequence[Tracked],
    watch: Watch,
) -> Iterator[str]:
    settings = watch.settings
    if not looks:
        n = _smaller_window(own, tasks)
        yield f"windows: not enough data: {n} of {settings.min_values} cases in the smaller one"
    elif tasks is None or bool((tasks.segment == tasks.newest).all()):
        yield "distributions: the tasks of earlier runs are beyond those that were read"
    if not any(DriftMethod.ADWIN not in one.methods for one in series):
        least = LEVELS * settings.reference_runs
        yield f"series of runs: not enough data: {len(own)} of {least} runs"
    if not any(DriftMethod.ADWIN in one.methods for one in series):
        least = LEVELS * settings.reference_tasks
        n = 0 if tasks is None else len(tasks.case)
        if n < least:
            yield f"series of tasks: not enough data: {n} of {least} tasks that were read"
        else:
            yield (
                f"series of tasks: not enough data: most cases ran fewer than {FEWEST_OF_CASE} "
                "times"
            )


def _smaller_window(own: Sequence[RunPoint], tasks: Columns | None) -> int:
    """Return the cases of the newest run or of all earlier ones, whichever are fewer."""
    if tasks is None:
        return min(sum(point.n for point in own[:-1]), own[-1].n)
    now = tasks.segment == tasks.newest
    return min(len(set(tasks.case[rows].tolist())) for rows in (now, ~now))


def _gravest_first(finding: DriftFinding) -> tuple[bool, float, str, str]:
    p = math.inf if finding.p_value is None else finding.p_value
    return (not finding.is_drifting, p, finding.metric, finding.method)
