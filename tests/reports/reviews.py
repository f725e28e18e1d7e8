from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from optimizer.models.decisions import Decision, DecisionState
from optimizer.models.proposals import (
    Answer,
    Change,
    DecisionType,
    Effect,
    Fact,
    Proposal,
    StrategyAnswer,
)
from optimizer.models.published_decisions import ReadDecision
from optimizer.models.reviews import Fate, Objection, Review, RiskLevel, ViolationSeverity
from optimizer.models.strategy_pages import StrategyPage, StrategySetting
from optimizer.models.summaries import StateCount, StrategyScore
from reports.gallery.decision import decision
from reports.gallery.published_decision import published_decision
from reports.gallery.status import status
from reports.gallery.strategy_list import strategy_list
from reports.gallery.strategy_page import strategy_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def effect(metric: str, estimate: float, low: float, high: float) -> Effect:
    return Effect(
        metric=metric, estimate=estimate, low=low, high=high, level=0.95, n=240, estimator="paired"
    )


def proposal(strategy: str, kind: DecisionType, *changes: Change, **more: Any) -> Proposal:
    facts: dict[str, Any] = {
        "effects": (effect("cost_relative", -0.31, -0.36, -0.25),),
        "effects_note": None,
        "confidence": 0.97,
        "rationale": "small passed 236 of 240, large 237 of 240, at two thirds of the price.",
        "unless": "the interval of the price had reached 0",
    }
    return Proposal(strategy=strategy, type=kind, changes=changes, **(facts | more))


SWITCH = proposal(
    "model_selection",
    DecisionType.MODEL_SWITCH,
    Change(setting="variant", old="large", new="small"),
    facts=(
        Fact(
            name="cost_usd of small",
            n=240,
            estimate=0.0012,
            low=0.0011,
            high=0.0013,
            level=0.95,
            threshold=1.0,
        ),
        Fact(name="hit_rate", n=240, estimate=0.25),
    ),
    notes=("Next best: tiny, 12 % cheaper, not sure to pass as much.",),
)
CACHE = proposal(
    "caching",
    DecisionType.ENABLE_CACHING,
    Change(setting="cache.ttl_s", old=None, new=3600),
    confidence=None,
)
RIVAL = proposal(
    "pareto_optimization",
    DecisionType.MODEL_SWITCH,
    Change(setting="variant", old="large", new="tiny"),
)
RISKY = proposal(
    "adaptive_parameters",
    DecisionType.PARAMETER_ADJUSTMENT,
    Change(setting="parameters.temperature", old=0.2, new=1.4),
    effects=(effect("success_rate", 0.01, -0.09, 0.11),),
    confidence=0.61,
)

REVIEWS = (
    Review(
        place=0,
        fate=Fate.ACCEPTED,
        risk=RiskLevel.HIGH,
        needs_approval=True,
        objections=(
            Objection(
                check="quality",
                severity=ViolationSeverity.WARNING,
                text="not measured: only the price is compared",
            ),
        ),
    ),
    Review(place=1, fate=Fate.ACCEPTED, risk=RiskLevel.LOW),
    Review(
        place=2,
        fate=Fate.LOST,
        risk=RiskLevel.LOW,
        lost_to="model_selection (model switch): both change variant; it has priority 100 over 90",
    ),
    Review(
        place=3,
        fate=Fate.HELD_BACK,
        risk=RiskLevel.MEDIUM,
        objections=(
            Objection(
                check="quality",
                severity=ViolationSeverity.ERROR,
                text="success_rate may be worse by 9.0%, at most 5% is allowed",
            ),
            Objection(
                check="nights are quiet",
                severity=ViolationSeverity.INFO,
                text="changes may be 1, changes < 1 is due",
                can_override=True,
            ),
        ),
    ),
)

MADE = (SWITCH, CACHE, RIVAL, RISKY)

ANSWERS = (
    StrategyAnswer(
        strategy="threshold_based",
        priority=200,
        answer=Answer(silence="all thresholds are met on 240 tasks"),
    ),
    *(
        StrategyAnswer(strategy=one.strategy, priority=100, answer=Answer(proposals=(one,)))
        for one in MADE
    ),
    StrategyAnswer(
        strategy="rate_limiting",
        priority=80,
        answer=None,
        failure="not asked: circuit open until 2026-03-01 13:00:00 UTC on the clock of the runs, "
        "after 3 failures in a row",
    ),
    StrategyAnswer(
        strategy="batching", priority=70, answer=None, failure="timed out: took longer than 100 ms"
    ),
)

REVIEWED = Decision(
    decision_id="beefcafe0123",
    workflow_id="sentiment",
    as_of=None,
    decided_at=NOON,
    state=DecisionState.PENDING,
    current=None,
    others=(),
    explanation=None,
    answers=ANSWERS,
    config_sha256="ab" * 32,
    seed=7,
    version="0.1.0",
    reviews=REVIEWS,
)

HELD = replace(
    REVIEWED,
    state=DecisionState.REJECTED,
    answers=ANSWERS[4:5],
    reviews=(replace(REVIEWS[3], place=0),),
)

PAGE = StrategyPage(
    name="caching",
    summary="Answer again what was asked before.",
    enabled=True,
    priority=90,
    asks="How many of the stored requests would a cache have answered?",
    proposes="The cache with the highest saving, with its hit rate.",
    silent="Stays silent when nothing repeats.",
    blind="Does not look at what the answers say.",
    notes=("See Belady (1966).",),
    settings=(
        StrategySetting(
            name="default_ttl",
            value=60,
            default=3600,
            allowed="number, above 0",
            text="How long an answer is kept, in seconds.",
        ),
        StrategySetting(
            name="enable_exact", value=True, default=True, allowed="true or false", text="On."
        ),
    ),
)
BARE = replace(PAGE, name="alone", enabled=False, priority=50, notes=(), settings=())

READ = ReadDecision(
    decision_id="6f1c9b1e",
    subject="request r1",
    decided_at=NOON,
    confidence=0.85,
    proposals=(SWITCH, CACHE),
    notes=("model_selection ran in 1.5 ms.", "batching: not to be batched."),
)

SCORES = (
    StrategyScore(
        strategy="caching",
        n_asked=9,
        n_proposed=4,
        n_accepted=3,
        n_failed=1,
        elapsed_mean_ms=0.8,
        n_outcomes=2,
        n_won=1,
        n_rolled_back=1,
    ),
    StrategyScore(
        strategy="threshold_based",
        n_asked=0,
        n_proposed=0,
        n_accepted=0,
        n_failed=0,
        elapsed_mean_ms=None,
        n_outcomes=0,
        n_won=0,
        n_rolled_back=0,
    ),
)
STATES = (StateCount(state="pending", n=3), StateCount(state="rolled_back", n=1))
DECIDED = partial(status, states=STATES, scores=SCORES)

CASES = {
    "status-decided": (DECIDED, ("history.duckdb", 4096, 4, (), ())),
    "published_decision": (published_decision, (READ,)),
    "published_decision-empty": (published_decision, (replace(READ, proposals=(), notes=()),)),
    "strategy_list": (strategy_list, ((PAGE, BARE),)),
    "strategy_list-empty": (strategy_list, ((),)),
    "strategy_page": (strategy_page, (PAGE,)),
    "strategy_page-empty": (strategy_page, (BARE,)),
    "decision-reviewed": (decision, (REVIEWED, ())),
    "decision-held-back": (decision, (HELD, ())),
}
