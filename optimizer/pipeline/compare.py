"""From arms to verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from optimizer.experiments.comparing import METHODS
from optimizer.experiments.comparing import compare as compare_loaded
from optimizer.experiments.guardrails import guard
from optimizer.experiments.settings import ComparisonSettings
from optimizer.experiments.units import read_guardrail, read_setting
from optimizer.models.cases import LoadedArm
from optimizer.models.errors import ConfigError, SelectionError
from optimizer.models.nearest import meant
from optimizer.models.terms import GuardMode, Metric, Scope, Severity
from optimizer.models.verdicts import BaselineGate, Comparison, ComparisonSet, Finding, Guardrail


def compare(
    arms: Sequence[LoadedArm],
    *,
    settings: ComparisonSettings,
    metrics: Sequence[Metric] | None = None,
    scope: str = Scope.CASES,
    families: bool = True,
    method: str | None = None,
    correction: str = "holm",
) -> ComparisonSet:
    """Compare the first arm with each of the others.

    Raises:
        SelectionError: There are fewer than two arms, or the method is unknown.
    """
    if len(arms) < 2:  # noqa: PLR2004 - a comparison takes two
        raise SelectionError(
            "compare: one arm, expected a baseline and at least one candidate",
            hint="As in: optimizer compare baseline.json candidate.json",
        )
    if method is not None and method not in METHODS:
        raise SelectionError(
            f"method {method!r}: unknown, expected one of {', '.join(METHODS)}",
            hint=meant(method, METHODS),
        )
    _require_unlike(arms[1:])
    found = compare_loaded(
        arms[0],
        arms[1:],
        settings=settings,
        metrics=metrics,
        scope=Scope(scope),
        families=families,
        method=method,
        correction=correction,
    )
    return replace(found, comparisons=tuple(map(_beside_experiments, found.comparisons)))


def _require_unlike(candidates: Sequence[LoadedArm]) -> None:
    """Refuse a candidate that is given twice: it would be corrected for twice."""
    seen: dict[tuple[str, str], str] = {}
    for arm in (one.arm for one in candidates):
        content = (arm.variant_id, arm.content_sha256)
        if content in seen:
            raise SelectionError(
                f"candidates {seen[content]} and {arm.selector}: are the same runs of the same "
                "variant"
            )
        seen[content] = arm.selector


def gate(
    baseline: LoadedArm,
    candidate: LoadedArm,
    guardrails: Sequence[Guardrail],
    *,
    settings: ComparisonSettings,
) -> BaselineGate:
    """Judge a candidate against a baseline by guardrails."""
    margins = {guardrail.metric.value: guardrail.margin for guardrail in guardrails}
    asked = settings.model_copy(update={"margins": settings.margins.model_copy(update=margins)})
    metrics = tuple(dict.fromkeys(guardrail.metric for guardrail in guardrails))
    found = compare_loaded(baseline, [candidate], settings=asked, metrics=metrics)
    return guard(_beside_experiments(found.comparisons[0]), guardrails)


def read_guardrails(
    texts: Sequence[str], settings: ComparisonSettings, mode: str
) -> tuple[Guardrail, ...]:
    """Return the guardrails that are asked for; the pass rate by its margin where none is.

    Raises:
        ConfigError: One cannot be read, or a metric has two.
    """
    asked = GuardMode(mode)
    if not texts:
        return (Guardrail(metric=Metric.SUCCESS, margin=settings.margins.success, mode=asked),)
    found = tuple(read_guardrail(text, asked) for text in texts)
    if len({guardrail.metric for guardrail in found}) < len(found):
        raise ConfigError(f"guardrails {', '.join(texts)}: one metric has two")
    return found


def with_margins(settings: ComparisonSettings, margins: Iterable[str]) -> ComparisonSettings:
    """Return settings with some margins replaced, each written as `success=5pp`.

    Raises:
        ConfigError: One cannot be read, or a metric has two.
    """
    asked = tuple(margins)
    changed = {metric.value: margin for metric, margin in map(read_setting, asked)}
    if len(changed) < len(asked):
        raise ConfigError(f"margins {', '.join(asked)}: one metric has two")
    return settings.model_copy(update={"margins": settings.margins.model_copy(update=changed)})


def _beside_experiments(found: Comparison) -> Comparison:
    """Say so where an experiment looks at the same arms: this look is not in its ledger."""
    shared = [name for name in found.baseline.experiments if name in found.candidate.experiments]
    told = tuple(
        Finding(
            code="look_outside_experiment",
            severity=Severity.CAVEAT,
            text=f"experiment {name} compares these variants: this look is not in its ledger and "
            "gives no licence to stop it",
        )
        for name in shared
    )
    return replace(found, findings=(*found.findings, *told))
