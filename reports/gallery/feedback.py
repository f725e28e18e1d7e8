"""The report of feedback: what users say of each variant, and whether the tests agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from optimizer.models.feedback import (
    Comment,
    FeedbackKind,
    FeedbackView,
    KindFigures,
    TaskRate,
    VariantFeedback,
)
from optimizer.models.rules import Unit
from reports.document import Block, Details, Document, Prose, Section, Table, Verdict, left, right
from reports.formatting import (
    UNKNOWN,
    count,
    figure,
    figure_interval,
    interval,
    level,
    moment,
    name_of,
    plural,
    rate,
)
from reports.tones import Tone

Named = tuple[str, VariantFeedback]

ID_SHOWN = 8
"""Characters of an id that tell two variants of one label apart."""

METHOD = (
    "Values run from 0 (worst) to 1 (best). A mean is taken over tasks: what several users said "
    "of one task counts once, as their mean. Its interval is Wilson's, of a rate over as many "
    "tasks; ratings vary less than a rate of the same mean, so that theirs errs on the wide side. "
    "Retried is the share of all tasks of the variant after which a user is known to have asked "
    "again; tasks without feedback count as not retried. It is unknown of a variant without any "
    "feedback, and where no retry of the workflow was ever told. Who gives feedback is not drawn "
    "at random; the intervals say nothing of that."
)


def feedback(found: FeedbackView) -> Document:
    """Lay out what users say."""
    named = _named(found.variants)
    told = [(name, variant) for name, variant in named if variant.n_feedback]
    return Document(
        title=_title(found),
        verdict=_verdict(found),
        blocks=(
            Section("Variants", (_variants(named, found.level),)),
            *((_values(told, found.level), _agreement(told, found.level)) if told else ()),
            _comments(found),
            Details("How it is measured", (Prose(METHOD),)),
        ),
        hints=_hints(found),
    )


def _title(found: FeedbackView) -> str:
    scope = found.run_id or found.workflow_id
    return f"Feedback on {scope}" if scope else "Feedback"


def _verdict(found: FeedbackView) -> Verdict:
    if not found.n_feedback:
        return Verdict(Tone.NEUTRAL, "No feedback is stored of this.")
    parts = [f"{count(found.n_matched)} matched to tasks"]
    if found.n_unmatched:
        parts.append(f"{count(found.n_unmatched)} not yet")
    if found.n_ambiguous:
        parts.append(f"{count(found.n_ambiguous)} ambiguous")
    tone = Tone.NEUTRAL if found.n_matched else Tone.WARN
    pieces = f"{plural(found.n_feedback, 'piece')} of feedback"
    return Verdict(tone, f"{pieces}: {', '.join(parts)}.")


def _variants(named: Sequence[Named], share: float) -> Table:
    return Table(
        columns=(
            left("variant"),
            right("tasks"),
            right("with feedback"),
            right("pieces"),
            right("up"),
            right("down"),
            right("retried"),
            right(f"{level(share)} CI"),
        ),
        rows=tuple(
            (
                name,
                count(variant.n_tasks),
                count(variant.n_told),
                count(variant.n_feedback),
                count(variant.n_up),
                count(variant.n_down),
                rate(variant.retried.mean),
                _interval(variant.retried),
            )
            for name, variant in named
        ),
        empty="No feedback is of a task in the history.",
    )


def _values(told: Sequence[Named], share: float) -> Section:
    rows = tuple(
        (
            name,
            str(kind.kind),
            count(kind.n),
            count(kind.value.n_tasks),
            _shown(kind, kind.value.mean),
            _bounds(kind),
        )
        for name, variant in told
        for kind in variant.kinds
    )
    columns = (
        left("variant"),
        left("kind"),
        right("pieces"),
        right("tasks"),
        right("mean"),
        right(f"{level(share)} CI"),
    )
    table = Table(columns, rows, empty="No feedback has a value.")
    return Section("Values from 0 (worst) to 1 (best)", (table,))


def _agreement(told: Sequence[Named], share: float) -> Section:
    rows = tuple(
        (name, test, count(liked.n_tasks), rate(liked.mean), _interval(liked))
        for name, variant in told
        if variant.liked_passed.n_tasks + variant.liked_failed.n_tasks
        for test, liked in (("passed", variant.liked_passed), ("failed", variant.liked_failed))
    )
    columns = (
        left("variant"),
        left("test"),
        right("tasks"),
        right("thumbs up"),
        right(f"{level(share)} CI"),
    )
    table = Table(columns, rows, empty="No task has a thumb up or down.")
    return Section("Do users agree with the tests?", (table,))


def _comments(found: FeedbackView) -> Block:
    more = found.n_comments - len(found.comments)
    table = Table(
        columns=(left("when"), left("variant"), left("task"), left("test"), left("said")),
        rows=tuple(
            (
                moment(comment.happened_at),
                name_of(comment.variant),
                name_of(comment.task_id),
                comment.status,
                _said(comment),
            )
            for comment in found.comments
        ),
        caption=f"{plural(more, 'comment')} more; --limit shows them" if more else None,
        empty="No comment is of a task in the history.",
    )
    return Section("Newest comments", (table,))


def _said(comment: Comment) -> str:
    if comment.kind is FeedbackKind.THUMB and comment.value is not None:
        return f"({'up' if comment.value else 'down'}) {comment.text}"
    if comment.value is None or comment.kind is FeedbackKind.RETRY:
        return comment.text
    return f"({figure(comment.value)}) {comment.text}"


def _shown(kind: KindFigures, value: float | None) -> str:
    return rate(value) if kind.kind is FeedbackKind.THUMB else figure(value)


def _bounds(kind: KindFigures) -> str:
    if kind.kind is FeedbackKind.THUMB:
        return _interval(kind.value)
    return figure_interval(kind.value.low, kind.value.high)


def _interval(found: TaskRate) -> str:
    return UNKNOWN if found.mean is None else interval(Unit.RATE, found.low, found.high)


def _named(variants: Sequence[VariantFeedback]) -> list[Named]:
    """Return the variants with names that tell them apart: workflow and id where needed."""
    workflows = {variant.workflow_id for variant in variants}
    namesakes = Counter((variant.workflow_id, variant.variant) for variant in variants)
    named = []
    for variant in variants:
        name = name_of(variant.variant)
        if namesakes[variant.workflow_id, variant.variant] > 1:
            name = f"{name} ({variant.variant_id[:ID_SHOWN]})"
        if len(workflows) > 1:
            name = f"{name_of(variant.workflow_id)}: {name}"
        named.append((name, variant))
    return named


def _hints(found: FeedbackView) -> tuple[str, ...]:
    hints = []
    if not found.n_feedback:
        hints.append("Store feedback with 'optimizer ingest feedback FILE'.")
    if found.n_unmatched:
        hints.append("What is not matched yet will be, as soon as its run is ingested.")
    if found.n_metrics:
        hints.append(f"{plural(found.n_metrics, 'point')} of metrics kept, not averaged here.")
    return tuple(hints)
