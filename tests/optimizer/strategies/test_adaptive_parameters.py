from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from pydantic import ValidationError

from optimizer.analysis.contrasts import contrasts
from optimizer.learning.tuning import Tuning
from optimizer.models.contrasts import CaseTable
from optimizer.models.errors import ConfigError
from optimizer.models.evidence import Evidence
from optimizer.models.lifecycle import PastDecision
from optimizer.models.proposals import Answer, DecisionType, Proposal
from optimizer.models.requests import Requests
from optimizer.models.summaries import WindowSummary
from optimizer.strategies.adaptive_parameters import (
    AdaptiveParameters,
    AdaptiveParametersSettings,
    ParameterConfig,
)

Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]

N = 200
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ask(evidence: Evidence, **settings: Any) -> Answer:
    strategy = AdaptiveParameters(AdaptiveParametersSettings(**settings))
    study = msgspec.json.decode(
        msgspec.json.encode(strategy.study(evidence), order="sorted"), type=Tuning | None
    )
    answer = strategy.propose(replace(evidence, studies={strategy.name: study}))
    assert answer == strategy.propose(evidence)
    return answer


def proposed(evidence: Evidence, **settings: Any) -> Proposal:
    (proposal,) = ask(evidence, **settings).proposals
    return proposal


def cases_of(windows: list[WindowSummary], price: dict[str, float]) -> CaseTable:
    """Cases that pass in an order of their own, so that a better variant passes more of them."""
    rng = np.random.default_rng(7)
    hardness, cost = rng.permutation(N), 0.01 * rng.lognormal(0, 0.3, N)
    ones = np.ones(N * len(windows))
    return CaseTable(
        variants=tuple(window.variant_id for window in windows),
        variant=np.repeat(np.arange(len(windows)), N),
        case=np.tile(np.arange(N), len(windows)),
        n=ones,
        passed=np.concatenate([(hardness < w.n_succeeded).astype(float) for w in windows]),
        score=np.nan * ones,
        latency_ms=100 * ones,
        cost_usd=np.concatenate([cost * price.get(w.variant, 1.0) for w in windows]),
        tokens=np.nan * ones,
    )


@pytest.fixture
def runs(window: Window, evidence: Make) -> Callable[..., Evidence]:
    """Evidence of settings of the temperature, each with how many of 200 cases it passes."""

    def make(*passed: tuple[float, int], price: dict[str, float] | None = None, **changes: Any):  # type: ignore[no-untyped-def]
        windows = [
            window(
                f"p@t={t:g}",
                n,
                N,
                parameters=json.dumps({"temperature": t}),
                cost_mean_usd=0.01,
                cost_sd_usd=0.003,
                n_cost=N,
                latency_sd_ms=0.0,
                **changes,
            )
            for t, n in passed
        ]
        table = cases_of(windows, price or {})
        return replace(
            evidence(*windows),
            cases=table,
            contrasts=contrasts(table, windows[0].variant_id, level=0.95),
        )

    return make


def test_changes_to_a_setting_that_is_better_beyond_doubt(runs: Make) -> None:
    found = proposed(runs((1.4, 100), (0.2, 160), (0.9, 120)))
    assert found.type is DecisionType.PARAMETER_ADJUSTMENT
    assert [(c.setting, c.old, c.new) for c in found.changes] == [
        ("variant", "p@t=1.4", "p@t=0.2"),
        ("parameters.temperature", 1.4, 0.2),
    ]
    success = next(effect for effect in found.effects if effect.metric == "success_rate")
    assert (success.estimate, success.n) == (0.3, 200)
    assert found.confidence is not None
    assert found.confidence > 0.999
    assert "160 of 200 tests passed, 100 of 200 before" in found.rationale


def test_figures_that_all_cases_share_are_no_aim_and_no_effect(runs: Make) -> None:
    # Every case took 100 ms: only quality and cost, 0.5 : 0.3, count.
    found = proposed(runs((1.4, 100), (0.2, 160)))
    assert "0.625 quality + 0.375 cost" in found.rationale
    assert "latency_relative" not in {effect.metric for effect in found.effects}
    assert found.effects_note is not None


def test_a_cheaper_setting_is_a_gain_where_cost_counts(runs: Make) -> None:
    windows = (0.9, 100), (0.2, 100)
    cheap = runs(*windows, price={"p@t=0.2": 0.4})
    found = proposed(cheap, optimization_mode="balanced")
    # 0.375 of a price cut by 60 %, and nothing else changed.
    assert found.type is DecisionType.PARAMETER_ADJUSTMENT
    assert "gains 0.225" in found.rationale
    assert proposed(cheap, optimization_mode="maximize_quality").type is DecisionType.RUN_TRIALS


def test_a_gain_too_small_to_matter_asks_for_trials(runs: Make) -> None:
    found = proposed(runs((1.4, 100), (0.2, 106)), optimization_mode="maximize_quality")
    assert found.type is DecisionType.RUN_TRIALS
    assert found.confidence is None
    assert found.effects == ()


