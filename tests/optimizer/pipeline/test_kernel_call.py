from __future__ import annotations

import inspect
import math
from contextlib import suppress
from typing import Any

import pytest

from optimizer.models.errors import ConfigError, SelectionError
from optimizer.pipeline.kernel_call import call_kernel
from optimizer.pipeline.kernel_inputs import ALIASES, aliases_of, kind_of
from optimizer.stats.catalogue import kernel, places

NUMBERS = (0.0, 1.0, -1.0, 0.5, math.nan, math.inf, 1e90, -1e-90)
LISTS: tuple[list[Any], ...] = ([], [0], [0, 0, 0], [1, 1], [math.nan, 1], [math.inf], [-1, 0.5])
TABLES: tuple[list[Any], ...] = ([[]], [[1, 2], [3]], [[0, 0], [0, 0]], [[1, -1], [0.5, 2]])


def record(name: str, *positional: object, **named: object) -> dict[str, object]:
    return call_kernel(name, positional, named).record


def message(name: str, *positional: object, **named: object) -> str:
    with pytest.raises(ConfigError) as caught:
        call_kernel(name, positional, named)
    return str(caught.value)


def test_values_go_by_name_or_in_order() -> None:
    assert record("tango", 6, 16, 161) == record("tango", n=161, c=16, b=6)
    assert record("tango", 6, 16, n=161, level=0.9) == record("tango", 6, 16, 161, 0.9)


def test_a_name_may_be_spelled_with_dashes() -> None:
    assert record("McNemar-midp", 6, 16) == record("mcnemar_midp", 6, 16)


def test_the_level_has_other_names() -> None:
    expected = record("wilson", 17, 20, level=0.9)
    for other in ({"conf": 0.9}, {"confidence": 0.9}, {"alpha": 0.1}):
        assert record("wilson", 17, 20, **other) == expected


def test_alpha_is_alpha_where_a_kernel_has_one() -> None:
    assert record("spent", 1, alpha=0.1) == {"value": pytest.approx(0.1)}


def test_a_difference_is_second_minus_first() -> None:
    expected = record("paired_t", differences=[1, 2, 4])
    assert record("paired_t", A=[1, 1, 1], B=[2, 3, 5]) == expected
    assert record("paired_t", first=[1, 1, 1], second=[2, 3, 5]) == expected


def test_samples_that_make_no_difference_are_refused() -> None:
    assert "found 2 and 1 values" in message("paired_t", A=[1, 2], B=[1])
    assert 'second: found "x" at place 1' in message("paired_t", A=[1, 2], B=["x", 1])
    assert "first: found 3, expected a list" in message("paired_t", A=3, B=[1])
    assert "A: unknown parameter" in message("paired_t", A=[1, 2])


def test_a_record_in_a_record_keeps_its_fields() -> None:
    arms = [[1, 2, 3], [2, 2, 2], [1, 3, 3], [2, 2, 3]]
    found = call_kernel("ratio_of_means", arms)
    assert "difference.p_value" in [value.name for value in found.values]
    assert found.record["difference"]["p_value"] > 0  # type: ignore[index]


def test_several_records_are_numbered() -> None:
    columns = [[1, 0], [2, 1], [0, 3], [1, 1]]
    found = call_kernel("simultaneous", [columns], {"draws": 1000})
    assert found.values[0].name == "[0].estimate"
    assert len(found.record["values"]) == 2  # type: ignore[arg-type]


def test_every_field_of_a_result_is_explained() -> None:
    for name, given in {
        "tango": [6, 16, 161],
        "cuped": [[1, 2, 3], [2, 3, 5], [1, 2, 4], [1, 3, 5]],
        "beta_binomial": [1, 4, 2, 4],
        "msprt": [[0.3, 0.8], 1, 0.5],
        "sample_ratio": [[40, 60]],
    }.items():
        assert all(value.text for value in call_kernel(name, given).values), name


