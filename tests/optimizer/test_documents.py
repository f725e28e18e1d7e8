from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from executor_bridge import read
from optimizer.analysis.evidence import evidence
from optimizer.analysis.scope import Scope
from optimizer.config.load import load
from optimizer.history.columns import prepare
from optimizer.history.deciding import record_decisions
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History, temporary_history
from optimizer.models.decisions import Decision, accepted, proposals
from optimizer.models.ingest import IngestSettings
from optimizer.models.proposals import NOT_ASKED, DecisionType
from optimizer.pipeline.decide import decide
from optimizer.scoring_rules import ScoringRules
from optimizer.strategies import STRATEGIES

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REGISTERED = {strategy.name for strategy in STRATEGIES}
N = 240


def run_json(label: str, passes: Callable[[int], bool], **more: Any) -> dict[str, Any]:
    """A run of one variant: `cost` in USD and `seconds` a call, all calls of `cases` cases."""
    started_at = NOON + more.get("hours", 0) * timedelta(hours=1)
    cost, seconds, gap_s = more.get("cost", 0.01), more.get("seconds", 0.5), more.get("gap_s", 1.0)
    cases = more.get("cases", N)

    def task(place: int) -> dict[str, Any]:
        at = started_at + timedelta(seconds=gap_s * place)
        # the spread that real calls have, without which no interval has a width
        factor = 1 + 0.2 * ((place * 7919) % 101 / 101 - 0.5)
        return {
            "task_id": f"{label}-{place}",
            "workflow_id": "wf",
            "task_status": "succeeded" if passes(place) else "failed",
            "created_at": at.isoformat(),
            "execution_time": seconds * factor,
            "metadata": {"case_id": f"c{place % cases}", "tokens_in": 900, "tokens_out": 100},
            "test_result": {
                "workflow_id": "wf",
                "execution_id": f"{label}:{place}",
                "timestamp": at.isoformat(),
                "status": "success" if passes(place) else "failed",
                "execution_time": seconds * factor,
                "tokens_used": 1000,
                "cost": cost * factor,
                "inputs": {"question": f"q{place % cases}"},
                "outputs": {"text": f"a{place % cases}"},
                "error_message": None,
                "prompt_variant": label,
                "metadata": {},
            },
        }

    return {
        "run_id": f"run-{label}",
        "workflow_id": "wf",
        "started_at": started_at.isoformat(),
        "finished_at": (started_at + timedelta(seconds=gap_s * N)).isoformat(),
        "metadata": {"prompt_variant": label, "model": f"model-{label}", "provider": "p"},
        "task_results": [task(place) for place in range(N)],
    }


def nearly_all(place: int) -> bool:
    return place % 40 != 0


def half(place: int) -> bool:
    return place % 2 == 0


@pytest.fixture
def history() -> Iterator[History]:
    with temporary_history(NOON) as opened:
        yield opened


@pytest.fixture
def decided(history: History, tmp_path: Path) -> Callable[..., Decision]:
    """Store runs, the last of which is in use, and decide."""

    def made(*runs: dict[str, Any], overrides: tuple[str, ...] = ()) -> Decision:
        for run in runs:
            path = tmp_path / f"{run['run_id']}.json"
            path.write_text(json.dumps(run))
            file = prepare(read(str(path), IngestSettings()), StoreSettings())
            record(history, [file], StoreSettings(), replace=False, actor="a", now=NOON)
        loaded = load(start=Path("/"), environ={}, overrides=overrides)
        found = decide(
            history,
            workflow_ids=["wf"],
            variant=None,
            as_of=None,
            config=loaded.config,
            config_sha256=loaded.sha256,
            now=NOON,
        )
        (stored,) = record_decisions(history, found, actor="a")
        return stored

    return made


def test_a_context_is_made_of_what_is_stored(
    history: History, decided: Callable[..., Decision]
) -> None:
    decided(
        run_json("old", half, cost=0.05, hours=0), run_json("new", nearly_all, cost=0.01, hours=1)
    )
    config = load(start=Path("/"), environ={}).config
    (found,) = evidence(
        history,
        workflow_ids=["wf"],
        variant=None,
        as_of=None,
        scope=Scope(
            settings=config.evidence,
            rules=ScoringRules.from_config(config.scoring.model_dump()),
            slow_ms=5000.0,
        ),
    )
    assert found.current is not None
    assert (found.current.variant, found.current.n_completed) == ("new", N)
    assert found.current.success_rate == pytest.approx(234 / 240)
    assert found.current.cost_mean_usd == pytest.approx(0.01, rel=0.02)
    assert [one.variant for one in found.others] == ["old"]
    assert len(found.decisions) == 1
    contrast = found.contrast(found.others[0].variant_id)
    assert contrast is not None
    assert contrast.n_shared == N


