"""What of a history the evidence is made of, as the settings say."""

from __future__ import annotations

from typing import Any

from optimizer.analysis.drift import Watch
from optimizer.analysis.scope import Scope
from optimizer.config.tree import Config
from optimizer.scoring_rules import ScoringRules
from optimizer.strategies.threshold_based import ThresholdBased


def scope_of(config: Config) -> Scope:
    """Return what a decision looks at."""
    return Scope(
        settings=config.evidence,
        rules=rules_of(config),
        slow_ms=slow_ms(config),
        watch=watch(config),
        anomaly=config.anomalies,
        budgets=config.budgets,
    )


def rules_of(config: Config) -> ScoringRules:
    """Return the rules that judge the variant in use."""
    return ScoringRules.from_config(config.scoring.model_dump())


def slow_ms(config: Config) -> float:
    """Return the limit on slow calls of the strategy that counts them."""
    entry = config.strategies.of(ThresholdBased)
    return float(getattr(entry, "max_latency_p95"))  # noqa: B009 - made from the strategy


def watch(config: Config) -> Watch:
    """Return how moves of metrics are looked for; part of it is said of `threshold_based`."""
    said: Any = config.strategies.of(ThresholdBased)
    return Watch(
        settings=config.drift,
        delta=said.drift_delta,
        window_size=said.drift_window_size,
        seed=config.evidence.seed,
    )
