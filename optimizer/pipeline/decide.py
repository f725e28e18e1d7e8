"""From evidence to a decision."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

import msgspec

from optimizer import __version__
from optimizer.analysis.evidence import evidence, require_workflow
from optimizer.config.tree import Config
from optimizer.history.queries.evidence import breaker_events, studies
from optimizer.history.store import History
from optimizer.models.budgets import BudgetState
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision, Made
from optimizer.models.evidence import Evidence
from optimizer.models.lifecycle import BreakerEvent
from optimizer.models.proposals import NOT_ASKED, StrategyAnswer
from optimizer.models.reviews import Review
from optimizer.models.rules import Explanation
from optimizer.pipeline.asking import (
    OFF,
    Asked,
    ask,
    enabled,
    in_order,
    require_strategies,
    switched_off,
    unasked,
)
from optimizer.pipeline.calibrating import shrunk, with_calibration
from optimizer.pipeline.circuits import Circuits
from optimizer.pipeline.review import Rules, review, state_of
from optimizer.pipeline.scope import scope_of
from optimizer.pipeline.studies import Stored, studied
from optimizer.safety.guards import run_time
from optimizer.safety.settings import EngineSettings
from optimizer.strategies import Strategy

DECIMAL = re.compile(rb"([0-9][0-9]*+(?:\.[0-9]++(?:[eE][-+]?[0-9]++)?|[eE][-+]?[0-9]++))")
"""Without its sign: a pattern that begins with a digit is looked for several times as fast."""

SIGNIFICANT_DIGITS = 10
"""Of a float in a decision's id: sums may differ in the last digits with the order of rows."""

ROUNDED = b"%%.%dg" % SIGNIFICANT_DIGITS


