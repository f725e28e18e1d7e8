"""Two sizes of every test, the fixtures, and the table of figures at the end.

`quick` has 2,000 repetitions and runs always; `full` has as many as the published figure, and
runs by `make calibration`, which prints the table. CALIBRATION_TABLE names a file to write it to
as well.
"""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.experiments import rates
from optimizer.stats.paired_rates import mcnemar_midp

QUICK, QUICK_ONLY = 2_000, "not calibration"
"""Repetitions that run always, and the marks that pyproject.toml selects by default."""


def _names(file: str, *names: str) -> Iterator[Any]:
    """What a neighbouring file defines: tests have no package to import it from."""
    found = runpy.run_path(str(Path(__file__).with_name(file)))
    return (found[name] for name in names)


Bench, Figure, table, FULL, PROPERTY = _names(
    "figures.py", "Bench", "Figure", "table", "FULL", "PROPERTY"
)
Suites, Arms, decided = _names("suites.py", "Suites", "Arms", "decided")


@pytest.fixture(
    params=[
        pytest.param(QUICK, id="quick"),
        pytest.param(FULL, id="full", marks=pytest.mark.calibration),
    ]
)
def reps(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Any:
    return Bench(request.node)


@pytest.fixture
def suites() -> Callable[[int], Any]:
    return Suites


@pytest.fixture(scope="session")
def arms() -> Any:
    return Arms()


@pytest.fixture(scope="session")
def midp() -> Callable[[Any, Any], Any]:
    """P-values of McNemar's mid-p test, each pair of counts asked for once."""
    known = cache(lambda b, c: mcnemar_midp(b, c).p_value)
    return np.vectorize(known, otypes=[float])


@pytest.fixture
def decide(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int, int], Any]:
    """Decisions of the product by the counts of broken, fixed and all cases.

    Companion figures, on which no verdict rests, are left out: they take most of the time.
    """
    monkeypatch.setattr(rates, "_flip_companions", lambda flips, level: ())
    return decided


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = [
        Figure(**value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if not figures or config.option.markexpr == QUICK_ONLY:
        return
    lines = table(sorted(figures, key=lambda figure: (figure.is_mutant, figure.row)))
    terminalreporter.section("calibration")
    for line in lines:
        terminalreporter.write_line(line)
    if path := os.environ.get("CALIBRATION_TABLE"):
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
