"""What the metrics and assertions of promptfoo said of a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from executor_bridge.amounts import number
from executor_bridge.formats.promptfoo.rows import Grading, Row
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Score

ASSERT_SET = "assert-set"
"""How a result that puts several assertions together is called."""


def scores_of(row: Row) -> tuple[Score, ...]:
    """Return what each metric and each assertion said, every one by a name of its own."""
    grading = row.grading_result
    parts = (grading and grading.component_results) or ()
    named = row.named_scores or {}
    for part in parts:
        found = part and (part.named_scores or part.named_scores_of_python)
        if isinstance(found, Mapping):
            named = {**found, **named}
    if not named:
        return _unnamed(parts, {}) if parts else ()
    verdicts: dict[str, bool] = {}
    others = []
    for part in parts:
        metric = part and part.assertion and part.assertion.metric
        if part and metric and metric in named:
            verdicts[metric] = verdicts.get(metric, True) and part.passed is True
        else:
            others.append(part)
    metrics = [Score(name, number(value), verdicts.get(name)) for name, value in named.items()]
    return (*metrics, *_unnamed(others, dict.fromkeys(named, 1)))


def primary_of(row: Row, scores: Sequence[Score], settings: IngestSettings) -> float | None:
    """Return the score asked for, else promptfoo's own."""
    if settings.score is None:
        return number(row.score)
    return next((score.value for score in scores if score.name == settings.score), None)


def _unnamed(parts: Iterable[Grading | None], seen: dict[str, int]) -> tuple[Score, ...]:
    """Return what assertions said; those of one name are numbered."""
    scores = []
    for part in parts:
        if part is not None:
            told, reason = part.assertion, part.reason
            name = (told and (told.metric or told.type)) or ASSERT_SET
            n = seen[name] = seen.get(name, 0) + 1
            unique = name if n == 1 else f"{name}#{n}"
            text = reason if isinstance(reason, str) else None
            scores.append(Score(unique, number(part.score), part.passed, text))
    return tuple(scores)
