"""The strategies, in the order the pipeline asks them."""

from __future__ import annotations

from optimizer.strategies.ab_testing import AbTesting
from optimizer.strategies.base import Strategy
from optimizer.strategies.model_selection import ModelSelection
from optimizer.strategies.pareto_optimization import ParetoOptimization
from optimizer.strategies.prompt_optimization import PromptOptimization
from optimizer.strategies.threshold_based import ThresholdBased

__all__ = ["STRATEGIES", "Strategy"]

STRATEGIES: tuple[type[Strategy], ...] = (
    ThresholdBased,
    AbTesting,
    ModelSelection,
    ParetoOptimization,
    PromptOptimization,
)
