"""How settled the variant in use is: the share of its recent runs within their control limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optimizer.models.summaries import RunPoint, Stability

if TYPE_CHECKING:
    from optimizer.analysis.settings import EvidenceSettings

FEWEST = 2
"""Scores of a run to have a spread."""


def stability(
    runs: Sequence[RunPoint], variant_id: str, settings: EvidenceSettings
) -> Stability | None:
    """Return how many runs of a variant lie outside of limits that all of them draw.

    A run is outside where its pass rate is, or its mean score. Times and prices are not looked
    at: they move with the machine and the hour, which is no fault of the variant.

    Args:
        runs: Of any variant.
        variant_id: The one that is meant.
        settings: How many runs it takes, and how wide the limits are.

    Returns:
        None below `min_control_runs` runs with a completed task.
    """
    own = [run for run in runs if run.variant_id == variant_id and run.n]
    if len(own) < settings.min_control_runs:
        return None
    passed, scored = _outside(own, settings.control_sigmas)
    outside = [any(marks) for marks in zip(passed, scored, strict=True)]
    n_outside = sum(outside)
    return Stability(n_runs=len(own), n_outside=n_outside, value=1 - n_outside / len(own))


def _outside(runs: Sequence[RunPoint], sigmas: float) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Return which runs are outside by pass rate, and which by score where all have one."""
    from optimizer.stats.control_limits import p_chart, x_bar_chart  # noqa: PLC0415 - few have runs

    n = [run.n for run in runs]
    passed = p_chart([run.n_succeeded for run in runs], n, sigmas=sigmas).outside
    means = [run.score_mean for run in runs if run.score_mean is not None]
    sds = [run.score_sd for run in runs if run.score_sd is not None]
    if len(means) < len(runs) or len(sds) < len(runs) or min(n) < FEWEST:
        return passed, (False,) * len(runs)
    return passed, x_bar_chart(means, sds, n, sigmas=sigmas).outside
