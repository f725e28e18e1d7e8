"""Settings of the scoring rules."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings

Percent = Annotated[float, Field(ge=0, le=100)]
Rate = Annotated[float, Field(ge=0, le=1)]


class ScoringSettings(Settings):
    """Thresholds of the scoring rules; only a count of issues fires at its threshold."""

    optimization_threshold: Percent = 80.0
    """Static score of a prompt below which it should be optimized, 0 to 100."""

    critical_issue_threshold: Annotated[int, Field(ge=1)] = 1
    """Number of critical issues from which a prompt should be optimized."""

    clarity_efficiency_gap: Percent = 10.0
    """How far clarity and efficiency must differ for the lower one to be the focus, in points."""

    low_score_threshold: Percent = 70.0
    """Score below which clarity or efficiency counts as low, 0 to 100."""

    min_confidence: Rate = 0.6
    """Confidence below which an optimization result is not used."""

    high_confidence: Rate = 0.8
    """Confidence from which a result can be of high quality."""

    major_version_min_improvement: Annotated[float, Field(ge=0)] = 15.0
    """Improvement from which a new prompt is a major version, in points."""

    minor_version_min_improvement: Annotated[float, Field(ge=0)] = 5.0
    """Improvement from which a new prompt is a minor version, in points."""

    min_success_rate: Rate = 0.8
    """Pass rate below which a prompt should be optimized."""

    max_acceptable_latency_ms: Annotated[float, Field(ge=0)] = 5000.0
    """Mean response time above which a prompt should be optimized, in ms."""

    max_cost_per_request: Annotated[float, Field(ge=0)] = 0.1
    """Mean price of a call above which a prompt should be optimized, in USD."""

    max_timeout_error_rate: Rate = 0.05
    """Share of timeouts above which a prompt should be optimized."""

    strategy_timeout_rate: Rate = 0.1
    """Share of timeouts above which clarity is the focus."""
