"""The strategies, in the order the pipeline asks them."""

from __future__ import annotations

from optimizer.strategies.ab_testing import AbTesting
from optimizer.strategies.adaptive_parameters import AdaptiveParameters
from optimizer.strategies.base import Strategy
from optimizer.strategies.batching import Batching
from optimizer.strategies.caching import Caching
from optimizer.strategies.model_selection import ModelSelection
from optimizer.strategies.pareto_optimization import ParetoOptimization
from optimizer.strategies.prompt_optimization import PromptOptimization
from optimizer.strategies.rate_limiting import RateLimiting
from optimizer.strategies.reinforcement_feedback import ReinforcementFeedback
from optimizer.strategies.threshold_based import ThresholdBased

__all__ = ["STRATEGIES", "Strategy"]

STRATEGIES: tuple[type[Strategy], ...] = (
    ThresholdBased,
    AbTesting,
    ModelSelection,
    Caching,
    ParetoOptimization,
    PromptOptimization,
    RateLimiting,
    ReinforcementFeedback,
    AdaptiveParameters,
    Batching,
)
