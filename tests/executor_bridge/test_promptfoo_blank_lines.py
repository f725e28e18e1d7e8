from __future__ import annotations

import json
from pathlib import Path

import pytest

from executor_bridge import read
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import TaskRow


def line(n: int) -> str:
    return json.dumps(
        {
            "promptIdx": n % 2,
            "testIdx": n // 2,
            "success": n % 3 > 0,
            "score": 1,
            "latencyMs": 100 + n,
            "provider": {"id": "openai:gpt-4o-mini"},
            "prompt": {"raw": f"Capital of {n // 2}?", "label": "Capital of {{country}}?"},
            "vars": {"country": n // 2},
            "response": {"output": "Paris"},
        }
    )


def tasks_of(path: Path, text: str) -> list[list[TaskRow]]:
    path.write_text(text, encoding="utf-8", newline="")
    return [list(run.tasks) for run in read(str(path), IngestSettings()).runs]


@pytest.fixture
def decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor_bridge.formats.promptfoo.runs.KEPT_BYTES", 0)


@pytest.mark.usefixtures("decoded_again")
def test_lines_are_found_again_between_blank_ones_and_white_space(tmp_path: Path) -> None:
    lines = [line(n) for n in range(9)]
    plain = tasks_of(tmp_path / "plain.jsonl", "\n".join(lines))
    blanks = ["", "\n", " \n\t\n", "", "\r\n", "", "\n\n", "", ""]
    spaced = "".join(f"{b} {one} \t\r\n" for b, one in zip(blanks, lines, strict=True))
    found = tasks_of(tmp_path / "spaced.jsonl", spaced)
    told = [[(row.case_id, row.latency_ms, row.status) for row in rows] for rows in found]
    assert told == [[(row.case_id, row.latency_ms, row.status) for row in rows] for rows in plain]


@pytest.mark.usefixtures("decoded_again")
def test_a_task_is_named_by_the_line_of_the_file_that_it_stands_on(tmp_path: Path) -> None:
    text = f"\n{line(0)}\n\n\n{line(1)}\n{line(2)}\n\n{line(4)}\n"
    even, odd = tasks_of(tmp_path / "a.jsonl", text)
    assert [row.task_id for row in even] == ["line 2", "line 6", "line 8"]
    assert [row.task_id for row in odd] == ["line 5"]
