"""Read decisions that were written in JSON with the names of the design documents.

An effect needs its number of observations: where the file has none, in `metadata.sample_size`, its
numbers are told as claims and no effect is made of them. Quality is from 0 to 1 here; a difference
beyond 1 is taken as one of 100 points. A cost reduction keeps its sign.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from pydantic import ValidationError

from optimizer.models.errors import Fault, FormatError
from optimizer.models.proposals import Change, DecisionType, Effect, Proposal
from optimizer.models.published_decisions import (
    ConfidenceIntervals,
    ConfigurationChanges,
    ImpactEstimate,
    OptimizationDecision,
    PublishedDecision,
    ReadDecision,
)

POINTS = 100.0
"""Scale of quality in files that do not go from 0 to 1."""

UNCOUNTED = "the file has no number of observations, so its numbers are claims and no effects"
NOT_GIVEN = "the file gives no reason"
SHOWN = 40
"""Characters of a wrong value that a message shows."""

UNLESS = "the file does not say"


def read_decision(text: bytes, source: str) -> ReadDecision:
    """Return a decision of the documents in our own terms.

    Args:
        text: The JSON.
        source: Name of the file, for messages.

    Raises:
        FormatError: It is no JSON, or no decision of the documents.
    """
    try:
        found = msgspec.json.decode(text.removeprefix(BOM_UTF8))
    except (msgspec.DecodeError, RecursionError) as error:
        raise FormatError(
            source, (Fault(place="file", found=None, expected=f"JSON: {error}"),)
        ) from error
    if not isinstance(found, dict):
        raise FormatError(
            source, (Fault(place="file", found=_short(found), expected="a JSON object"),)
        )
    kind = OptimizationDecision if "decision_id" in found else PublishedDecision
    try:
        decision = kind.model_validate(found)
    except ValidationError as error:
        raise FormatError(source, tuple(_faults(error))) from error
    if isinstance(decision, OptimizationDecision):
        return _of_plan(decision)
    return _of_architecture(decision, source)


def _faults(error: ValidationError) -> Iterator[Fault]:
    for detail in error.errors(include_url=False):
        place = ".".join(map(str, detail["loc"])) or "file"
        expected = detail["msg"][:1].lower() + detail["msg"][1:]
        is_missing = detail["type"] == "missing"
        found = None if is_missing else _short(detail["input"])
        yield Fault(place=place, found=found, expected=expected)


def _short(value: object) -> str:
    return msgspec.json.encode(value).decode()[:SHOWN]


def _of_architecture(decision: PublishedDecision, source: str) -> ReadDecision:
    name, details = _choice(decision.decision_type)
    effects, claims = _predicted(decision)
    proposal = Proposal(
        strategy=decision.strategy,
        type=_type(name, source),
        changes=tuple(_changes(decision.changes, name, details)),
        effects=effects,
        effects_note=None if effects else UNCOUNTED,
        confidence=decision.confidence,
        rationale=str(details.get("reason") or details.get("adjustment_reason") or NOT_GIVEN),
        unless=UNLESS,
        notes=claims,
    )
    risk = decision.predicted_impact.risk_level
    return ReadDecision(
        decision_id=decision.id,
        subject=decision.strategy,
        decided_at=decision.timestamp,
        confidence=decision.confidence,
        proposals=(proposal,),
        notes=(f"The file says that its risk is {risk.lower()}.",) if risk else (),
    )


def _changes(changes: ConfigurationChanges, name: str, details: dict[str, Any]) -> Iterator[Change]:
    if "to_model" in details:
        yield Change(setting="model", old=details.get("from_model"), new=details["to_model"])
    elif changes.model_config_ is not None:
        yield Change(setting="model", old=None, new=changes.model_config_)
    for key, change in changes.parameters.items():
        setting = f"parameters.{change.parameter_name or key}"
        yield Change(setting=setting, old=change.old_value, new=change.new_value)
    if changes.prompt_template is not None:
        yield Change(setting="prompt", old=None, new=changes.prompt_template)
    if changes.traffic_allocation is not None:
        yield Change(setting="traffic", old=None, new=changes.traffic_allocation)
    rest = {k: v for k, v in details.items() if "reason" not in k and not k.endswith("_model")}
    if rest and not changes.parameters:
        yield Change(setting=_snake(name), old=None, new=rest)


def _predicted(decision: PublishedDecision) -> tuple[tuple[Effect, ...], tuple[str, ...]]:
    """Return the effects of a decision, or its claims where it does not say how many it saw."""
    impact = decision.predicted_impact
    bounds = impact.confidence_intervals or ConfidenceIntervals()
    rows = (
        ("score", impact.quality_delta, bounds.quality),
        ("cost_relative", impact.cost_delta, bounds.cost),
        ("latency_relative", impact.latency_delta, bounds.latency),
    )
    n = _sample_size(decision.metadata)
    effects = tuple(
        _effect(metric, delta, pair, n=n, level=bounds.confidence_level)
        for metric, delta, pair in rows
        if n is not None and pair is not None
    )
    counted = {effect.metric for effect in effects}
    claims = tuple(
        f"It claims {metric} {_share(metric, delta):+.4g}" + _between(metric, pair)
        for metric, delta, pair in rows
        if metric not in counted
    )
    return effects, claims


def _effect(
    metric: str, delta: float, pair: tuple[float, float], *, n: int, level: float
) -> Effect:
    scale = POINTS if metric == "score" and max(map(abs, (delta, *pair))) > 1 else 1.0
    return Effect(
        metric=metric,
        estimate=delta / scale,
        low=min(pair) / scale,
        high=max(pair) / scale,
        level=level,
        n=n,
        estimator="as the file says",
    )


def _share(metric: str, delta: float) -> float:
    return delta / POINTS if metric == "score" and abs(delta) > 1 else delta


def _between(metric: str, pair: tuple[float, float] | None) -> str:
    if pair is None:
        return "."
    return f", between {_share(metric, pair[0]):+.4g} and {_share(metric, pair[1]):+.4g}."


def _sample_size(metadata: object) -> int | None:
    found = metadata.get("sample_size") if isinstance(metadata, dict) else None
    return found if isinstance(found, int) and found > 0 else None


def _of_plan(decision: OptimizationDecision) -> ReadDecision:
    parts = (_model(decision), _cache(decision), _limits(decision), _batches(decision))
    proposals = (part for part in (*parts, _prompt(decision)) if part is not None)
    ran = (
        f"{one.strategy_name} {'ran' if one.success else f'failed ({one.error})'} in "
        f"{one.execution_time_ms:g} ms."
        for one in decision.applied_strategies
    )
    return ReadDecision(
        decision_id=decision.decision_id,
        subject=f"request {decision.request_id}",
        decided_at=decision.timestamp,
        confidence=decision.confidence,
        proposals=tuple(proposals),
        notes=(_claim("All together", decision.estimated_impact), *ran, *_declined(decision)),
    )


def _declined(decision: OptimizationDecision) -> Iterator[str]:
    """Yield the parts that were looked at and change nothing."""
    if decision.caching is not None and not decision.caching.should_cache:
        yield "caching: not to be cached."
    if decision.rate_limiting is not None and not decision.rate_limiting.should_throttle:
        yield "rate_limiting: not to be throttled."
    if decision.batching is not None and not decision.batching.should_batch:
        yield "batching: not to be batched."


def _model(decision: OptimizationDecision) -> Proposal | None:
    if (said := decision.model_selection) is None:
        return None
    return _part(
        decision,
        "model_selection",
        DecisionType.MODEL_SWITCH,
        (("model", said.selected_model),),
        why=said.reason,
        notes=tuple(f"Fallback: {name}." for name in said.fallback_models),
    )


def _cache(decision: OptimizationDecision) -> Proposal | None:
    if (said := decision.caching) is None or not said.should_cache:
        return None
    name, details = _choice(said.cache_strategy)
    changes = (
        ("cache.strategy", _snake(name)),
        ("cache.ttl_s", said.ttl_seconds),
        *((f"cache.{key}", value) for key, value in details.items()),
    )
    return _part(decision, "caching", DecisionType.ENABLE_CACHING, changes)


def _limits(decision: OptimizationDecision) -> Proposal | None:
    if (said := decision.rate_limiting) is None or not said.should_throttle:
        return None
    return _part(
        decision,
        "rate_limiting",
        DecisionType.ADJUST_RATE_LIMITS,
        (("limits.delay_ms", said.delay_ms),),
        why="the quota is used up" if said.quota_exceeded else "",
    )


def _batches(decision: OptimizationDecision) -> Proposal | None:
    if (said := decision.batching) is None or not said.should_batch:
        return None
    changes = (("batching.size", said.batch_size), ("batching.max_wait_ms", said.max_wait_ms))
    return _part(decision, "batching", DecisionType.ENABLE_BATCHING, changes)


def _prompt(decision: OptimizationDecision) -> Proposal | None:
    if (said := decision.prompt_optimization) is None:
        return None
    changes = (
        ("prompt", said.optimized_prompt),
        *((f"parameters.{key}", value) for key, value in said.parameters.items()),
    )
    return _part(
        decision,
        "prompt_optimization",
        DecisionType.OPTIMIZE_PROMPT,
        changes,
        notes=(f"It claims {said.token_reduction:.4g} fewer tokens.",),
    )


def _part(
    decision: OptimizationDecision,
    strategy: str,
    kind: DecisionType,
    changes: Iterable[tuple[str, Any]],
    *,
    why: str = "",
    notes: tuple[str, ...] = (),
) -> Proposal:
    applied = [one for one in decision.applied_strategies if one.strategy_name == strategy]
    impacts = [one.impact for one in applied if one.impact is not None]
    return Proposal(
        strategy=strategy,
        type=kind,
        changes=tuple(Change(setting=name, old=None, new=value) for name, value in changes),
        effects=(),
        effects_note=UNCOUNTED,
        confidence=impacts[0].confidence if impacts else None,
        rationale=why or NOT_GIVEN,
        unless=UNLESS,
        notes=(*notes, *(_claim("Alone", impact) for impact in impacts)),
    )


def _claim(subject: str, impact: ImpactEstimate) -> str:
    return (
        f"{subject}, it claims: cost {-impact.cost_reduction:+.4g} as a share, latency "
        f"{impact.latency_delta_ms:+.4g} ms, score {_share('score', impact.quality_delta):+.4g}, "
        f"risk {impact.risk:.4g} of 1."
    )


def _choice(found: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the name of a choice and what belongs to it."""
    if isinstance(found, str):
        return found, {}
    name = str(found.get("type") or next(iter(found), ""))
    inside = found.get(name)
    details = (
        inside if isinstance(inside, dict) else {k: v for k, v in found.items() if k != "type"}
    )
    return name, details


def _type(name: str, source: str) -> DecisionType:
    known = {one.value: one for one in DecisionType}
    if _snake(name) not in known:
        fault = Fault(place="decision_type", found=name, expected=f"one of {', '.join(known)}")
        raise FormatError(source, (fault,))
    return known[_snake(name)]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
