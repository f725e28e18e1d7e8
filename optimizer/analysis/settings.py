"""Settings of the evidence, of looking for drift and anomalies in it, and of overviews."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings


class EvidenceSettings(Settings):
    """What a decision looks at."""

    max_runs: Annotated[int, Field(ge=1)] = 5
    """Newest runs of a variant that are looked at."""

    max_requests: Annotated[int, Field(ge=1)] = 2000
    """Newest tasks of a workflow that are replayed as a trace."""

    max_texts: Annotated[int, Field(ge=0)] = 500
    """Newest of those whose inputs are compared as texts, for near-duplicates; 0 for none."""

    max_points: Annotated[int, Field(ge=1)] = 50
    """Newest runs of a variant that are looked at as a series."""

    max_decisions: Annotated[int, Field(ge=0)] = 50
    """Newest earlier decisions on a workflow that are looked at."""

    min_control_runs: Annotated[int, Field(ge=2)] = 5
    """Fewest runs of a variant that draw control limits for its stability."""

    control_sigmas: Annotated[float, Field(gt=0)] = 3.0
    """Standard errors between the centre and a control limit."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of the intervals."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Decides everything random."""


class DriftSettings(Settings):
    """How a move of a metric is looked for; `threshold_based` has the window and ADWIN's delta."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of false alarms, over all the metrics and methods together."""

    min_values: Annotated[int, Field(ge=10)] = 30
    """Fewest values in either of two windows that are compared."""

    psi_threshold: Annotated[float, Field(gt=0)] = 0.2
    """Least population stability index that is drift, however many values there are."""

    psi_bins: Annotated[int, Field(ge=2, le=100)] = 10
    """Most bins of that index; fewer where a bin would hold less than five values."""

    min_distance: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Least distance between two distributions (Kolmogorov-Smirnov) that is drift, 0 to 1."""

    min_share_change: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Least change of the share of an outcome, or of a mean score, that is drift, 0 to 1."""

    min_shift: Annotated[float, Field(ge=0)] = 0.2
    """Least change of a mean that is drift, in standard deviations of the reference."""

    min_shared: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the newest run's cases that must have run before for a paired comparison."""

    reference_tasks: Annotated[int, Field(ge=10)] = 50
    """Tasks at the beginning of a series, and after each step, that the others are held against."""

    reference_runs: Annotated[int, Field(ge=10)] = 10
    """The same of a series of runs."""

    slack: Annotated[float, Field(gt=0)] = 0.5
    """Deviation that CUSUM and Page-Hinkley tolerate, in robust standard deviations."""

    max_tasks: Annotated[int, Field(ge=1)] = 20_000
    """Newest tasks of a workflow that `optimizer drift` and `optimizer anomalies` look at."""


class AnomalySettings(Settings):
    """What is out of the ordinary, held against earlier runs or values only.

    A threshold is that of a spread that is known; it is wider where few values tell the spread.
    """

    mad_threshold: Annotated[float, Field(gt=0)] = 3.5
    """Distance from the median that is out, in robust standard deviations (modified z)."""

    z_threshold: Annotated[float, Field(gt=0)] = 3.5
    """Distance from the mean that is out, in standard deviations."""

    iqr_factor: Annotated[float, Field(gt=0)] = 3.0
    """Distance beyond the quartiles that is out, in interquartile ranges."""

    memory: Annotated[int, Field(ge=20)] = 1000
    """Newest earlier values of a series that `max_share` is counted in: longer than a season."""

    max_share: Annotated[float, Field(ge=0, lt=0.5)] = 0.005
    """Share of earlier values that may lie as far out on the same side; more make it ordinary."""

    mahalanobis_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.999
    """Share of ordinary tasks whose latency, cost and tokens together are nearer."""

    min_runs: Annotated[int, Field(ge=5)] = 10
    """Fewest earlier runs that a run is held against."""

    min_tasks: Annotated[int, Field(ge=20)] = 50
    """Fewest earlier tasks, or values of a series, that one is held against."""

    history: Annotated[int, Field(ge=20)] = 200
    """Newest earlier values of a series that one is held against."""

    medium_from: Annotated[float, Field(ge=1)] = 1.5
    """Severity is medium from this multiple of the threshold on."""

    high_from: Annotated[float, Field(ge=1)] = 2.0
    """Severity is high from this multiple of the threshold on."""

    critical_from: Annotated[float, Field(ge=1)] = 4.0
    """Severity is critical from this multiple of the threshold on."""


class OverviewSettings(Settings):
    """How workflows are held against what they were, all of them at once."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Chance of any false alarm, over all workflows and metrics of a page together."""

    min_cases: Annotated[int, Field(ge=2)] = 20
    """Fewest shared cases on which a change is judged."""

    earlier_runs: Annotated[int, Field(ge=1)] = 5
    """Earlier runs of the variant in use that its newest run is held against."""

    stale_days: Annotated[float, Field(gt=0)] = 14.0
    """Days without a run after which a workflow has no recent data."""

    spend_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days that the spending of each workflow is counted over."""

    max_points: Annotated[int, Field(ge=2, le=100)] = 12
    """Newest runs of which the pass rates are drawn in a row."""

    max_watched: Annotated[int, Field(ge=0, le=1000)] = 10
    """Workflows, those in need first, that a summary looks over for drift and anomalies."""
