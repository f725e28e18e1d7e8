"""Limits on what the workflow may be after a change: its price, its time, who runs it.

What a change would lead to is told by its effects on top of what is in use, or by the figures of
the variant it switches to, at the pessimistic end. A change that breaks a limit which the variant
in use breaks already, and is no worse, is warned of and not held back.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from optimizer.models.amounts import amount
from optimizer.models.dataclass import dataclass
from optimizer.models.evidence import Evidence
from optimizer.models.proposals import Effect, Proposal
from optimizer.models.requests import Requests
from optimizer.models.reviews import Objection, ViolationSeverity
from optimizer.models.settings import Field, Settings, before, together
from optimizer.models.summaries import WindowSummary
from optimizer.safety.guards import COST, LATENCY
from optimizer.safety.reach import VARIANT, in_force
from optimizer.stats.intervals import mean_interval

MINUTE_S = 60.0

FEWEST = 2
"""Cases that a spread can be told from."""


class ConstraintType(StrEnum):
    """What is limited."""

    MAX_COST_PER_REQUEST = "max_cost_per_request"
    """Mean price of a call, in USD."""

    MAX_LATENCY_MS = "max_latency_ms"
    """95th percentile of the response time, in ms."""

    MIN_QUALITY_SCORE = "min_quality_score"
    """Mean score where tests are scored, else the pass rate, 0 to 1."""

    MAX_TOKENS_PER_MINUTE = "max_tokens_per_minute"
    """Most tokens in any minute of the stored trace."""

    REQUIRED_PROVIDER = "required_provider"
    FORBIDDEN_PROVIDER = "forbidden_provider"


PROVIDERS = frozenset({ConstraintType.REQUIRED_PROVIDER, ConstraintType.FORBIDDEN_PROVIDER})


def _snake(name: Any) -> Any:
    """Return `MaxLatencyMs` as `max_latency_ms`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() if isinstance(name, str) else name


