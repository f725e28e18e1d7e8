from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optimizer.experiments.stopping import chance, stop, winner
from optimizer.models.experiments import (
    CandidateReport,
    ExperimentArm,
    ExperimentDesign,
    Look,
    Standing,
    StopReason,
)
from optimizer.models.terms import Looks, Metric, VerdictKind

Make = Callable[..., ExperimentDesign]
MakeLook = Callable[..., Look]
MakeCandidate = Callable[..., CandidateReport]
V3 = ExperimentArm(label="v3", variant_id="id-v3")


def reason(*arguments: Any, days: float = 1.0) -> StopReason | None:
    found = stop(*arguments, days=days)
    return found.reason if found else None


def test_goes_on_while_nothing_is_settled(
    design: Make, look: MakeLook, candidate: MakeCandidate
) -> None:
    assert reason(design(), [candidate(look(1, 200), conditional_power=0.5)]) is None


def test_a_winner_ends_it(design: Make, look: MakeLook, candidate: MakeCandidate) -> None:
    won = candidate(look(1, 200, verdict=VerdictKind.IMPROVED))
    assert reason(design(), [won]) is StopReason.WINNER


def test_a_broken_guardrail_forbids_a_winner(
    design: Make, look: MakeLook, candidate: MakeCandidate
) -> None:
    won = candidate(look(1, 200, verdict=VerdictKind.IMPROVED, broken=(Metric.COST,)))
    assert winner([won]) is None
    assert reason(design(), [won]) is StopReason.HARM


def test_one_candidate_that_is_worse_does_not_end_it_for_the_other(
    design: Make, look: MakeLook, candidate: MakeCandidate
) -> None:
    worse = candidate(look(1, 200, verdict=VerdictKind.REGRESSED))
    other = candidate(look(2, 200), arm=V3, conditional_power=0.4)
    assert reason(design(), [worse, other]) is None
    assert reason(design(), [worse]) is StopReason.HARM


def test_of_two_winners_the_surer_one_wins(look: MakeLook, candidate: MakeCandidate) -> None:
    first = candidate(look(1, 200, verdict=VerdictKind.IMPROVED, z=3.0))
    second = candidate(look(2, 200, verdict=VerdictKind.IMPROVED, z=4.0), arm=V3)
    assert winner([first, second]) is second


def test_little_chance_of_a_result_ends_it(
    design: Make, look: MakeLook, candidate: MakeCandidate
) -> None:
    hopeless = candidate(look(1, 300), conditional_power=0.02)
    found = stop(design(), [hopeless], days=1)
    assert found is not None
    assert found.reason is StopReason.FUTILITY
    assert "2.0%" in found.text
    assert reason(design(futility=0.0), [hopeless]) is None
    assert reason(design(early_stopping=False), [hopeless]) is None


def test_the_last_look_ends_it(design: Make, look: MakeLook, candidate: MakeCandidate) -> None:
    assert reason(design(), [candidate(look(1, 500))]) is StopReason.N_MAX


def test_the_time_ends_it(design: Make, look: MakeLook, candidate: MakeCandidate) -> None:
    open_ = candidate(look(1, 200), conditional_power=0.5)
    assert reason(design(), [open_], days=7.0) is StopReason.DURATION
    assert reason(design(max_duration_days=None), [open_], days=700.0) is None


@pytest.mark.parametrize("verdict", list(VerdictKind))
def test_nothing_ends_before_the_fewest_cases(
    design: Make, look: MakeLook, candidate: MakeCandidate, verdict: VerdictKind
) -> None:
    early = candidate(look(1, 49, verdict=verdict), conditional_power=0.0)
    assert reason(design(min_cases=50), [early], days=99.0) is None


def test_a_winner_whose_runs_are_gone_is_none(look: MakeLook, candidate: MakeCandidate) -> None:
    gone = candidate(look(1, 200, verdict=VerdictKind.IMPROVED), standing=Standing.INVALID)
    assert winner([gone]) is None


def test_the_chance_of_a_result_follows_the_trend(design: Make, look: MakeLook) -> None:
    # at half the information z = 1.96 expects 2.77 at the end: P(N(2.77 - 1.96, 1/2) ...) = 0.874
    half = look(1, 250, z=1.96, fraction=0.5)
    assert chance(design(), half, alpha=0.05) == pytest.approx(0.8744, abs=1e-3)
    assert chance(design(looks=Looks.OPEN), half, alpha=0.05) is None
    assert chance(design(), look(1, 250, z=None), alpha=0.05) is None
