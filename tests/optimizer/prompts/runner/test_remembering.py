from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from optimizer.history.store import open_history
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.testing.metering import Meter
from optimizer.prompts.testing.remembering import HistoryMemory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = """
log = open("log", "a")
with open(out, "w") as file:
    for case in cases:
        if os.path.exists("broken") and case["n"] == 4:
            os._exit(9)
        log.write(case["id"] + " ")
        log.flush()
        file.write(json.dumps(row(case, case["n"] % 2 == 0)) + "\\n")
        file.flush()
"""


@pytest.fixture
def memory_of(tmp_path):
    path = tmp_path / "history.duckdb"

    def made(optimization_id: str) -> HistoryMemory:
        opened = partial(open_history, path, lock_timeout_s=5, now=NOON)
        return HistoryMemory(opened, optimization_id=optimization_id, now=lambda: NOON)

    return made


def test_a_resumed_optimization_pays_for_no_test_twice(scripts, cases, memory_of) -> None:
    executor = scripts.executor(BODY)
    (scripts.folder / "broken").touch()
    first = Meter(executor, memory_of("o1"), budget=8)
    with pytest.raises(ExecutorError, match="exit code 9"):
        first.run("p", cases(8))
    assert first.n_spent == 4
    (scripts.folder / "broken").unlink()
    resumed = Meter(executor, memory_of("o1"), budget=8)
    found = resumed.run("p", cases(8))
    assert [one.passed for one in found] == [True, False] * 4
    assert (resumed.n_spent, resumed.n_executed, resumed.n_recalled) == (8, 4, 4)
    assert (scripts.folder / "log").read_text().split() == [f"c{k}" for k in range(8)]


def test_what_another_optimization_paid_for_is_free(scripts, cases, memory_of) -> None:
    executor = scripts.executor(BODY)
    Meter(executor, memory_of("o1"), budget=8).run("p", cases(8))
    other = Meter(executor, memory_of("o2"), budget=1)
    assert len(other.run("p", cases(8))) == 8
    assert (other.n_spent, other.n_executed) == (0, 0)


def test_another_prompt_repetition_or_script_is_not_known(scripts, cases, memory_of) -> None:
    def executed(executor, prompt: str, replicate: int) -> int:
        meter = Meter(executor, memory_of("o1"), budget=8)
        meter.run(prompt, cases(8), replicate=replicate)
        return meter.n_executed

    assert executed(scripts.executor(BODY), "p", 0) == 8
    assert executed(scripts.executor(BODY), "p", 0) == 0
    assert executed(scripts.executor(BODY), "q", 0) == 8
    assert executed(scripts.executor(BODY), "p", 1) == 8
    assert executed(scripts.executor(BODY + "# edited"), "p", 0) == 8
