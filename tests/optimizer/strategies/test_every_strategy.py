"""What holds for all strategies, present and future."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optimizer.models.evidence import Evidence
from optimizer.models.requests import Requests
from optimizer.models.settings import descriptions
from optimizer.models.summaries import WindowSummary
from optimizer.pipeline.studies import with_studies
from optimizer.strategies import STRATEGIES, Strategy

Window = Callable[..., WindowSummary]
Make = Callable[..., Evidence]
Traffic = Callable[..., Requests]
Occasion = Callable[[str], Evidence | None]

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: s.name)


def ask(strategy: type[Strategy], evidence: Evidence) -> Any:
    made = strategy(strategy.settings_type())
    return made.propose(with_studies([made], evidence, {})[0])


def trouble(evidence: Make, window: Window, traffic: Traffic) -> Evidence:
    """A workflow where nearly everything fails, in traffic that asks the same again and again.

    Nearly nothing failed under another variant, on another model.
    """
    others = (
        window("v2", 499, 500, model="m2"),
        *(window(f"v{i}", 20 * i, 500) for i in range(3, 6)),
    )
    found = evidence(window("v1", 10, 500), *others)
    return replace(found, requests=traffic([place % 20 for place in range(500)]))


def test_names_are_unique() -> None:
    names = [strategy.name for strategy in STRATEGIES]
    assert len(set(names)) == len(names)


@every_strategy
def test_has_usable_defaults(strategy: type[Strategy]) -> None:
    strategy(strategy.settings_type())


@every_strategy
def test_module_explains_itself(strategy: type[Strategy]) -> None:
    text = inspect.getdoc(inspect.getmodule(strategy)) or ""
    for lead in ("Asks:", "Proposes:", "Stays silent", "Does not look at"):
        assert f"\n\n{lead}" in text, f"{strategy.name}: no '{lead}' paragraph"


@every_strategy
def test_every_setting_says_what_it_is(strategy: type[Strategy]) -> None:
    said = descriptions(strategy.settings_type)
    for name in strategy.settings_type.model_fields:
        assert said.get(name), f"{strategy.name}.{name} has no description"


@every_strategy
def test_nothing_has_run_no_proposal(strategy: type[Strategy], evidence: Make) -> None:
    answer = ask(strategy, evidence(None))
    assert answer.proposals == ()
    assert answer.silence


@every_strategy
def test_nothing_completed_no_proposal(
    strategy: type[Strategy], evidence: Make, window: Window
) -> None:
    answer = ask(strategy, evidence(window("v1", 0, 0, n_tasks=5, n_cancelled=5)))
    assert answer.proposals == ()
    assert answer.silence


@every_strategy
def test_one_failure_of_three_is_too_little(
    strategy: type[Strategy], evidence: Make, window: Window
) -> None:
    answer = ask(strategy, evidence(window("v1", 2, 3), window("v2", 3, 3)))
    assert answer.proposals == ()
    assert "not enough data" in answer.silence


@every_strategy
def test_all_is_well_no_proposal(strategy: type[Strategy], evidence: Make, window: Window) -> None:
    answer = ask(strategy, evidence(window("v1", 500, 500)))
    assert answer.proposals == ()
    assert answer.silence


@every_strategy
def test_proposes_something_when_everything_fails(
    strategy: type[Strategy],
    evidence: Make,
    window: Window,
    traffic: Traffic,
    occasion: Occasion,
) -> None:
    found = occasion(strategy.name) or trouble(evidence, window, traffic)
    answer = ask(strategy, found)
    assert answer.proposals
    assert answer.silence is None


@every_strategy
def test_every_proposal_says_why_and_what_would_have_kept_it_back(
    strategy: type[Strategy],
    evidence: Make,
    window: Window,
    traffic: Traffic,
    occasion: Occasion,
) -> None:
    found = occasion(strategy.name) or trouble(evidence, window, traffic)
    for proposal in ask(strategy, found).proposals:
        assert proposal.strategy == strategy.name
        assert "500" in proposal.rationale, "the counts belong in the rationale"
        assert proposal.unless
        assert proposal.effects or proposal.effects_note
        for effect in proposal.effects:
            assert effect.low <= effect.estimate <= effect.high
            assert effect.n > 0
            assert 0 < effect.level < 1
            assert effect.estimator


@every_strategy
def test_same_evidence_same_proposals(
    strategy: type[Strategy], evidence: Make, window: Window
) -> None:
    found = evidence(window("v1", 100, 500), window("v2", 200, 500), window("v3", 300, 500))
    assert ask(strategy, found) == ask(strategy, found)