def test_all_strategies_are_listed_by_priority_with_what_they_said_or_why_not(
    decided: Callable[..., Decision],
) -> None:
    made = decided(run_json("a", half), run_json("b", nearly_all, hours=1), overrides=OFF_BY_HAND)
    assert {one.strategy for one in made.answers} == REGISTERED
    ranks = [(-one.priority, one.strategy) for one in made.answers]
    assert ranks == sorted(ranks)
    for one in made.answers:
        if one.answer is None:
            assert (one.failure or "").startswith(NOT_ASKED), one
        else:
            assert one.answer.proposals or one.answer.silence


OFF_BY_HAND = ("strategies.prompt_optimization.enabled=false",)

DEAR = (run_json("cheap", nearly_all, cost=0.01), run_json("dear", nearly_all, cost=0.4, hours=1))
SLOW = (run_json("fast", nearly_all, seconds=0.2), run_json("slow", nearly_all, seconds=4, hours=1))
AGAIN = (run_json("again", nearly_all, seconds=4, cases=20, gap_s=10.0),)
RUSH = (run_json("rush", nearly_all, cost=1.0, gap_s=0.005),)


def said_by(made: Decision, names: set[str]) -> list[DecisionType]:
    return [one.type for one in proposals(made) if one.strategy in names]


@pytest.mark.parametrize("name", sorted(REGISTERED & {"model_selection", "pareto_optimization"}))
def test_high_cost_leads_to_a_cheaper_model(decided: Callable[..., Decision], name: str) -> None:
    made = decided(*DEAR, overrides=(f"strategies.{name}.min_candidates=2",)[: name[0] == "p"])
    found = [one for one in proposals(made) if one.strategy == name]
    assert [one.type for one in found] == [DecisionType.MODEL_SWITCH]
    assert ("variant", "cheap") in {(c.setting, c.new) for c in found[0].changes}


@pytest.mark.parametrize("name", sorted(REGISTERED & {"model_selection"}))
def test_high_latency_leads_to_a_faster_model(decided: Callable[..., Decision], name: str) -> None:
    found = [one for one in proposals(decided(*SLOW)) if one.strategy == name]
    assert found
    assert ("variant", "fast") in {(c.setting, c.new) for c in found[0].changes}


@pytest.mark.parametrize("name", sorted(REGISTERED & {"caching"}))
def test_high_latency_of_what_repeats_leads_to_a_cache(
    decided: Callable[..., Decision], name: str
) -> None:
    made = decided(*AGAIN, overrides=("strategies.caching.min_requests_per_minute=1",))
    assert DecisionType.ENABLE_CACHING in said_by(made, {name})
    (cache,) = [one for one in accepted(made) if one.type is DecisionType.ENABLE_CACHING]
    latency = next(one for one in cache.effects if one.metric == "latency_relative")
    assert latency.high < 0


@pytest.mark.parametrize("name", sorted(REGISTERED & {"rate_limiting"}))
def test_a_budget_that_is_exceeded_leads_to_limits(
    decided: Callable[..., Decision], name: str
) -> None:
    assert said_by(decided(*RUSH), {name}) == [DecisionType.ADJUST_RATE_LIMITS]


@pytest.mark.parametrize("runs", [DEAR, SLOW, AGAIN, RUSH], ids=["dear", "slow", "again", "rush"])
def test_impacts_stay_within_their_bounds(
    decided: Callable[..., Decision], runs: tuple[dict[str, Any], ...]
) -> None:
    for one in proposals(decided(*runs)):
        for effect in one.effects:
            least = -1.0
            assert effect.low >= least, (one.strategy, effect)
            assert effect.low <= effect.estimate <= effect.high
            if effect.metric in {"success_rate", "score"}:
                assert effect.high <= 1
        assert one.confidence is None or 0 <= one.confidence <= 1
