from __future__ import annotations

import json

from optimizer.learning.trials import TrialPlan, as_values, crossed, plan_json, trials_of, variants

SETTINGS = [{"parameters.temperature": 0.4, "parameters.max_tokens": 512}, {"model": "small"}]


def test_each_trial_is_labelled_by_what_it_changes() -> None:
    first, second = variants("v1", SETTINGS, cases=120)
    assert first.variant == "v1 with max_tokens 512, temperature 0.4"
    assert second.variant == "v1 with model small"
    assert {one.cases for one in (first, second)} == {120}


def test_a_plan_is_written_as_json_that_says_what_to_run() -> None:
    plan = TrialPlan(workflow_id="wf", baseline="v1", trials=variants("v1", SETTINGS, cases=120))
    assert json.loads(plan_json(plan)) == {
        "workflow_id": "wf",
        "baseline": "v1",
        "trials": [
            {
                "variant": "v1 with max_tokens 512, temperature 0.4",
                "changes": {"parameters.temperature": 0.4, "parameters.max_tokens": 512},
                "cases": 120,
            },
            {"variant": "v1 with model small", "changes": {"model": "small"}, "cases": 120},
        ],
    }


def test_axes_are_crossed_into_every_combination() -> None:
    found = crossed({"model": ["small", "large"], "parameters.temperature": [0.0, 1.0]})
    assert len(found) == 4
    assert found[0] == {"model": "small", "parameters.temperature": 0.0}
    assert len({one.variant for one in variants("v1", found, cases=5)}) == 4


def test_trials_come_back_from_the_values_of_a_change() -> None:
    trials = variants("v1", SETTINGS, cases=7)
    assert trials_of(json.loads(json.dumps(as_values(trials)))) == trials
