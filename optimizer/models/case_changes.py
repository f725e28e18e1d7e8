"""What became of each case, down to what was put in and what came out."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Self

from optimizer.models.dataclass import dataclass


class CaseChange(StrEnum):
    """What became of a case."""

    BROKEN = "broken"
    """Passes less often than under the baseline."""

    FIXED = "fixed"
    """Passes more often than under the baseline."""

    FAILING = "failing"
    """Passes no try, as before; of one run: passes no try."""

    FLAKY = "flaky"
    """Passes some of its tries, as often as before; of one run: passes some."""

    PASSING = "passing"
    """Passes every try, as before."""


class Kept(StrEnum):
    """How much of a text is kept."""

    WHOLE = "whole"
    EXCERPT = "excerpt"
    """How it begins."""

    HASH = "hash"
    """Its SHA-256, which tells equal from unequal and no more."""

    NOTHING = "nothing"
    """It was not recorded, or is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseText:
    """One text of a case.

    Attributes:
        text: What is at hand; None where nothing is kept.
        kept: How much of it the history, or the file, has.
        n_chars: Characters of what is kept; more than in `text` where that was cut.
    """

    text: str | None = None
    kept: Kept = Kept.NOTHING
    n_chars: int = 0


NO_TEXT = CaseText()


@dataclass(frozen=True, slots=True, kw_only=True)
class TryTexts:
    """What came of one try of a case.

    Attributes:
        status: How the try ended.
        output: What came out.
        error: What the executor said of its failure, or None.
        reasons: What its scorers said, each after the name of the scorer.
    """

    status: str
    output: CaseText = NO_TEXT
    error: CaseText | None = None
    reasons: tuple[CaseText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseArm:
    """What a case gave under one arm; a mean over no known value is None.

    Attributes:
        n: Completed tries.
        n_passed: Those that passed.
        score: Mean score, 0 to 1.
        latency_ms: Mean time.
        cost_usd: Mean price.
        tokens: Mean count.
        shown: The try whose texts tell the change; None where texts were not asked for.
    """

    n: int
    n_passed: int
    score: float | None = None
    latency_ms: float | None = None
    cost_usd: float | None = None
    tokens: float | None = None
    shown: TryTexts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOutcome:
    """What became of one case.

    Attributes:
        case_id: The case.
        change: What became of it.
        arms: What it gave under each arm, the baseline first; of a run, under each variant.
        input: What was put in; None where texts were not asked for.
        expected: What should have come out, where the input says it.
    """

    case_id: str
    change: CaseChange
    arms: tuple[CaseArm, ...]
    input: CaseText | None = None
    expected: CaseText | None = None


VARIANTS_WITH_CASES = 50
"""Variants of a run whose failing cases are told, the first ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """How many texts are fetched, and how much of each.

    Attributes:
        n_cases: Cases whose texts are wanted, the most telling first; None: all.
        n_chars: Characters of a text; None: all.
        n_near: Cases that this holds for; None: all.
        far_chars: Characters of the texts of the others.
    """

    n_cases: int | None = None
    n_chars: int | None = None
    n_near: int | None = None
    far_chars: int = 1_000

    def chars(self, place: int) -> int | None:
        """Return how many characters of a text are wanted of the case at a place."""
        return self.n_chars if self.n_near is None or place < self.n_near else self.far_chars

    def shared_by(self, n: int) -> Self:
        """Return the limits of each of some comparisons that go to the same place."""
        if self.n_cases is None:
            return self
        near = None if self.n_near is None else max(1, self.n_near // n)
        return replace(self, n_cases=max(1, self.n_cases // n), n_near=near)
