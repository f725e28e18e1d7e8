from __future__ import annotations

import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import optimizer.stats
from optimizer.stats.catalogue import KERNELS, kernel, places

LEADS = ("Args:", "Raises:", "Assumes:", "Formula:", "Not for:", "References:")
BUILDING_BLOCKS = {
    "arrays",  # what arrays must satisfy
    "betas",  # distributions that `bayes` integrates over
    "bisection",
    "catalogue",
    "counts",  # what counts must satisfy
    "quantiles",
    "student",  # what the kernels of means share
    "student_tail",  # the same without scipy
    "e_values.log_beta",
    "fronts.mean_draws",  # what `front_membership` is made of
    "fronts.membership",
    "fronts.signs_of",
    "group_sequential.advance",
    "group_sequential.crossing",
    "group_sequential.crossing_bound",
    "group_sequential.require_information",
    "group_sequential.start",
    "intervals.newcombe",  # of two intervals; by counts it is in the catalogue
    "largest_t.largest_t",  # a distribution; its quantile is `max_t_critical`
    "power.require_other_than_zero",
    "power.require_variances",
    "power.z_values",
    "ratios.fieller_segments",  # `fieller` of many samples
    "running.plug_in_bets",
    "running.require_alpha",
    "running.unit_scaled",
    "tails.quantile_ratios",  # `quantile_ratio` at several levels
}


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in pkgutil.iter_modules(optimizer.stats.__path__):
        loaded = import_module(f"optimizer.stats.{module.name}")
        for name, found in vars(loaded).items():
            is_own = getattr(found, "__module__", "") == loaded.__name__
            if is_own and callable(found) and not inspect.isclass(found) and name[0] != "_":
                yield f"{module.name}.{name}", found


FUNCTIONS = dict(public_functions())


def is_building_block(place: str) -> bool:
    return place in BUILDING_BLOCKS or place.partition(".")[0] in BUILDING_BLOCKS


def test_every_public_function_is_a_kernel_or_a_building_block() -> None:
    assert set(places().values()) == {place for place in FUNCTIONS if not is_building_block(place)}


def test_every_building_block_is_still_there() -> None:
    known = set(FUNCTIONS) | {place.partition(".")[0] for place in FUNCTIONS}
    assert known >= BUILDING_BLOCKS


def test_a_name_stands_for_one_kernel() -> None:
    assert len(places()) == sum(map(len, KERNELS.values()))
    assert len(set(places().values())) == len(places())


@pytest.mark.parametrize("name", places())
def test_every_kernel_says_what_it_assumes_computes_and_is_not_for(name: str) -> None:
    text = inspect.cleandoc(kernel(name).__doc__ or "")
    found = re.findall(r"^([A-Z][a-z]+(?: [a-z]+)?:)$", text, re.MULTILINE)
    assert found == list(LEADS)
    assert text.startswith("Return ")


@pytest.mark.parametrize("name", places())
def test_every_kernel_describes_each_of_its_parameters(name: str) -> None:
    text = inspect.cleandoc(kernel(name).__doc__ or "")
    described = text.partition("\nArgs:\n")[2].partition("\nRaises:\n")[0]
    assert re.findall(r"^    (\w+): ", described, re.MULTILINE) == list(
        inspect.signature(kernel(name)).parameters
    )


@pytest.mark.parametrize("name", places())
def test_every_kernel_that_another_names_is_there(name: str) -> None:
    text = (kernel(name).__doc__ or "").partition("Not for:")[2].partition("References:")[0]
    own = set(inspect.signature(kernel(name)).parameters)
    assert set(re.findall(r"`(\w+)`", text)) <= set(places()) | own


def test_the_catalogue_itself_loads_no_kernel() -> None:
    program = (
        "import sys, optimizer.stats.catalogue; "
        "print(*(name for name in sys.modules if name.startswith('optimizer.stats.')))"
    )
    root = Path(optimizer.stats.__path__[0]).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["optimizer.stats.catalogue"]


def test_an_unknown_kernel_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        kernel("wilcoxson")
