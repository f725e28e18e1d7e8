from __future__ import annotations

import sys

import pytest

from optimizer.prompts.ports import BudgetExhausted, ExecutorError
from optimizer.prompts.testing.metering import Forgetful, Meter

SUITE = """
import json, sys, os
prompt, out = open(sys.argv[1]).read(), sys.argv[2]
open("log", "a").write("x")
tries = len(open("log").read())
rows = [{"task_id": f"c{k}", "passed": k % 2 == 0, "outputs": prompt} for k in range(6)]
"""


@pytest.fixture
def of(scripts):
    def made(rest: str, **settings: object):
        (scripts.folder / "suite.py").write_text(SUITE + rest)
        return scripts.of(f"{sys.executable} suite.py {{prompt_file}} {{out}}", **settings)

    return made


def n_calls(scripts) -> int:
    return len((scripts.folder / "log").read_text())


def test_a_command_without_cases_is_charged_for_its_whole_suite(of, scripts, cases) -> None:
    executor = of('json.dump(rows, open(out, "w"))', jobs=3, cases_per_call=1)
    assert executor.runs_whole_suite
    meter = Meter(executor, Forgetful(), budget=13, suite=cases(6))
    found = meter.run("p", cases(6)[2:4])
    assert [(one.case_id, one.passed) for one in found] == [("c2", True), ("c3", False)]
    assert (meter.n_spent, n_calls(scripts)) == (6, 1)
    meter.run("p", cases(6))
    assert (meter.n_spent, n_calls(scripts)) == (6, 1)
    meter.run("q", cases(6)[:1])
    with pytest.raises(BudgetExhausted):
        meter.run("r", cases(6)[:1])
    assert (meter.n_spent, n_calls(scripts)) == (12, 2)


def test_a_suite_that_is_larger_than_the_file_of_cases_is_refused(of, cases) -> None:
    meter = Meter(of('json.dump(rows, open(out, "w"))'), Forgetful(), budget=50, suite=cases(4))
    with pytest.raises(ExecutorError, match=r"2 that it was not asked for \(c4, c5\)"):
        meter.run("p", cases(4)[:1])
    assert meter.n_spent == 4


def test_a_suite_that_starts_anew_gives_each_result_once(of, scripts, cases) -> None:
    rest = """
with open(out, "w") as file:
    for row in rows[: 2 if tries == 1 else 6]:
        file.write(json.dumps(row) + "\\n")
sys.exit(75 if tries == 1 else 0)
"""
    meter = Meter(of(rest), Forgetful(), budget=6, suite=cases(6))
    assert len(meter.run("p", cases(6))) == 6
    assert (meter.n_spent, n_calls(scripts)) == (6, 2)


def test_who_takes_cases_from_the_environment_can_say_so(of, scripts) -> None:
    assert not of("", whole_suite=False).runs_whole_suite
    assert scripts.of("run {cases_file}", whole_suite=True).runs_whole_suite
