from __future__ import annotations

from optimizer.learning.trials import as_values, variants

SETTINGS = [{"parameters.temperature": 0.4, "parameters.max_tokens": 512}, {"model": "small"}]


def test_each_trial_is_labelled_by_what_it_changes() -> None:
    first, second = variants("v1", SETTINGS, cases=120)
    assert first.variant == "v1 with max_tokens 512, temperature 0.4"
    assert second.variant == "v1 with model small"
    assert {one.cases for one in (first, second)} == {120}


def test_trials_are_written_into_a_change_as_plain_values() -> None:
    assert as_values(variants("v1", SETTINGS, cases=7))[1] == {
        "variant": "v1 with model small",
        "changes": {"model": "small"},
        "cases": 7,
    }
