"""Decisions as the design documents write them in JSON: two shapes, all their names.

Numbers come in the documents' own scales; `pipeline.published_decisions` turns them into ours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from optimizer.models.dataclass import dataclass
from optimizer.models.proposals import Proposal
from optimizer.models.published import Amount, Count, Published, Rate

Number = Annotated[float, Field(allow_inf_nan=False)]
Pair = tuple[Number, Number]
Choice = str | dict[str, Any]
"""A choice by name, or by name with what belongs to it."""


class ConfidenceIntervals(Published):
    """Bounds of the predicted differences."""

    quality: Pair | None = None
    cost: Pair | None = None
    latency: Pair | None = None
    confidence_level: Annotated[float, Field(gt=0, lt=1)] = 0.95


class PredictedImpact(Published):
    """Predicted differences as shares of what is in use, negative is less."""

    quality_delta: Number
    cost_delta: Number
    latency_delta: Number
    confidence_intervals: ConfidenceIntervals | None = None
    risk_level: str | None = None


class ParameterChange(Published):
    """One parameter moved."""

    parameter_name: str
    old_value: Any = None
    new_value: Any = None
    reason: str = ""


class ConfigurationChanges(Published):
    """What one decision changes."""

    model_config_: Annotated[dict[str, Any] | str | None, Field(alias="model_config")] = None
    parameters: dict[str, ParameterChange] = Field(default_factory=dict)
    prompt_template: str | None = None
    traffic_allocation: dict[str, Any] | None = None


class PublishedDecision(Published):
    """One typed change by one strategy."""

    id: str
    decision_type: Choice
    strategy: str
    changes: ConfigurationChanges
    predicted_impact: PredictedImpact
    confidence: Rate
    timestamp: datetime
    metadata: Any = None


class ImpactEstimate(Published):
    """Expected effect; a cost reduction below 0 is a rise."""

    cost_reduction: Number
    latency_delta_ms: Number
    quality_delta: Number
    confidence: Rate
    risk: Rate


class AppliedStrategy(Published):
    """One strategy that had a part."""

    strategy_name: str
    execution_time_ms: Amount
    success: bool
    impact: ImpactEstimate | None = None
    error: str | None = None


class ModelSelection(Published):
    """The model that was chosen."""

    selected_model: str
    fallback_models: tuple[str, ...] = ()
    reason: str = ""
    score: Number | None = None


class CachingDecision(Published):
    """Whether and how to cache."""

    should_cache: bool
    cache_strategy: Choice
    ttl_seconds: Amount
    cache_key: str | None = None


class RateLimitingDecision(Published):
    """Whether to hold requests back."""

    should_throttle: bool
    delay_ms: Amount
    tokens_available: Amount
    quota_exceeded: bool


class BatchingDecision(Published):
    """Whether to wait for more requests."""

    should_batch: bool
    batch_id: str | None = None
    batch_size: Count
    max_wait_ms: Amount


class PromptOptimizationDecision(Published):
    """The prompt as rewritten."""

    optimized_prompt: str
    template_id: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    compression_applied: bool = False
    token_reduction: Number = 0.0


class OptimizationDecision(Published):
    """What all strategies made of one request."""

    decision_id: str
    request_id: str
    timestamp: datetime
    applied_strategies: tuple[AppliedStrategy, ...] = ()
    model_selection: ModelSelection | None = None
    caching: CachingDecision | None = None
    rate_limiting: RateLimitingDecision | None = None
    batching: BatchingDecision | None = None
    prompt_optimization: PromptOptimizationDecision | None = None
    confidence: Rate
    estimated_impact: ImpactEstimate
    metadata: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDecision:
    """A decision of the documents in our own terms.

    Attributes:
        decision_id: Its id.
        subject: What it is on: the request, or the strategy that made it.
        decided_at: When it was made.
        confidence: As it says.
        proposals: What it would change.
        notes: What else it says, and what could not be carried over.
    """

    decision_id: str
    subject: str
    decided_at: datetime
    confidence: float
    proposals: tuple[Proposal, ...]
    notes: tuple[str, ...]
