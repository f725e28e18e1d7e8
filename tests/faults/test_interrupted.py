from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

ENDLESS = "SELECT sum(hash(i)) FROM range(100000000000) AS t(i)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_long_question_can_be_interrupted_and_at_the_second_time_at_once(
    program: Any, tools: Any, tmp_path: Path, number: signal.Signals
) -> None:
    tools.write_run(tmp_path, "one")
    assert program(tmp_path, "lake", "publish", "one.json", "--lake", "lake").code == 0
    asking = program.start(tmp_path, "lake", "query", "--sql", ENDLESS, "--lake", "lake")
    time.sleep(2)
    asking.send(number)
    time.sleep(3)
    was_running = asking.is_running()
    if was_running:  # the database does not always come back
        asking.send(number)
    done = asking.wait()
    assert "bug" not in done.err
    if was_running:
        assert done.code == -number
    else:
        assert done.code == 128 + number
        assert "nothing is stored half" in done.err
