from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

APP = """\
app: {mode: chat}
model_config:
  pre_prompt: |
    Reply to {{name}}.
  user_input_form: [{text-input: {variable: name}}]
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "app.yml").write_text(APP, encoding="utf-8")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "triage.md").write_text("Sort {{ticket}}\n", encoding="utf-8")
    return tmp_path


def test_prompts_of_files_and_folders_are_listed(optimizer: Run, files: Path) -> None:
    found = optimizer("prompts", "extract", "app.yml", "prompts")
    assert found.code == 0
    assert found.out.startswith("2 prompts in 2 files.")
    assert "#/model_config/pre_prompt" in found.out
    assert "Reply to" not in found.out
    assert "Reply to {{name}}." in optimizer("prompts", "extract", "app.yml", "--show").out


def test_json_has_the_texts_and_places(optimizer: Run, files: Path) -> None:
    (site,) = optimizer("prompts", "extract", "app.yml", "--json").json["sites"]
    assert site["prompt_id"] == "app.yml#/model_config/pre_prompt"
    assert site["text"] == "Reply to {{name}}.\n"
    assert (site["line"], site["column"]) == (4, 4)
    assert site["variables"] == site["declared"] == ["name"]


def test_steering_characters_of_a_prompt_are_harmless(optimizer: Run, files: Path) -> None:
    (files / "prompts" / "triage.md").write_text("Hi\x1b[2J\u202e\n", encoding="utf-8")
    out = optimizer("prompts", "extract", "prompts", "--show").out
    assert "\\x1b[2J\\u202e" in out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{}", "error: a.json: no prompt was found, expected one at least"),
        ("a.md", b"a\xff", "error: a.md: byte 1: found 0xff, expected text in UTF-8"),
        ("missing.md", None, "error: missing.md: cannot be read: No such file or directory"),
    ],
)
def test_what_holds_no_prompt_is_an_error(
    optimizer: Run, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    found = optimizer("prompts", "extract", name)
    assert found.code == 2
    assert message in found.err


def test_an_empty_file_is_said_to_be_empty(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("", encoding="utf-8")
    found = optimizer("prompts", "extract", "a.md")
    assert found.code == 0
    assert found.out.startswith("No prompt was found in 1 file.")
    assert "a.md is empty." in found.out


def test_a_file_is_read_as_it_is_said_to_be(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("Say {x}", encoding="utf-8")
    found = optimizer("prompts", "extract", "a.json", "--from", "text", "--json")
    assert [site["text"] for site in found.json["sites"]] == ["Say {x}"]
