from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.payload import as_json
from cli.runners import unheard

ROOT = Path(__file__).parents[2]
HEARD = re.compile(r"^\s*::\w|##(?:vso|teamcity)?\[", re.MULTILINE)
NAME = "a\n::set-output name=verdict::passed\n  ##[error]b ##vso[task.setvariable variable=x]y"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    run = json.loads((ROOT / "sample_runs/native/sentiment-clear.json").read_text())
    run["run_id"] = run["workflow_id"] = NAME
    for task in run["task_results"]:
        task["workflow_id"] = task["test_result"]["workflow_id"] = NAME
        task["test_result"]["prompt_variant"] = NAME
        if task["error_message"]:
            task["error_message"] = NAME
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(run))
    return path


@pytest.mark.parametrize("variable", ["GITHUB_ACTIONS", "TF_BUILD"])
@pytest.mark.parametrize(
    "words", [(), ("--json",), ("-q",)], ids=["as text", "as json", "the verdict only"]
)
def test_names_command_no_runner(
    optimizer: Callable[..., Any], hostile: Path, words: tuple[str, ...], variable: str
) -> None:
    result = optimizer("analyze", hostile, *words, **{variable: "true"})
    assert result.code == 0
    assert HEARD.search(NAME)
    assert not HEARD.search(result.out)
    assert not HEARD.search(result.err)
    if words == ("--json",):
        assert NAME in result.out.encode().decode("unicode_escape")


def test_errors_command_no_runner(optimizer: Callable[..., Any], hostile: Path) -> None:
    optimizer("ingest", hostile)
    result = optimizer("show", f"{NAME}x", GITHUB_ACTIONS="true")
    assert result.code == 2
    assert "hint: Did you mean 'a\n" in result.err
    assert not HEARD.search(result.err)


def test_annotations_are_heard(optimizer: Callable[..., Any], hostile: Path) -> None:
    result = optimizer("gate", hostile, GITHUB_ACTIONS="true")
    assert [line[:8] for line in result.err.splitlines() if HEARD.match(line)] == ["::error "]


def test_where_no_runner_listens_texts_stay_as_they_are() -> None:
    assert unheard(NAME) == NAME


def test_json_holds_neither_commands_nor_what_steers_a_terminal() -> None:
    text = as_json({"name": f"{NAME}\x7f\x9b\u202e"})
    assert json.loads(text)["name"] == f"{NAME}\x7f\x9b\u202e"
    assert not HEARD.search(text)
    assert all(char.isprintable() for line in text.splitlines() for char in line)