def decide(  # noqa: PLR0913 - what one decision depends on
    history: History,
    *,
    workflow_ids: Sequence[str],
    variant: str | None,
    as_of: datetime | None,
    config: Config,
    config_sha256: str,
    now: datetime,
    fail_fast: bool = False,
    only: Sequence[str] = (),
    is_missing_fine: bool = False,
    spending: tuple[BudgetState, ...] | None = None,
) -> list[Made]:
    """Decide on some workflows, in their order; nothing is stored.

    A workflow of which no run had ended by `as_of` is left out. Where `only` names strategies, no
    other is asked. Where `history` holds not all workflows, `spending` says where budgets stand.

    Raises:
        SelectionError: No run of any of them is known, unless that is fine, or there is no such
            variant or strategy.
    """
    require_strategies(only)
    found = evidence(
        history,
        workflow_ids=workflow_ids,
        variant=variant,
        as_of=as_of,
        scope=replace(scope_of(config), spending=spending),
    )
    if not found and workflow_ids and not is_missing_fine:
        require_workflow(history, workflow_ids[0], as_of)
    strategies = enabled(config)
    stored = studies(history, workflow_ids=workflow_ids)
    events = breaker_events(history, workflow_ids=workflow_ids, as_of=as_of)
    engine = config.engine
    how = How(
        engine=engine.model_copy(update={"fail_fast": fail_fast or engine.fail_fast}),
        rules=Rules.of(config),
        config_sha256=config_sha256,
        only=tuple(only),
        off=switched_off(config),
    )
    by_workflow: dict[str, list[BreakerEvent]] = {}
    for event in events:
        by_workflow.setdefault(event.workflow_id, []).append(event)
    return [
        decide_on(
            with_calibration(one, prior_sd=config.lifecycle.calibration_sd),
            strategies,
            stored,
            how=how,
            events=by_workflow.get(one.workflow_id, ()),
            now=now,
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How decisions are made, whatever the workflow.

    Attributes:
        engine: How the strategies are asked.
        rules: What their proposals are held against.
        config_sha256: Hash of the settings in force.
        only: Names of the strategies that are asked; empty: all.
        off: Priorities of the strategies that are switched off, by name.
    """

    engine: EngineSettings = field(default_factory=EngineSettings)
    rules: Rules = field(default_factory=Rules)
    config_sha256: str = ""
    only: tuple[str, ...] = ()
    off: Mapping[str, int] = field(default_factory=dict)


def decide_on(
    found: Evidence,
    strategies: Sequence[tuple[int, Strategy]],
    stored: Stored,
    *,
    how: How,
    events: Sequence[BreakerEvent] = (),
    now: datetime,
) -> Made:
    """Decide on one workflow from what is known of it.

    Args:
        found: What is known.
        strategies: Who is asked, with their priorities, highest first.
        stored: What strategies measured before.
        how: How the decision is made.
        events: What its circuit breakers go by.
        now: When, UTC.
    """
    circuits = Circuits(
        events=events, at=run_time(found), settings=how.rules.safety.circuit_breaker
    )
    refused = {
        strategy.name: why
        for _, strategy in strategies
        if (why := _why_not(strategy.name, how, circuits)) is not None
    }
    asked = [pair for pair in strategies if pair[1].name not in refused]
    prepared = studied(
        [strategy for _, strategy in asked], found, stored, fail_fast=how.engine.fail_fast
    )
    whole, failed = prepared.found, prepared.failed
    said = [
        *(
            Asked(answer=unasked(s.name, p, failed[s.name]), elapsed_ms=0.0)
            for p, s in asked
            if s.name in failed
        ),
        *ask([pair for pair in asked if pair[1].name not in failed], whole, engine=how.engine),
    ]
    left_out = {name: (priority, OFF) for name, priority in how.off.items()}
    left_out |= {s.name: (p, refused[s.name]) for p, s in strategies if s.name in refused}
    answers = in_order([shrunk(one.answer, whole) for one in said], left_out)
    reviews = review(answers, whole, how.rules, circuits.changes())
    return Made(
        decision=_decision(whole, answers, reviews, how.config_sha256, now),
        elapsed_ms={one.answer.strategy: one.elapsed_ms for one in said if one.elapsed_ms >= 0},
        studies=prepared.new,
    )


def worst_first(made: Iterable[Made]) -> list[Made]:
    """Return decisions, the worst margin first."""
    return sorted(
        made, key=lambda m: (worst_margin(m.decision.explanation), m.decision.workflow_id)
    )


def worst_margin(explanation: Explanation | None) -> float:
    """Return the smallest margin of the rules as a share of its threshold; inf where none is."""
    margins = [
        check.margin / (check.threshold or 1.0)
        for check in (explanation.checks if explanation else ())
        if check.margin is not None
    ]
    return min(margins, default=math.inf)


def _why_not(name: str, how: How, circuits: Circuits) -> str | None:
    """Say why a strategy is not asked; None where it is."""
    if how.only and name not in how.only:
        return f"{NOT_ASKED}: only {', '.join(how.only)} was to be asked"
    return circuits.why_not(name)


def _decision(
    found: Evidence,
    answers: tuple[StrategyAnswer, ...],
    reviews: tuple[Review, ...],
    config_sha256: str,
    now: datetime,
) -> Decision:
    content = (found.workflow_id, found.current, found.others, found.explanation, answers, reviews)
    return Decision(
        decision_id=_digest((content, config_sha256, found.seed, __version__)),
        workflow_id=found.workflow_id,
        as_of=found.as_of,
        decided_at=now,
        state=state_of(answers, reviews),
        current=found.current,
        others=found.others,
        explanation=found.explanation,
        answers=answers,
        config_sha256=config_sha256,
        seed=found.seed,
        version=__version__,
        reviews=reviews,
    )


def _digest(content: object) -> str:
    """Return 12 hexadecimal digits of SHA-256 over canonical JSON, its decimals rounded."""
    text = msgspec.json.encode(content, order="sorted")
    parts = DECIMAL.split(text.replace(b"%", b"%%"))  # every other one is a decimal
    rounded = ROUNDED.join(parts[::2]) % tuple(map(float, parts[1::2]))
    return hashlib.sha256(rounded).hexdigest()[:12]
