"""One transform applied to one text: changed and unharmed, or left alone with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.contract import OptimizationChange
from optimizer.models.dataclass import dataclass
from optimizer.models.linting import Edit
from optimizer.promptcheck.edits.editing import edited
from optimizer.promptcheck.edits.steps import Step
from optimizer.promptcheck.layout import Layout, lay_out
from optimizer.promptcheck.transforms.base import NO_LESSONS, Lessons, Plan, Transform
from optimizer.promptcheck.transforms.invariants import Attempt, violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformed:
    """What became of a text.

    Attributes:
        text: The new text; the old one where nothing was done.
        changes: What was done, in the order of the text; () where nothing was.
        refused: Why nothing was done although there may be something to do, or None.
        questions: What a person should answer.
    """

    text: str
    changes: tuple[OptimizationChange, ...] = ()
    refused: str | None = None
    questions: tuple[str, ...] = ()


def apply(transform: Transform, text: str, lessons: Lessons = NO_LESSONS) -> Transformed:
    """Return a text as a transform leaves it; unchanged where an invariant would break."""
    before = lay_out(text)
    plan = transform.plan(before, lessons)
    if not plan.steps:
        return Transformed(text=text, refused=plan.refused, questions=plan.questions)
    edits = [step.edit for step in plan.steps]
    after = edited(text, edits)
    laid_out = lay_out(after)
    attempt = Attempt(
        original=text,
        text=after,
        before=before.reading,
        after=laid_out.reading,
        edits=edits,
        kind=transform.page.kind,
        permit=transform.permit,
    )
    reason = violation(attempt) or _goes_on(transform.plan(laid_out, lessons))
    if reason:
        return Transformed(text=text, refused=reason, questions=plan.questions)
    return Transformed(
        text=after,
        changes=_changes(transform.page.transform_id, before, plan.steps),
        questions=plan.questions,
    )


def _goes_on(again: Plan) -> str | None:
    return "a second pass would change the text again" if again.steps else None


def _changes(rule_id: str, before: Layout, steps: Sequence[Step]) -> tuple[OptimizationChange, ...]:
    return tuple(
        OptimizationChange(
            rule_id=rule_id,
            description=step.description,
            location=before.reading.location(step.edit.start),
            before=_old(before, step.edit),
            after=step.edit.text,
        )
        for step in steps
    )


def _old(before: Layout, edit: Edit) -> str:
    return before.reading.text[edit.start : edit.end]
