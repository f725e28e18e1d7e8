from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.models.proposals import Change, DecisionType, Proposal
from optimizer.safety.conflicts import Contender, conflict, settle, utility
from optimizer.safety.settings import Objectives

Make = Callable[..., Any]
GOALS = Objectives()


def contender(place: int, priority: int, proposal: Proposal) -> Contender:
    return Contender(place=place, priority=priority, proposal=proposal)


def cache(proposal: Make, *settings_: str, **more: Any) -> Proposal:
    changes = tuple((name, None, 1) for name in settings_ or ("cache.ttl_s",))
    made: Proposal = proposal(
        DecisionType.ENABLE_CACHING, changes=changes, strategy="caching", **more
    )
    return made


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("cache.ttl_s", "cache.ttl_s", "both change cache.ttl_s"),
        ("cache", "cache.ttl_s", "part of cache"),
        ("cache.ttl_s", "cache", "part of cache"),
        ("cache.ttl_s", "cache.size", None),
        ("cache", "cached", None),
        ("variant", "parameters.temperature", "part of variant"),
        ("variant", "model", "part of variant"),
        ("prompt_sha256", "variant", "part of variant"),
        ("provider", "variant", "part of variant"),
        ("model", "parameters.temperature", None),
        ("variant", "cache.ttl_s", None),
    ],
)
def test_one_setting_is_changed_by_one_proposal(
    proposal: Make, one: str, other: str, why: str | None
) -> None:
    first = proposal(DecisionType.PARAMETER_ADJUSTMENT, changes=((one, 1, 2),))
    second = proposal(DecisionType.PARAMETER_ADJUSTMENT, changes=((other, 1, 3),))
    found = conflict(first, second)
    assert (found is None) == (why is None)
    assert why is None or why in (found or "")


@pytest.mark.parametrize(
    ("one", "other", "conflicts"),
    [
        (DecisionType.ROLLBACK, DecisionType.START_EXPERIMENT, True),
        (DecisionType.ROLLBACK, DecisionType.MODEL_SWITCH, True),
        (DecisionType.ROLLBACK, DecisionType.ENABLE_CACHING, False),
        (DecisionType.ROLLBACK, DecisionType.ALERT, False),
        (DecisionType.CIRCUIT_BREAK, DecisionType.ENABLE_CACHING, True),
        (DecisionType.CIRCUIT_BREAK, DecisionType.ROLLBACK, False),
        (DecisionType.CIRCUIT_BREAK, DecisionType.ALERT, False),
        (DecisionType.START_EXPERIMENT, DecisionType.ALLOCATE_TRAFFIC, True),
        (DecisionType.START_EXPERIMENT, DecisionType.RUN_TRIALS, False),
        (DecisionType.MODEL_SWITCH, DecisionType.START_EXPERIMENT, True),
        (DecisionType.MODEL_SWITCH, DecisionType.RUN_TRIALS, False),
        (DecisionType.MODEL_SWITCH, DecisionType.ENABLE_BATCHING, False),
    ],
)
def test_some_kinds_exclude_each_other(
    proposal: Make, one: DecisionType, other: DecisionType, conflicts: bool
) -> None:
    paths = {
        DecisionType.MODEL_SWITCH: (("model", "a", "b"),),
        DecisionType.ROLLBACK: (("variant", "a", "c"),),
        DecisionType.ALERT: (),
        DecisionType.RUN_TRIALS: (("parameters.temperature", 0, 1),),
    }
    first, second = (
        proposal(kind, changes=paths.get(kind, ((str(kind), None, 1),))) for kind in (one, other)
    )
    assert (conflict(first, second) is not None) == conflicts
    assert (conflict(second, first) is not None) == conflicts


def test_the_higher_priority_wins_and_the_loser_is_told_why(proposal: Make) -> None:
    lost = settle(
        [
            contender(0, 80, proposal(strategy="reinforcement_feedback")),
            contender(1, 200, proposal(DecisionType.ROLLBACK, strategy="threshold_based")),
        ],
        GOALS,
    )
    assert lost == {
        0: "threshold_based (rollback): both change variant to the same value; "
        "it has priority 200 over 80"
    }


def test_equal_priorities_are_settled_by_kind_then_promise_then_name(
    effect: Make, proposal: Make
) -> None:
    big = effect("success_rate", 0.2, 0.1, 0.3)
    small = effect("success_rate", 0.1, 0.05, 0.15)
    a = contender(0, 90, proposal(DecisionType.MODEL_SWITCH, small, strategy="a"))
    b = contender(1, 90, proposal(DecisionType.MODEL_SWITCH, big, strategy="b"))
    c = contender(2, 90, proposal(DecisionType.ROLLBACK, small, strategy="c"))
    d = contender(3, 90, proposal(DecisionType.MODEL_SWITCH, small, strategy="d"))
    assert "it promises 0.1 against 0.05" in settle([a, b], GOALS)[0]
    assert "it is the safer kind" in settle([b, c], GOALS)[1]
    assert "its name comes first" in settle([a, d], GOALS)[3]


def test_what_conflicts_with_nothing_that_is_preferred_stays(proposal: Make) -> None:
    found = settle(
        [
            contender(0, 100, proposal(strategy="model_selection")),
            contender(1, 90, cache(proposal)),
            contender(2, 80, proposal(strategy="reinforcement_feedback")),
            contender(3, 70, proposal(DecisionType.ALERT, changes=())),
        ],
        GOALS,
    )
    assert list(found) == [2]


def test_utility_weighs_gains_and_counts_what_nobody_measured_for_nothing(
    effect: Make, proposal: Make
) -> None:
    made = proposal(
        DecisionType.MODEL_SWITCH,
        effect("cost_relative", -0.4, -0.5, -0.3),
        effect("latency_relative", 0.1, 0.0, 0.2),
    )
    assert utility(made, GOALS) == pytest.approx(0.3 * 0.4 - 0.2 * 0.1)
    assert utility(proposal(), GOALS) == 0


PATHS = st.sampled_from(["variant", "model", "cache.ttl_s", "cache", "limits.rpm"])
KINDS = st.sampled_from([DecisionType.MODEL_SWITCH, DecisionType.ROLLBACK, DecisionType.ALERT])


@st.composite
def fields(draw: st.DrawFn) -> list[Contender]:
    n = draw(st.integers(1, 4))
    return [
        contender(
            place,
            draw(st.sampled_from([70, 90])),
            Proposal(
                strategy=f"s{place}",
                type=draw(KINDS),
                changes=(Change(setting=draw(PATHS), old=1, new=2),),
                effects=(),
                effects_note="none",
                confidence=None,
                rationale="",
                unless="",
            ),
        )
        for place in range(n)
    ]


@given(fields())
@settings(max_examples=60)
def test_the_order_of_asking_decides_nothing_and_the_kept_never_conflict(
    found: list[Contender],
) -> None:
    lost = settle(found, GOALS)
    kept = [one for one in found if one.place not in lost]
    assert kept
    assert not any(conflict(a.proposal, b.proposal) for a, b in permutations(kept, 2))
    for order in permutations(found):
        assert settle(order, GOALS) == lost