def test_what_is_missing_is_named_with_what_it_takes() -> None:
    with pytest.raises(ConfigError) as caught:
        call_kernel("tango", [6])
    assert str(caught.value).splitlines() == [
        "tango: c: missing, expected a whole number",
        "tango: n: missing, expected a whole number",
    ]
    assert caught.value.hint == "As in: tango(b, c, n, level=0.95)"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("tango", {"b": "x"}, 'tango: b: found "x", expected a whole number'),
        ("tango", {"b": 6.5}, "tango: b: found 6.5, expected a whole number"),
        ("tango", {"b": True}, "tango: b: found true, expected a whole number"),
        ("tango", {"b": 10**400}, "beyond 1e+100"),
        ("tango", {"m": 6}, "tango: m: unknown parameter"),
        ("tango", {"levle": 6}, "levle: unknown parameter, did you mean level?"),
        ("tango", {"level": 0.9, "conf": 0.9}, "level: given twice"),
        ("tango", {"alpha": "x"}, 'alpha: found "x", expected a number'),
        ("pooled_z", {"continuity": 1}, "continuity: found 1, expected true or false"),
        ("holm", {"p": 0.1}, "p_values: found 0.1, expected a list of numbers"),
        ("holm", {"p": [0.1, None]}, "found null at place 2, expected a list of numbers"),
        ("jeffreys", {"prior": [1]}, "prior: found [1], expected two numbers"),
        ("wilcoxon", {"zero_method": "zap"}, 'found "zap", expected one of'),
        ("pearson_chi2", {"table": [[1, "x"]]}, 'found "x" at place 2 at place 1'),
        ("cr1", {"families": [None]}, "found null at place 1, expected a list of names"),
        ("wilson", {"n_effective": "x"}, 'found "x", expected a number, or none'),
    ],
)
def test_a_misfit_names_the_parameter_what_was_found_and_what_it_takes(
    name: str, given: dict[str, object], expected: str
) -> None:
    assert expected in message(name, **given)


def test_a_value_too_many_is_refused() -> None:
    assert "5 values, expected at most 4" in message("tango", 1, 2, 3, 4, 5)


def test_a_value_by_order_and_by_name_is_refused() -> None:
    assert "b: given twice" in message("tango", 1, 2, 3, b=4)


def test_what_a_kernel_refuses_is_told_by_its_name() -> None:
    assert message("tango", 6, 16, 10).startswith("tango: b + c must be within 0 and n")


def test_an_unknown_kernel_is_told_what_is_near() -> None:
    with pytest.raises(SelectionError) as caught:
        call_kernel("tnago")
    assert caught.value.hint == "Did you mean tango?"


@pytest.mark.parametrize("name", places())
def test_every_parameter_has_a_kind_and_names_of_its_own(name: str) -> None:
    function = kernel(name)
    parameters = inspect.signature(function).parameters
    for parameter in parameters.values():
        assert kind_of(function, parameter).name
    others = [alias for parameter in parameters for alias in aliases_of(function, parameter)]
    assert len(others) == len(set(others))


def test_every_other_name_is_of_a_parameter() -> None:
    used = {p for name in places() for p in inspect.signature(kernel(name)).parameters}
    assert set(ALIASES) <= used


NASTY: dict[str, tuple[object, ...]] = {
    "a number": NUMBERS,
    "a number, or none": NUMBERS,
    "a whole number": (0, 1, -1, 2, 3),
    "true or false": (True, False),
    "two numbers": tuple([number, 1.0] for number in NUMBERS),
    "numbers": (*LISTS, *TABLES, 1.0),
    "a list of numbers": LISTS,
    "a list of whole numbers": ([], [0], [1, 0], [-1, 2], [3, 3, 3]),
    "a list of lists of numbers": tuple([values, [1, 2]] for values in LISTS),
    "one of mad, iqr, z": ("mad", "iqr", "z", "mean"),
    "a list of lists of lists of numbers": tuple([[values, [1, 2]]] for values in LISTS),
    "a list of names or numbers": ([], ["a"], ["a", 1], ["a", "b", "b"]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", places())
def test_no_input_breaks_a_kernel(name: str) -> None:
    function = kernel(name)
    parameters = inspect.signature(function).parameters.values()
    for turn in range(24):
        given = {}
        for place, parameter in enumerate(parameters):
            if parameter.default is parameter.empty:
                choices = NASTY[kind_of(function, parameter).name]
                given[parameter.name] = choices[(turn + place * (turn // 8)) % len(choices)]
        with suppress(ConfigError):
            call_kernel(name, (), given)
