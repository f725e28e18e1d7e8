from __future__ import annotations

from typing import Any

import pytest

from optimizer.decisions.commands import commands
from optimizer.models.proposals import DecisionType

D = DecisionType
SHARES = (0.05, 0.25, 0.5, 1.0)


def asked(make: Any, type_: DecisionType, *changes: Any, **more: Any) -> Any:
    proposal = make.proposal(*(make.change(*one) for one in changes), type=type_)
    return commands(make.decision(proposal), **({"shares": SHARES, "patch": ()} | more))


@pytest.mark.parametrize(
    ("type_", "changes", "names"),
    [
        (D.MODEL_SWITCH, [("model", "m", "x")], ["SwitchModel", "UpdateConfiguration"]),
        (D.PROMPT_VARIANT, [("variant", "a", "b")], ["UpdateConfiguration"]),
        (D.PARAMETER_ADJUSTMENT, [("parameters.temperature", 1, 0)], ["UpdateParameters"]),
        (D.ENABLE_CACHING, [("cache.ttl_s", None, 60)], ["UpdateCache"]),
        (D.ADJUST_RATE_LIMITS, [("limits.requests_per_minute", None, 60)], ["ApplyRateLimit"]),
        (D.ENABLE_BATCHING, [("batching.max_wait_ms", None, 50)], ["AddToBatch"]),
        (D.OPTIMIZE_PROMPT, [("prompt", "x", "y")], ["OptimizePrompt"]),
        (D.START_EXPERIMENT, [("experiment", None, "b")], ["StartExperiment"]),
        (D.CONCLUDE_EXPERIMENT, [("experiment e", "running", "b")], ["ConcludeExperiment"]),
        (D.RUN_TRIALS, [("trials", None, 3)], ["RunTrials"]),
        (D.ALLOCATE_TRAFFIC, [("traffic", None, {"a": 1})], ["AllocateTraffic"]),
        (D.ROLLBACK, [("variant", "b", "a")], ["Rollback"]),
    ],
)
def test_each_type_has_its_command(
    make: Any, type_: DecisionType, changes: list[Any], names: list[str]
) -> None:
    found = asked(make, type_, *changes)
    assert [one.command for one in found.commands] == names
    assert found.refused == ()


@pytest.mark.parametrize("type_", [D.ALERT, D.CIRCUIT_BREAK])
def test_a_type_without_a_command_is_refused_by_name(make: Any, type_: DecisionType) -> None:
    found = asked(make, type_)
    assert found.commands == ()
    assert found.refused == (f"model_selection: {type_}: there is no command for it",)


def test_limits_that_throttle_nothing_and_batches_of_nothing_ask_for_nothing(make: Any) -> None:
    limits = asked(make, D.ADJUST_RATE_LIMITS, ("limits.requests_per_minute", 60, None))
    assert (limits.commands, len(limits.refused)) == ((), 1)
    batches = asked(make, D.ENABLE_BATCHING, ("batching.max_size", 8, 0))
    assert (batches.commands, len(batches.refused)) == ((), 1)


def test_a_switch_comes_in_steps_and_parameters_come_at_once(make: Any) -> None:
    (update,) = asked(make, D.PROMPT_VARIANT, ("variant", "a", "b")).commands
    assert update.arguments == {"deployment": "canary", "shares": [*SHARES], "patch": []}
    (now,) = asked(make, D.PROMPT_VARIANT, ("variant", "a", "b"), shares=(1.0,)).commands
    assert now.arguments["deployment"] == "immediate"
    (parameters,) = asked(make, D.PARAMETER_ADJUSTMENT, ("parameters.temperature", 1, 0)).commands
    assert parameters.arguments == {"temperature": 0, "deployment": "immediate"}


def test_what_is_rolled_out_is_not_asked_for_at_once(make: Any) -> None:
    for type_ in (D.PARAMETER_ADJUSTMENT, D.ROLLBACK):
        found = asked(make, type_, ("variant", "a", "b"), stepwise=True)
        assert [one.command for one in found.commands] == ["UpdateConfiguration"]


def test_every_type_is_either_asked_for_or_refused(make: Any) -> None:
    for type_ in DecisionType:
        found = asked(make, type_, ("cache.ttl_s", None, 1))
        assert found.commands or found.refused
