from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from optimizer.decisions.rollout import advance_rollout, health_level, start
from optimizer.decisions.settings import Lifecycle, PresetSettings
from optimizer.models.lifecycle import Health, RolloutStatus
from optimizer.models.proposals import Effect

S = Lifecycle()
HOUR = timedelta(hours=1)
PRESETS = ("standard", "s0", "s1", "rust")


def begun(make: Any, preset: str = "standard") -> Any:
    return start("d1", S, preset=preset, at=make.at)


def health(make: Any, n: int = 80, *effects: Any, hours: float = 24 * 30) -> Health:
    same = (make.effect("success_rate", 0.0),)
    return Health(
        target="b", n=n, newest_at=make.at + hours * HOUR, effects=effects or same, run_ids=("r",)
    )


def moved(make: Any, found: Any, seen: Health, **more: Any) -> Any:
    return advance_rollout(found, seen, more.pop("settings", S), at=make.at + 24 * 30 * HOUR)


@pytest.mark.parametrize(
    ("preset", "shares"),
    [
        ("standard", (0.05, 0.25, 0.5, 1.0)),
        ("s0", (0.1, 0.5, 1.0)),
        ("s1", (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)),
        ("rust", (0.01, 0.05, 0.25, 0.5, 1.0)),
    ],
)
def test_goes_through_the_steps_of_its_preset_and_ends(
    make: Any, preset: str, shares: tuple[float, ...]
) -> None:
    found = begun(make, preset)
    seen = []
    while found.status is RolloutStatus.RUNNING:
        seen.append(found.shares[found.step])
        at = found.moved_at + 24 * 30 * HOUR
        newest = replace(health(make), newest_at=at)
        found = advance_rollout(found, newest, S, at=at)
    assert tuple(seen) == shares
    assert found.status is RolloutStatus.COMPLETED


def test_stays_until_there_are_as_many_tests_as_show_the_harm_to_detect(make: Any) -> None:
    # 0.95 ** 58 = 0.051 and 0.95 ** 59 = 0.0485: 59 tests without a failure rule out 5 %
    assert S.n_wanted == 59
    stays = moved(make, begun(make), health(make, 58))
    assert stays.step == 0
    assert stays.reason == "stays at 5 %: 58 of 59 tests of b since the last move"
    assert moved(make, begun(make), health(make, 59)).step == 1


def test_stays_as_long_as_the_preset_says(make: Any) -> None:
    found = begun(make, "s0")
    stays = moved(make, found, health(make, hours=23))
    assert (stays.step, stays.reason) == (0, "stays at 10 %: runs span 23 h of 24 h")
    assert moved(make, found, health(make, hours=24)).step == 1


def test_harm_beyond_doubt_rolls_back_even_with_few_tests(make: Any) -> None:
    worse = make.effect("success_rate", -0.5, 0.2, n=12)
    back = moved(make, begun(make), health(make, 12, worse))
    assert back.status is RolloutStatus.ROLLED_BACK
    assert "success_rate -50 pp [-70, -30] pp on 12, worse than 5 pp beyond doubt" in back.reason


def test_harm_is_left_to_a_person_where_settings_say_so(make: Any) -> None:
    worse = make.effect("success_rate", -0.5, 0.2)
    settings = Lifecycle(enable_auto_rollback=False)
    stays = moved(make, begun(make), health(make, 80, worse), settings=settings)
    assert (stays.status, stays.step) == (RolloutStatus.RUNNING, 0)
    assert "does harm" in stays.reason


@pytest.mark.parametrize(
    ("metric", "estimate", "half", "status", "step"),
    [
        ("success_rate", -0.04, 0.01, RolloutStatus.RUNNING, 1),  # worse, within the margin
        ("success_rate", -0.08, 0.10, RolloutStatus.RUNNING, 0),  # beyond it, not beyond doubt
        ("success_rate", -0.08, 0.01, RolloutStatus.ROLLED_BACK, 0),
        ("cost_relative", 0.30, 0.05, RolloutStatus.ROLLED_BACK, 0),  # dearer
        ("cost_relative", -0.30, 0.05, RolloutStatus.RUNNING, 1),
        ("latency_relative", 0.30, 0.05, RolloutStatus.ROLLED_BACK, 0),
        ("latency_relative", 0.14, 0.005, RolloutStatus.RUNNING, 1),
        ("tokens_relative", 5.0, 0.05, RolloutStatus.RUNNING, 1),  # the price tells
    ],
)
def test_an_effect_moves_it_by_its_margin_and_interval(
    make: Any, metric: str, estimate: float, half: float, status: RolloutStatus, step: int
) -> None:
    seen = health(make, 80, make.effect("score", 0.0), make.effect(metric, estimate, half))
    found = moved(make, begun(make), seen)
    assert (found.status, found.step) == (status, step)


def test_stays_where_nothing_tells_what_it_does(make: Any) -> None:
    nothing = Health(target="b", n=80, newest_at=make.at + HOUR)
    assert "no run of the configuration before" in moved(make, begun(make), nothing).reason


def test_a_clock_that_goes_back_does_not_move_it_back_in_time(make: Any) -> None:
    found = advance_rollout(begun(make), health(make), S, at=make.at - 5 * HOUR)
    assert (found.step, found.moved_at) == (1, make.at)


def test_what_is_left_of_the_level_is_shared_by_steps_and_metrics(make: Any) -> None:
    assert health_level(begun(make), S) == pytest.approx(1 - 0.05 / (4 * 4))


@given(st.sampled_from(PRESETS), st.lists(st.floats(-1, 1), max_size=12))
def test_never_skips_a_step_nor_moves_once_it_has_ended(preset: str, found: list[float]) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    now = start("d1", S, preset=preset, at=at)
    for estimate in found:
        effect = Effect(
            metric="success_rate",
            estimate=estimate,
            low=estimate - 0.1,
            high=estimate + 0.1,
            level=0.95,
            n=80,
            estimator="tango",
        )
        at += 24 * 30 * HOUR
        then = advance_rollout(
            now, Health(target="b", n=80, newest_at=at, effects=(effect,)), S, at=at
        )
        assert then.step - now.step in {0, 1}
        assert 0 <= then.step < len(then.shares)
        if then.status is not RolloutStatus.RUNNING:
            break
        now = then


@pytest.mark.parametrize(
    "wrong",
    [
        {"shares": ()},
        {"shares": (0.5,)},
        {"shares": (0.5, 0.2, 1.0)},
        {"shares": (0.0, 1.0)},
        {"shares": (0.5, 1.0), "dwell_min": (1,)},
    ],
)
def test_a_preset_must_rise_to_all(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PresetSettings(**wrong)
