"""The three published scores of a prompt text, 0 to 100, by the documented formulas.

overall = 0.6 clarity + 0.4 efficiency
clarity = 0.4 structure + 0.3 specificity + 0.3 coherence
efficiency = 0.5 token + 0.5 density
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck import clarity, efficiency
from optimizer.promptcheck.parts import Part, clamp
from optimizer.promptcheck.reading import Reading

CLARITY_WEIGHT = 0.6  # share of clarity in the overall score
EFFICIENCY_WEIGHT = 0.4  # share of efficiency


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The published scores, 0 to 100.

    Attributes:
        parts: The five parts they are made of, those of clarity first.
    """

    overall: float
    clarity: float
    efficiency: float
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part:
        """Return a part by its name."""
        return next(part for part in self.parts if part.name == name)


def score(reading: Reading) -> Scores:
    """Return the scores of a prompt that is not blank."""
    clear, efficient = clarity.clarity_parts(reading), efficiency.efficiency_parts(reading)
    clarity_score = _weighted(clear, clarity.WEIGHTS)
    efficiency_score = _weighted(efficient, efficiency.WEIGHTS)
    return Scores(
        overall=clamp(CLARITY_WEIGHT * clarity_score + EFFICIENCY_WEIGHT * efficiency_score),
        clarity=clarity_score,
        efficiency=efficiency_score,
        parts=(*clear, *efficient),
    )


def _weighted(parts: Sequence[Part], weights: Mapping[str, float]) -> float:
    return clamp(sum(weights[part.name] * part.score for part in parts))
