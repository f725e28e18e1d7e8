"""Should this prompt be optimized, and which way? The published thresholds and their explanation.

The published answers (`should_optimize`, `select_strategy`) compare plain figures with plain
thresholds, strictly. `explain_optimize` gives the same answer rule by rule, with margins, n and
intervals, so that one failure of three tests reads as too little data.
"""

from __future__ import annotations

from optimizer.scoring_rules.legacy import _convert_legacy_baseline_metrics
from optimizer.scoring_rules.rules import ScoringRules
from optimizer.scoring_rules.settings import ScoringSettings

__all__ = ["ScoringRules", "ScoringSettings", "_convert_legacy_baseline_metrics"]
