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
from optimizer.history.deciding import as_stored
from optimizer.history.queries.evidence import breaker_events, studies
from optimizer.history.store import History
from optimizer.models.budgets import BudgetState
from optimizer.models.dataclass import dataclass
from optimizer.models.decisions import Decision, Made, Study
from optimizer.models.evidence import Evidence
from optimizer.models.lifecycle import BreakerEvent
from optimizer.models.proposals import NOT_ASKED, StrategyAnswer
from optimizer.models.reviews import Review
from optimizer.models.rules import Explanation
from optimizer.pipeline.asking import (
    OFF,
    Asked,
    Question,
    ask_each,
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
from optimizer.pipeline.studies import Looks, Stored, first_looks, studied
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
    sd = config.lifecycle.calibration_sd
    return decide_on_each(
        [with_calibration(one, prior_sd=sd) for one in found],
        strategies,
        stored,
        how=how,
        events=by_workflow,
        now=now,
    )


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
    """Decide on one workflow from what is known of it; see `decide_on_each`."""
    of_it = {found.workflow_id: events}
    return decide_on_each([found], strategies, stored, how=how, events=of_it, now=now)[0]


def decide_on_each(
    found: Sequence[Evidence],
    strategies: Sequence[tuple[int, Strategy]],
    stored: Stored,
    *,
    how: How,
    events: Mapping[str, Sequence[BreakerEvent]],
    now: datetime,
) -> list[Made]:
    """Decide on workflows from what is known of each, step by step for all of them.

    Args:
        found: What is known.
        strategies: Who is asked, with their priorities, highest first.
        stored: What strategies measured before.
        how: How the decisions are made.
        events: What the circuit breakers of each workflow go by.
        now: When, UTC.
    """
    wanted = [one for _, one in strategies if not how.only or one.name in how.only]
    looks = first_looks(wanted, found, stored)
    begun = [
        _begun(one, strategies, stored, how, events.get(one.workflow_id, ()), looks)
        for one in found
    ]
    asked = ask_each(strategies, [one.question for one in begun], engine=how.engine)
    said = [[*one.failed, *of_it] for one, of_it in zip(begun, asked, strict=True)]
    answers = [_answers(one, of_it) for one, of_it in zip(begun, said, strict=True)]
    reviews = [
        review(of_it, one.question.found, how.rules, one.circuits.changes())
        for one, of_it in zip(begun, answers, strict=True)
    ]
    return [
        _made(one, whole, of_it, reviewed, how.config_sha256, now)
        for one, whole, of_it, reviewed in zip(begun, said, answers, reviews, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """What the strategies are asked about one workflow, and why some of them are not.

    Attributes:
        question: What they are asked about.
        circuits: Its circuit breakers.
        studies: What was measured for it that is new.
        failed: Those that failed at their study.
        unasked: The answers of those that are not asked.
    """

    question: Question
    circuits: Circuits
    studies: tuple[Study, ...]
    failed: tuple[Asked, ...]
    unasked: tuple[StrategyAnswer, ...]


def _begun(  # noqa: PLR0917 - what the questions are made of
    found: Evidence,
    strategies: Sequence[tuple[int, Strategy]],
    stored: Stored,
    how: How,
    events: Sequence[BreakerEvent],
    looks: Looks,
) -> _Begun:
    """Make the studies of one workflow, of the strategies that will be asked about it."""
    circuits = Circuits(
        events=events, at=run_time(found), settings=how.rules.safety.circuit_breaker
    )
    refused = {
        strategy.name: why
        for _, strategy in strategies
        if (why := _why_not(strategy.name, how, circuits)) is not None
    }
    prepared = studied(
        [strategy for _, strategy in strategies if strategy.name not in refused],
        found,
        stored,
        fail_fast=how.engine.fail_fast,
        looks=looks,
    )
    failed = prepared.failed
    return _Begun(
        question=Question(found=prepared.found, but={*refused, *failed}),
        circuits=circuits,
        studies=prepared.new,
        failed=tuple(
            Asked(answer=unasked(s.name, priority, failed[s.name]), elapsed_ms=0.0)
            for priority, s in strategies
            if s.name in failed
        ),
        unasked=(
            *(unasked(name, priority, OFF) for name, priority in how.off.items()),
            *(unasked(s.name, p, refused[s.name]) for p, s in strategies if s.name in refused),
        ),
    )


def _answers(begun: _Begun, said: Sequence[Asked]) -> tuple[StrategyAnswer, ...]:
    """Return what was said of a workflow, shrunk by what came of earlier predictions, in order."""
    found = begun.question.found
    return in_order([*(shrunk(one.answer, found) for one in said), *begun.unasked])


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


def _made(  # noqa: PLR0917 - what a decision is made of
    begun: _Begun,
    said: Sequence[Asked],
    answers: tuple[StrategyAnswer, ...],
    reviews: tuple[Review, ...],
    config_sha256: str,
    now: datetime,
) -> Made:
    found = begun.question.found
    parts = {
        name: msgspec.Raw(msgspec.json.encode(part, order="sorted"))
        for name, part in (
            ("current", found.current),
            ("others", found.others),
            ("explanation", found.explanation),
            ("answers", answers),
            ("reviews", reviews),
        )
    }
    content = (found.workflow_id, *parts.values())
    decision = Decision(
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
    return Made(
        decision=decision,
        elapsed_ms={one.answer.strategy: one.elapsed_ms for one in said if one.elapsed_ms >= 0},
        studies=begun.studies,
        body=as_stored(decision, parts),
    )


def _digest(content: object) -> str:
    """Return 12 hexadecimal digits of SHA-256 over canonical JSON, its decimals rounded."""
    text = msgspec.json.encode(content, order="sorted")
    parts = DECIMAL.split(text.replace(b"%", b"%%"))  # every other one is a decimal
    rounded = ROUNDED.join(parts[::2]) % tuple(map(float, parts[1::2]))
    return hashlib.sha256(rounded).hexdigest()[:12]