class Constraint(Settings):
    """One limit."""

    name: Annotated[str, Field(min_length=1)]
    """What it is called in the report."""

    constraint_type: Annotated[ConstraintType, before(_snake)]
    """What is limited; `MaxLatencyMs` is read as `max_latency_ms`."""

    value: float | str
    """The limit: a number, or the name of a provider."""

    hard: bool = True
    """Whether it holds a change back; a soft one warns."""

    @together
    def _fits(self) -> None:
        wants_text = self.constraint_type in PROVIDERS
        if wants_text != isinstance(self.value, str):
            raise ValueError(
                f"{self.constraint_type}: expected {'a name' if wants_text else 'a number'}"
            )
        is_share = self.constraint_type is ConstraintType.MIN_QUALITY_SCORE
        if is_share and not 0 <= float(self.value) <= 1:
            raise ValueError("min_quality_score: expected a score from 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """A figure now, and after a change at the pessimistic end; None where it is unknown."""

    now: float | None
    then: float | None


def breaches(
    proposal: Proposal, evidence: Evidence, constraints: tuple[Constraint, ...], *, level: float
) -> tuple[Objection, ...]:
    """Return an objection for each limit that a change would break, or nobody can tell.

    Args:
        proposal: The change.
        evidence: What is known of the workflow.
        constraints: The limits.
        level: Confidence level of the intervals that are worked out here, 0 to 1.
    """
    current = evidence.current
    if current is None or not in_force(proposal):
        return ()
    found = (_checked(one, proposal, evidence, current, level) for one in constraints)
    return tuple(one for one in found if one is not None)


def _checked(
    constraint: Constraint,
    proposal: Proposal,
    evidence: Evidence,
    current: WindowSummary,
    level: float,
) -> Objection | None:
    if constraint.constraint_type in PROVIDERS:
        return _provider(constraint, proposal, evidence, current)
    reach = _reach(constraint.constraint_type, proposal, evidence, current, level)
    limit = float(constraint.value)
    if reach.then is None:
        return _objection(constraint, f"not known, {limit:g} is the limit", hard=False)
    sign = -1 if constraint.constraint_type is ConstraintType.MIN_QUALITY_SCORE else 1
    if sign * reach.then <= sign * limit:
        return None
    broken_now = reach.now is not None and sign * reach.now > sign * limit
    no_worse = reach.now is not None and sign * reach.then <= sign * reach.now
    text = f"may be {amount(reach.then)} after the change, {limit:g} is the limit"
    if broken_now and no_worse:
        return _objection(constraint, f"{text}; it is {amount(reach.now)} now", hard=False)
    return _objection(constraint, text)


def _reach(
    kind: ConstraintType,
    proposal: Proposal,
    evidence: Evidence,
    current: WindowSummary,
    level: float,
) -> _Reach:
    target = _target(proposal, evidence)
    match kind:
        case ConstraintType.MAX_COST_PER_REQUEST:
            now, after = current.cost_mean_usd, _highest_price(target, level)
            return _scaled(now, _effect(proposal, COST), after, target)
        case ConstraintType.MAX_LATENCY_MS:
            now, after = current.latency_p95_ms, target.latency_p95_ms if target else None
            return _scaled(now, _effect(proposal, LATENCY), after, target)
        case ConstraintType.MAX_TOKENS_PER_MINUTE:
            now = peak_tokens(evidence.requests)
            return _scaled(now, _effect(proposal, "tokens_relative"), None, target)
        case _:
            return _quality(proposal, current, target)


def _scaled(
    now: float | None, effect: Effect | None, measured: float | None, target: WindowSummary | None
) -> _Reach:
    """Return a figure after a change: by its effect, as measured of its target, or as it is."""
    if now is not None and effect is not None:
        return _Reach(now=now, then=now * (1 + effect.high))
    return _Reach(now=now, then=now if target is None else measured)


def _highest_price(window: WindowSummary | None, level: float) -> float | None:
    """Return the upper bound of the mean price of a call; None of too few to tell."""
    if window is None or window.cost_mean_usd is None or window.cost_sd_usd is None:
        return None
    n = min(window.n_cost, window.n_cases)
    if n < FEWEST:
        return None
    return mean_interval(window.cost_mean_usd, window.cost_sd_usd, n, level=level).high


def _quality(proposal: Proposal, current: WindowSummary, target: WindowSummary | None) -> _Reach:
    scored = current.score_mean is not None
    now = current.score_mean if scored else current.success_rate
    effect = _effect(proposal, "score" if scored else "success_rate")
    if now is not None and effect is not None:
        return _Reach(now=now, then=now + effect.low)
    if target is None:
        return _Reach(now=now, then=now)
    return _Reach(now=now, then=target.score_mean if scored else target.success_low)


def _provider(
    constraint: Constraint, proposal: Proposal, evidence: Evidence, current: WindowSummary
) -> Objection | None:
    target = _target(proposal, evidence) or current
    said = [change.new for change in proposal.changes if change.setting == "provider"]
    provider = said[-1] if said else target.provider
    if provider is None:
        return _objection(constraint, "the provider was not recorded", hard=False)
    is_named = str(provider).casefold() == str(constraint.value).casefold()
    is_required = constraint.constraint_type is ConstraintType.REQUIRED_PROVIDER
    if is_named == is_required:
        return None
    wanted = "is required" if is_required else "is forbidden"
    return _objection(constraint, f"{provider} would run it, {constraint.value} {wanted}")


def peak_tokens(requests: Requests | None) -> float | None:
    """Return the most tokens in any whole minute of a trace; None where they are unknown."""
    if requests is None or not len(requests.at_s):
        return None
    import numpy as np  # noqa: PLC0415 - few workflows have such a limit

    tokens = requests.tokens_in + requests.tokens_out
    known = np.isfinite(tokens) & (requests.repeat == 0)
    if not known.any():
        return None
    minute = np.floor(requests.at_s[known] / MINUTE_S).astype(np.int64)
    pairs = np.stack([requests.segment[known], minute])
    _, place = np.unique(pairs, axis=1, return_inverse=True)
    return float(np.bincount(place.ravel(), weights=tokens[known]).max())


def _target(proposal: Proposal, evidence: Evidence) -> WindowSummary | None:
    """Return the variant that a proposal switches to, where it is one that has run."""
    names = {change.new for change in proposal.changes if change.setting == VARIANT}
    found = [one for one in evidence.others if {one.variant, one.variant_id} & names]
    return found[0] if len(found) == 1 else None


def _effect(proposal: Proposal, metric: str) -> Effect | None:
    return next((one for one in proposal.effects if one.metric == metric), None)


def _objection(constraint: Constraint, text: str, *, hard: bool | None = None) -> Objection:
    is_hard = constraint.hard if hard is None else hard
    return Objection(
        check=constraint.name,
        severity=ViolationSeverity.ERROR if is_hard else ViolationSeverity.WARNING,
        text=f"{constraint.constraint_type}: {text}",
    )