def test_several_settings_are_allowed_for(runs: Make) -> None:
    # Ten pairs that all change one way: alone beyond doubt, not as the best of forty.
    alone = runs((1.4, 100), (0.2, 110))
    assert proposed(alone, optimization_mode="maximize_quality").type is (
        DecisionType.PARAMETER_ADJUSTMENT
    )
    rest = [(0.3 + 0.04 * i, 90) for i in range(40)]
    many = ask(runs((1.4, 100), (0.2, 110), *rest), optimization_mode="maximize_quality")
    assert all(one.type is DecisionType.RUN_TRIALS for one in many.proposals)


def test_first_trials_fill_the_space_and_name_their_cases(runs: Make) -> None:
    found = proposed(runs((1.4, 100)))
    (change,) = found.changes
    assert change.setting == "trials"
    assert len(change.new) == 4
    for trial in change.new:
        assert 0 <= trial["changes"]["parameters.temperature"] <= 2
        assert trial["cases"] >= 100
    assert "latin hypercube" in found.rationale
    assert "100 of 200" in found.rationale


def test_cases_of_a_trial_follow_from_what_was_measured(runs: Make) -> None:
    found = proposed(runs((1.4, 100)), optimization_mode="maximize_quality", trials_per_proposal=1)
    # Unrelated settings that pass half: variance 1/2; (1.959964 + 0.841621)^2 / 2 / 0.05^2 =
    # 1569.8 for one trial at two-sided 0.05.
    assert found.changes[0].new[0]["cases"] == 1570
    assert "p@t=1.4 ran 200 cases: a trial takes more, or repeats" in found.notes


def test_a_process_chooses_once_enough_settings_ran(runs: Make) -> None:
    curve = [(t, round(150 - 60 * (t - 0.6) ** 2)) for t in np.linspace(0, 2, 9)]
    found = ask(runs(*reversed(curve[3:]), *curve[6:]), min_trials=4, min_improvement=0.5)
    assert found.silence is not None
    found = proposed(
        runs((1.0, 140), (0.0, 100), (0.5, 139), (1.5, 100), (2.0, 60)),
        min_trials=4,
        min_chance=0.001,
        optimization_mode="maximize_quality",
    )
    assert "upper confidence bound, the first with a chance of" in found.rationale
    for trial in found.changes[0].new:
        assert 0.3 < trial["changes"]["parameters.temperature"] < 1.4


def test_tpe_without_its_extra_is_an_error_of_the_settings(
    runs: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match="tpe needs optuna"):
        ask(runs((1.0, 100), (0.0, 100), (0.5, 100)), min_trials=3, acquisition="tpe")


def test_silent_where_no_setting_has_a_chance_that_matters(runs: Make) -> None:
    flat = runs((0.7, 100), *((t, 100) for t in np.linspace(0, 2, 11)))
    answer = ask(flat, min_improvement=0.3, optimization_mode="maximize_quality")
    assert answer.proposals == ()
    assert "chance to be by 0.3" in str(answer.silence)


def test_silent_where_no_parameter_was_recorded(window: Window, evidence: Make) -> None:
    found = ask(evidence(window("v1", 10, 500, parameters=None)))
    assert found.silence == (
        "no parameter that may be tuned was recorded (temperature, top_p, max_tokens)"
    )


def test_a_value_in_use_can_be_told_where_runs_do_not_record_it(
    window: Window, evidence: Make
) -> None:
    told = ParameterConfig(name="temperature", range=(0, 2), current_value=1.0)
    found = proposed(evidence(window("v1", 10, 500, parameters=None)), parameters=(told,))
    assert found.type is DecisionType.RUN_TRIALS


def test_other_prompts_and_models_are_no_trials(runs: Make) -> None:
    found = runs((1.4, 100), (0.2, 160))
    (other,) = found.others
    for changes in (
        {"model": "another"},
        {"prompt_sha256": "ab"},
        {"variant": "q@t=0.2"},
        {"provider": "elsewhere"},
    ):
        answer = ask(replace(found, others=(replace(other, **changes),)))
        assert [one.type for one in answer.proposals] == [DecisionType.RUN_TRIALS]


def test_prompts_told_apart_by_name_are_said_to_be(runs: Make) -> None:
    assert any("no prompt was recorded" in note for note in proposed(runs((1, 9), (0, 99))).notes)
    known = runs((1.0, 9), (0.0, 99), prompt_sha256="ab")
    assert proposed(known).notes == ()


def test_silent_until_the_last_change_has_run_for_a_while(runs: Make) -> None:
    past = PastDecision(
        decision_id="d",
        decided_at=NOON,
        seen_until=NOON,
        state="completed",
        strategies=("adaptive_parameters",),
        applied_at=NOON - timedelta(minutes=20),
    )
    found = replace(runs((1.4, 100), (0.2, 160)), decisions=(past,))
    assert ask(found).silence == "the last change is 0.333 h old, 1 h are due"
    assert ask(found, update_interval=1200).proposals


