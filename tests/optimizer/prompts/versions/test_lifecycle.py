from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.errors import TransitionError
from optimizer.models.versions import Confirmation, Lineage, Version, VersionState
from optimizer.prompts.versions.lifecycle import (
    IN_USE,
    NEXT,
    Part,
    advance,
    bump,
    changed_interface,
    in_use,
    next_version,
)
from optimizer.scoring_rules import ScoringRules

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RULES = ScoringRules()

BETTER = Confirmation(
    optimization_id="o1",
    prompt_id="p.md",
    holdout_sha256="h",
    seq=1,
    champion_sha256="c",
    control_sha256="b",
    alpha=0.05,
    verdict="improved",
    n=18,
    n_control_passed=9,
    n_champion_passed=18,
    n_tests=18,
    p_value=0.002,
    estimate=0.5,
    low=0.24,
    high=0.71,
    method="McNemar mid-p, Tango score interval",
    reason="better than the prompt in use",
    looked_at=NOW,
)


def version(number: str = "1.0.0", state: VersionState = VersionState.BASELINE) -> Version:
    return Version(
        prompt_id="p.md",
        version=number,
        seq=0,
        parent=None,
        prompt_sha256="x",
        text="Sort {mail}.",
        workflow_id=None,
        state=state,
        bump=None,
        why_bump=None,
        optimization_id=None,
        confirmation=None,
        lineage=Lineage(),
        lint_before=(),
        lint_after=(),
        created_at=NOW,
        changed_at=NOW,
    )


@pytest.mark.parametrize(
    ("low", "part"),
    [
        (0.15, "major"),
        (0.1499, "minor"),
        (0.05, "minor"),
        (0.0499, "patch"),
        (0.0, "patch"),
        (-0.2, "patch"),
        (0.71, "major"),
    ],
)
def test_the_lower_bound_in_points_decides(low: float, part: str) -> None:
    found = bump(replace(BETTER, low=low), "Sort {mail}.", "Sort {mail} well.", RULES)
    assert found.part == part


def test_the_estimate_alone_raises_nothing() -> None:
    found = bump(replace(BETTER, estimate=0.9, low=0.01), "Sort.", "Sort well.", RULES)
    assert found.part == "patch"


@pytest.mark.parametrize(
    "look",
    [None, replace(BETTER, verdict="inconclusive"), replace(BETTER, verdict="regressed", low=0.3)],
)
def test_what_is_not_confirmed_is_an_unverified_patch(look: Confirmation | None) -> None:
    found = bump(look, "Sort.", "Sort well.", RULES)
    assert found.part == "patch"
    assert "unverified" in found.why


def test_points_of_a_static_score_raise_no_version() -> None:
    wordy = "# Task\n\n- Sort the mail.\n- For example: bill.\n\n1. Read it.\n2. Name its kind.\n"
    assert bump(None, "Sort the mail.", wordy, RULES).part == "patch"


def test_a_change_that_leaves_the_meaning_alone_is_a_patch() -> None:
    assert bump(BETTER, "Sort  it.", "Sort it.", RULES, cosmetic=True).part == "patch"


@pytest.mark.parametrize("look", [None, BETTER, replace(BETTER, low=0.01)])
@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("Sort {mail}.", "Sort {letter}.", "variables changed: without mail; with letter"),
        ("Sort {{ mail }}.", "Sort it.", "variables changed: without mail"),
        ("Sort it.", "Sort it. Respond only in JSON.", "form of the answer changed: with json"),
        ("Respond only in JSON.", "Respond only in XML.", "form of the answer changed"),
    ],
)
def test_a_changed_interface_is_a_major_version_whatever_was_confirmed(
    look: Confirmation | None, before: str, after: str, why: str
) -> None:
    found = bump(look, before, after, RULES)
    assert found.part == "major"
    assert why in found.why


def test_the_thresholds_are_those_of_the_rules() -> None:
    strict = ScoringRules(major_version_min_improvement=60, minor_version_min_improvement=20)
    assert bump(BETTER, "Sort.", "Sort well.", strict).part == "minor"


def test_a_variable_that_moves_is_no_change_of_the_interface() -> None:
    assert changed_interface("Sort {mail} by {kind}.", "By {kind}, sort {mail}. {kind}!") is None


@pytest.mark.parametrize(
    ("parent", "part", "taken", "expected"),
    [
        ("1.0.0", Part.PATCH, (), "1.0.1"),
        ("1.0.0", Part.PATCH, ("1.0.1", "1.0.2"), "1.0.3"),
        ("1.4.2", Part.MINOR, (), "1.5.0"),
        ("1.4.2", Part.MINOR, ("1.5.0",), "1.6.0"),
        ("1.4.2", Part.MAJOR, (), "2.0.0"),
        ("9.9.9", Part.MAJOR, ("10.0.0",), "11.0.0"),
    ],
)
def test_the_next_version_is_free_and_later(
    parent: str, part: Part, taken: tuple[str, ...], expected: str
) -> None:
    assert next_version(parent, part, taken) == expected


@given(st.lists(st.sampled_from(Part), max_size=12))
def test_versions_only_rise(parts: list[Part]) -> None:
    found = ["1.0.0"]
    for part in parts:
        found.append(next_version(found[-1], part, found))
    numbers = [tuple(map(int, one.split("."))) for one in found]
    assert numbers == sorted(set(numbers))


# Worked out by hand from the meaning of each state.
STEPS = {
    ("baseline", "retired"),
    ("draft", "confirmed"),
    ("draft", "refused"),
    ("confirmed", "in_force"),
    ("in_force", "retired"),
}


@pytest.mark.parametrize(("before", "after"), list(product(VersionState, VersionState)))
def test_each_pair_of_states_is_a_step_or_refused(
    before: VersionState, after: VersionState
) -> None:
    one = version(state=before)
    if (before, after) in STEPS:
        moved, step = advance(one, after, actor="ann", reason="so", at=LATER)
        assert (moved.state, moved.changed_at, moved.created_at) == (after, LATER, NOW)
        assert (step.before, step.after, step.version) == (before, after, "1.0.0")
    else:
        with pytest.raises(TransitionError, match="cannot become") as caught:
            advance(one, after, actor="ann", reason="so", at=LATER)
        assert caught.value.hint is not None


def test_every_state_is_in_the_table() -> None:
    assert set(NEXT) == set(VersionState)


def test_nothing_but_a_confirmed_version_comes_into_force() -> None:
    ways = [state for state in VersionState if VersionState.IN_FORCE in NEXT[state]]
    assert ways == [VersionState.CONFIRMED]


def test_the_version_in_use_is_in_force_or_was_found() -> None:
    states = [VersionState.RETIRED, VersionState.IN_FORCE, VersionState.DRAFT]
    versions = [version(f"1.0.{i}", state) for i, state in enumerate(states)]
    found = in_use(versions)
    assert found is not None
    assert found.version == "1.0.1"
    assert in_use([version(state=VersionState.DRAFT)]) is None
    assert {VersionState.BASELINE, VersionState.IN_FORCE} == IN_USE
