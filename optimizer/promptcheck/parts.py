"""A score and the terms it is the sum of."""

from __future__ import annotations

from optimizer.models.dataclass import dataclass

LOWEST, HIGHEST = 0.0, 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One addend of a score.

    Attributes:
        points: What it adds.
        reason: The fact it is added for, with its count.
    """

    points: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the five measured parts of the published scores."""

    name: str
    terms: tuple[Term, ...]

    @property
    def score(self) -> float:
        """Return the sum of the terms, 0 to 100."""
        return clamp(sum(term.points for term in self.terms))


def clamp(points: float) -> float:
    """Return the points, 0 to 100."""
    return min(HIGHEST, max(LOWEST, points))


def explanation(part: Part) -> str:
    """Return the sum in words: `structure 75: 50 base +15 headings (2) +10 newlines (4)`."""
    base, *others = part.terms
    addends = "".join(f" {_points(term.points, sign='+')} {term.reason}" for term in others)
    return f"{part.name} {_points(part.score)}: {_points(base.points)} {base.reason}{addends}"


def _points(points: float, *, sign: str = "") -> str:
    return format(points, f"{sign}.1f").removesuffix(".0")