def test_waits_while_the_scoring_rules_are_content(runs: Make) -> None:
    found = runs((1.4, 200), (0.2, 200))
    assert "no scoring rule fires on 200 tests" in str(ask(found).silence)
    old = runs((1.4, 200), (0.2, 200), first_started_at=NOON - timedelta(hours=2))
    assert ask(old).proposals


def test_silent_where_quality_alone_counts_and_nothing_is_left_to_gain(runs: Make) -> None:
    found = runs((1.4, 200), success_low=0.98, first_started_at=NOON - timedelta(hours=2))
    answer = ask(found, optimization_mode="maximize_quality")
    assert answer.silence == "200 of 200 tests passed: no room for a gain of 0.05"


def test_silent_where_the_aim_was_not_measured(runs: Make) -> None:
    answer = ask(runs((1.4, 100)), optimization_mode="minimize_latency")
    assert answer.silence == "no test by test figures of what minimize_latency looks at"


def trace(windows: list[WindowSummary], passed: dict[tuple[str, str], int]) -> Requests:
    """A hundred cases of each type under each variant, of which some pass."""
    rows = [
        (v, t, 100 * t + case, float(case < passed[window.variant, kind]))
        for v, window in enumerate(windows)
        for t, kind in enumerate(("code", "chat"))
        for case in range(100)
    ]
    variant, kind, case, ok = (np.array(column) for column in zip(*rows, strict=True))
    n = len(rows)
    unknown, none, no = np.full(n, np.nan), np.full(n, -1), np.zeros(n, bool)
    return Requests(
        at_s=np.arange(n, dtype=float),
        segment=variant,
        key=case,
        answer=none,
        ok=ok,
        score=unknown,
        latency_ms=100 + unknown,
        tokens_in=unknown,
        tokens_out=unknown,
        cost_usd=unknown,
        failed=no,
        throttled=no,
        cached=no,
        repeat=np.zeros(n, np.int64),
        case=case,
        variant=variant,
        tenant=none,
        task_type=kind,
        priority=np.full(n, 2),
        deadline_ms=unknown,
        propensity=unknown,
        variants=tuple(window.variant_id for window in windows),
        task_types=("code", "chat"),
    )


def test_a_setting_may_be_better_for_one_type_of_task(runs: Make) -> None:
    found = runs((1.4, 100), (0.2, 105))
    assert found.current is not None
    passed = {
        ("p@t=1.4", "code"): 40,
        ("p@t=1.4", "chat"): 60,
        ("p@t=0.2", "code"): 65,
        ("p@t=0.2", "chat"): 40,
    }
    found = replace(found, requests=trace([found.current, *found.others], passed))
    proposal = proposed(found, optimization_mode="maximize_quality", min_improvement=0.1)
    (change,) = proposal.changes
    assert (change.setting, change.old, change.new) == (
        "task_types.code.parameters.temperature",
        1.4,
        0.2,
    )
    (effect,) = proposal.effects
    assert (effect.metric, effect.estimate, effect.n) == ("success_rate", 0.25, 100)
    assert effect.low <= effect.estimate <= effect.high
    assert "3 comparisons allowed for" in proposal.rationale


def test_a_preset_of_the_task_type_is_tried_first(runs: Make) -> None:
    found = runs((1.4, 100))
    assert found.current is not None
    passed = {("p@t=1.4", "code"): 40, ("p@t=1.4", "chat"): 60}
    found = replace(found, requests=trace([found.current], passed))
    first = proposed(found).changes[0].new[0]
    assert first["changes"] == {"parameters.temperature": 0.2}


def test_a_value_in_use_outside_its_range_stays(window: Window, evidence: Make) -> None:
    short = window("v1", 10, 500, parameters='{"max_tokens":12,"temperature":0.7}')
    found = proposed(evidence(short))
    assert "max_tokens stays: its value is outside its range" in found.notes
    assert set(found.changes[0].new[0]["changes"]) == {"parameters.temperature"}


def test_order_of_variants_and_rows_does_not_matter(runs: Make) -> None:
    found = runs((1.4, 100), (0.2, 103), (0.9, 101), (0.4, 102))
    turned = replace(found, others=tuple(reversed(found.others)))
    assert ask(found).proposals == ask(turned).proposals
    assert found.cases is not None
    order = np.random.default_rng(1).permutation(len(found.cases.n))
    columns = ("variant", "case", "n", "passed", "score", "latency_ms", "cost_usd", "tokens")
    shuffled = replace(found.cases, **{name: getattr(found.cases, name)[order] for name in columns})
    assert ask(replace(found, cases=shuffled)).proposals == ask(found).proposals


def test_a_range_that_leaves_nothing_to_search_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected low below high"):
        ParameterConfig(name="temperature", range=(1, 1))
