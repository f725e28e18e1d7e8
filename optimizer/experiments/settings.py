"""Settings of comparisons."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings

Share = Annotated[float, Field(gt=0, lt=1)]


class MarginSettings(Settings):
    """How much worse still counts as no worse, by metric.

    Rates in absolute terms (0.05 is 5 percentage points), amounts in relative ones (0.10 is 10 %).
    """

    success: Share = 0.05
    """Of the pass rate."""

    score: Share = 0.05
    """Of the mean score."""

    latency: Share = 0.20
    """Of the mean latency."""

    latency_p50: Share = 0.20
    """Of the median latency."""

    latency_p95: Share = 0.20
    """Of the 95th percentile of the latency."""

    cost: Share = 0.10
    """Of the mean price of a test."""

    tokens: Share = 0.10
    """Of the mean token count of a test."""

    def of(self, metric: str) -> float:
        """Return the margin of a metric, by its name."""
        return float(getattr(self, metric))


class ComparisonSettings(Settings):
    """How two variants are compared."""

    alpha: Share = 0.05
    """Two-sided false-alarm rate of a comparison."""

    power: Share = 0.8
    """Power that planned numbers of cases are made for."""

    min_effect: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Least effect worth having, in the unit of the metric's margin."""

    margins: MarginSettings = MarginSettings()

    min_coverage: Share = 0.9
    """Least share of the larger arm's cases that both must have run to be compared in pairs."""

    min_changed: Annotated[int, Field(ge=1)] = 5
    """Fewer changed cases than this can never be significant."""

    min_changed_for_t: Annotated[int, Field(ge=1)] = 20
    """From as many changed cases on, Student's t; below, permutation of signs."""

    min_cases_for_t: Annotated[int, Field(ge=2)] = 15
    """Least number of cases for Student's t."""

    min_families: Annotated[int, Field(ge=2)] = 5
    """Fewer families than this settle nothing."""

    min_cases_for_z: Annotated[int, Field(ge=1)] = 20
    """Cases of an unpaired arm below which an exact test replaces the normal approximation."""

    resamples: Annotated[int, Field(ge=999)] = 1999
    """Resamples of a bootstrap."""

    asymmetry_p: Share = 0.01
    """Errors or missing tasks that favour one arm are reported below this p-value."""

    split_p: Share = 0.001
    """A split between arms that deviates from the plan is reported below this p-value."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Decides everything random."""
