"""A prompt rewritten by one of the published strategies, without a model.

No strategy replaces a vague word by a made-up exact one: what is meant is asked instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from optimizer.models.contract import (
    OptimizationChange,
    OptimizationResult,
    OptimizationStrategy,
)
from optimizer.models.dataclass import dataclass
from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.tokens import CHARS_PER_TOKEN, estimated_tokens
from optimizer.promptcheck.transforms.applying import apply
from optimizer.promptcheck.transforms.base import NO_LESSONS, Lessons, Transform
from optimizer.promptcheck.transforms.contract import OutputContract
from optimizer.promptcheck.transforms.delimiters import Delimiters
from optimizer.promptcheck.transforms.duplicates import Duplicates
from optimizer.promptcheck.transforms.examples import Examples
from optimizer.promptcheck.transforms.filler import Filler
from optimizer.promptcheck.transforms.overload import Overload
from optimizer.promptcheck.transforms.questions import VagueWords
from optimizer.promptcheck.transforms.sections import Sections
from optimizer.promptcheck.transforms.verbose import Verbose
from optimizer.promptcheck.transforms.whitespace import Whitespace

UNVERIFIED = "unverified: no test has run"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedDown:
    """A transform that left the text alone, and why."""

    transform_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A prompt as a strategy leaves it.

    Attributes:
        text: The new text; the old one where nothing was done.
        changes: What was done, transform by transform.
        refused: Transforms that would have broken something, or lack what they need.
        questions: What a person should answer.
        estimated_tokens_before: Tokens of the old text by the published estimate.
    """

    text: str
    changes: tuple[OptimizationChange, ...]
    refused: tuple[TurnedDown, ...]
    questions: tuple[str, ...]
    estimated_tokens_before: float

    @property
    def rules(self) -> tuple[str, ...]:
        """Ids of the transforms that did something, in order."""
        return tuple(dict.fromkeys(change.rule_id for change in self.changes))

    @property
    def estimated_tokens_after(self) -> float:
        """Tokens of the new text by the same estimate."""
        return estimated_tokens(self.text)


def _lists_only(settings: TransformSettings) -> Transform:
    return Sections(settings, headings=False)


Maker = Callable[[TransformSettings], Transform]

REWRITES: Mapping[OptimizationStrategy, tuple[Maker, ...]] = {
    OptimizationStrategy.CLARITY_FOCUS: (
        Duplicates,
        Whitespace,
        _lists_only,
        Delimiters,
        OutputContract,
        Examples,
        VagueWords,
        Overload,
    ),
    OptimizationStrategy.EFFICIENCY_FOCUS: (Duplicates, Verbose, Filler, Whitespace),
    OptimizationStrategy.STRUCTURE_FOCUS: (
        Duplicates,
        Whitespace,
        Sections,
        Delimiters,
        OutputContract,
        Examples,
    ),
}
"""The transforms of each strategy, in order."""

WITHOUT_MODEL: Mapping[OptimizationStrategy, OptimizationStrategy] = {
    OptimizationStrategy.LLM_GUIDED: OptimizationStrategy.STRUCTURE_FOCUS,
    OptimizationStrategy.LLM_CLARITY: OptimizationStrategy.CLARITY_FOCUS,
    OptimizationStrategy.LLM_EFFICIENCY: OptimizationStrategy.EFFICIENCY_FOCUS,
    OptimizationStrategy.HYBRID: OptimizationStrategy.CLARITY_FOCUS,
}
"""What the strategies that ask a model come down to where there is none."""


def rewrite(
    text: str,
    strategy: OptimizationStrategy,
    *,
    lessons: Lessons | None = None,
    settings: TransformSettings | None = None,
) -> Rewritten:
    """Return a prompt as a strategy leaves it.

    Raises:
        ValueError: The strategy is `auto`: which one that is, test results decide.
    """
    makers = REWRITES.get(WITHOUT_MODEL.get(strategy, strategy))
    if makers is None:
        expected = ", ".join(REWRITES)
        raise ValueError(f"strategy {strategy.value}: names no transforms, expected {expected}")
    settings = settings or TransformSettings()
    return run([make(settings) for make in makers], text, lessons or NO_LESSONS)


def run(transforms: Sequence[Transform], text: str, lessons: Lessons) -> Rewritten:
    """Return a prompt as some transforms leave it, one after the other."""
    current = text
    changes: list[OptimizationChange] = []
    refused: list[TurnedDown] = []
    questions: list[str] = []
    for transform in transforms:
        done = apply(transform, current, lessons)
        current = done.text
        changes += done.changes
        questions += done.questions
        if done.refused:
            transform_id = transform.page.transform_id
            refused.append(TurnedDown(transform_id=transform_id, reason=done.refused))
    return Rewritten(
        text=current,
        changes=tuple(changes),
        refused=tuple(refused),
        questions=tuple(questions),
        estimated_tokens_before=estimated_tokens(text),
    )


def as_result(
    rewritten: Rewritten,
    *,
    prompt_id: str,
    original: str,
    strategy: OptimizationStrategy,
    optimized_at: datetime,
) -> OptimizationResult:
    """Return the published record of a rewriting.

    Both numbers the record asks for are 0: nothing was measured, and how a text reads is no
    evidence that it works better. The metadata says so in words.
    """
    return OptimizationResult(
        prompt_id=prompt_id,
        original_prompt=original,
        optimized_prompt=rewritten.text,
        strategy=strategy,
        improvement_score=0.0,
        confidence=0.0,
        changes=list(rewritten.changes),
        metadata={
            "verification": UNVERIFIED,
            "rules": list(rewritten.rules),
            "refused": {one.transform_id: one.reason for one in rewritten.refused},
            "questions": list(rewritten.questions),
            "token_estimate": f"{CHARS_PER_TOKEN} characters each",
            "estimated_tokens_before": rewritten.estimated_tokens_before,
            "estimated_tokens_after": rewritten.estimated_tokens_after,
        },
        optimized_at=optimized_at,
    )
