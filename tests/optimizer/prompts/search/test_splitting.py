from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.optimization import Split
from optimizer.prompts.search.splitting import split
from optimizer.prompts.settings import OptimizeSettings

SETTINGS = OptimizeSettings()


def ids(split_: Split) -> dict[str, set[str]]:
    return {
        part: {one.case_id for one in getattr(split_, part)}
        for part in ("train", "validation", "holdout")
    }


def sizes(split_: Split) -> tuple[int, int, int]:
    return len(split_.train), len(split_.validation), len(split_.holdout)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (20, (10, 4, 6)),
        (40, (20, 8, 12)),
        (59, (29, 12, 18)),
        (60, (24, 18, 18)),
        (200, (80, 60, 60)),
    ],
)
def test_sizes_follow_the_number_of_cases(case, n: int, expected: tuple[int, int, int]) -> None:
    found = split([case(f"c{i}", x=i) for i in range(n)], settings=SETTINGS)
    assert sizes(found) == expected
    train, validation, held = expected
    assert found.reason == f"{n} cases: {train} train, {validation} validate, {held} held out"
    assert found.is_enough


def test_too_few_cases_give_no_parts_and_the_reason(case) -> None:
    found = split([case(f"c{i}", x=i) for i in range(12)], settings=SETTINGS)
    assert sizes(found) == (0, 0, 0)
    assert found.reason == "not enough tests to search: 12 of 20 cases; drafts only"
    assert not found.is_enough


def test_another_share_may_be_held_out(case) -> None:
    cases = [case(f"c{i}", x=i) for i in range(100)]
    assert sizes(split(cases, settings=SETTINGS, holdout=0.5)) == (29, 21, 50)


@given(
    st.lists(st.sampled_from(["normal", "boundary", "error"]), min_size=20, max_size=90),
    st.floats(0.01, 0.99),
    st.integers(0, 5),
    st.integers(0, 6),
)
def test_parts_share_no_case_lose_none_and_are_never_empty(
    case, scenarios: list[str], holdout: float, n_families: int, n_known: int
) -> None:
    cases = [
        case(
            f"c{i}",
            scenario=scenario,
            x=i,
            family=f"f{i % n_families}" if n_families and i < 15 else None,
        )
        for i, scenario in enumerate(scenarios)
    ]
    known = frozenset(f"c{i}" for i in range(20 - n_known, 20))
    found = split(cases, settings=SETTINGS, holdout=holdout, known_ids=known)
    parts = ids(found)
    assert sum(map(len, parts.values())) == len(cases) == len(set().union(*parts.values()))
    assert all(parts.values())
    assert known <= parts["train"]
    of_family: dict[str, set[str]] = {}
    for i in range(min(15, len(cases)) if n_families else 0):
        (part,) = [name for name, members in parts.items() if f"c{i}" in members]
        of_family.setdefault(f"f{i % n_families}", set()).add(part)
    assert all(len(found_in) == 1 for found_in in of_family.values())
    mixed = random.Random(1).sample(cases, len(cases))
    assert split(mixed, settings=SETTINGS, holdout=holdout, known_ids=known) == found


def test_each_scenario_has_its_share_in_each_part(case) -> None:
    scenarios = {"normal": 60, "boundary": 20, "error": 20}
    cases = [
        case(f"{name}{i}", scenario=name, x=f"{name}{i}")
        for name, n in scenarios.items()
        for i in range(n)
    ]
    found = split(cases, settings=SETTINGS)
    held = Counter(one.scenario for one in found.holdout)
    assert held == {"normal": 18, "boundary": 6, "error": 6}
    assert found.reason == ("100 cases of 3 scenarios: 40 train, 30 validate, 30 held out")


@given(st.integers(61, 150), st.integers(0, 1000))
def test_a_case_more_moves_at_most_one_at_each_border(case, n: int, name: int) -> None:
    cases = [case(f"c{i}", x=i) for i in range(n)]
    before = ids(split(cases, settings=SETTINGS))
    after = ids(split([*cases, case(f"new{name}", x="new")], settings=SETTINGS))
    assert not before["train"] & after["holdout"]
    assert not before["holdout"] & after["train"]
    moved = [one for part in before for one in before[part] - after[part]]
    assert len(moved) <= 2


def test_cases_that_test_the_same_under_two_names_stay_together(case) -> None:
    cases = [case(f"c{i}", question=f"q{i // 2}") for i in range(80)]
    parts = ids(split(cases, settings=SETTINGS))
    for i in range(0, 80, 2):
        assert any({f"c{i}", f"c{i + 1}"} <= members for members in parts.values())


def test_one_family_of_cases_is_not_enough_however_large(case) -> None:
    found = split([case(f"c{i}", family="one") for i in range(50)], settings=SETTINGS)
    assert not found.is_enough
    assert found.reason == (
        "not enough tests to search: the 50 cases hold 1 of 3 groups that are independent of each "
        "other and of the prompt; drafts only"
    )


def test_cases_that_the_prompt_shows_are_named_as_such(case) -> None:
    cases = [case(f"c{i}", x=i) for i in range(60)]
    found = split(cases, settings=SETTINGS, known_ids=frozenset({"c1", "c2"}))
    assert found.reason.endswith("held out; 2 train because the prompt shows them")
