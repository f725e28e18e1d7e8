from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.ci.listeners import Spoken, unheard

Run = Callable[..., Any]
Write = Callable[..., Path]

HOSTILE = (
    "x\n::error::a\n \u00a0::add-mask::b\r::set-output name=c::d\n##[group]e ##vso[task.setx]f"
)
SECTION = "\x1b[0Ksection_start:1:s\r\x1b[0K"
SPACE = " \t\u00a0\u1680\u2000\u2003\u2009\u200a\u202f\u205f\u3000"
GITHUB = {"GITHUB_ACTIONS": "true"}
AZURE = {"TF_BUILD": "True"}


ACTED_ON = {
    "GITHUB_ACTIONS": r"^\s*::|##\[",
    "TF_BUILD": r"##(vso)?\[",
    "GITLAB_CI": r"section_(start|end):\d",
}
"""What in a line the runner of GitHub, Azure's agent and GitLab's reader of logs act on."""


def acted_on(text: str, *services: str) -> list[str]:
    lines = re.split(r"\r\n|\r|\n", text)
    patterns = [ACTED_ON[service] for service in services or ACTED_ON]
    return [line for line in lines if any(re.search(one, line) for one in patterns)]


@pytest.mark.parametrize(
    ("environ", "text", "shown"),
    [
        (GITHUB, "::error::x", "\\::error::x"),
        (GITHUB, "a\r\n  ::error::x", "a\r\n  \\::error::x"),
        (GITHUB, "a::b ## c", "a::b ## c"),
        (GITHUB, "a ##[error]b", "a #\\#[error]b"),
        (GITHUB, "###[error]b", "##\\#[error]b"),
        (AZURE, "##vso[task.complete]", "#\\#vso[task.complete]"),
        (AZURE, "::error::x", "::error::x"),
        ({"GITLAB_CI": "true"}, "section_end:1:a", "section\\_end:1:a"),
        ({"TEAMCITY_VERSION": "2026"}, "##teamcity[x]", "#\\#teamcity[x]"),
        ({"GITHUB_ACTIONS": "false"}, "::error::x", "::error::x"),
        ({}, "::error::x ##[error]", "::error::x ##[error]"),
    ],
)
def test_what_is_addressed_to_a_service_is_broken_up(
    environ: dict[str, str], text: str, shown: str
) -> None:
    assert unheard(text, environ) == shown


@given(st.text(st.sampled_from("#[:\\ax\r\n" + SPACE) | st.characters()))
def test_no_text_is_acted_on(text: str) -> None:
    assert acted_on(unheard(text, GITHUB | AZURE | {"GITLAB_CI": "true"})) == []


@given(st.lists(st.text(st.sampled_from("#[:v") | st.characters())))
def test_json_means_the_same_and_is_not_acted_on(texts: list[str]) -> None:
    written = json.dumps([*texts, HOSTILE, SECTION], indent=2)
    said = unheard(written, GITHUB | AZURE | {"GITLAB_CI": "true"}, Spoken.JSON)
    assert json.loads(said) == json.loads(written)
    assert acted_on(said) == []


@pytest.mark.parametrize("service", ACTED_ON)
def test_no_command_lets_a_file_speak_to_a_service(
    optimizer: Run, run_file: Write, tmp_path: Path, service: str
) -> None:
    name = f"{HOSTILE}{SECTION}"
    run_file(marks="+" * 20, workflow_id=name, metadata={"prompt_variant": name, HOSTILE: HOSTILE})
    (tmp_path / "a.md").write_text(f"{HOSTILE}\nDo it etc. {SECTION}\n")
    for args in (
        ("analyze", "run.json"),
        ("analyze", "run.json", "--json"),
        ("ingest", "run.json"),
        ("convert", "run.json"),
        ("lint", "a.md"),
        ("lint", "a.md", "--diff", "--unsafe-fixes"),
        ("lint", "a.md", "--output-format", "sarif"),
        ("show", "::error::x"),
        ("::error::x",),
    ):
        said = optimizer(*args, **{service: "true"})
        assert acted_on(f"{said.out}\n{said.err}", service) == [], args


def test_a_process_lets_no_file_speak_to_github(
    process: Run, run_file: Write, tmp_path: Path
) -> None:
    run_file(marks="+" * 20, metadata={"prompt_variant": HOSTILE})
    for args in (("analyze", "run.json"), ("analyze", "run.json", "--json")):
        said = process(*args, **GITHUB)
        assert said.code == 0
        assert acted_on(f"{said.out}\n{said.err}", "GITHUB_ACTIONS") == []


def test_our_own_annotations_are_heard(process: Run, run_file: Write, tmp_path: Path) -> None:
    run_file(marks="-" * 40)
    assert process("gate", "run.json", **GITHUB).err.startswith("::error file=run.json,")
    (tmp_path / "a.md").write_text("Do it etc. ##[group]x\n")
    said = process("lint", "a.md", "--output-format", "github", **GITHUB).out
    assert all(line.startswith("::") for line in said.splitlines())
    assert "##[" not in said


def test_the_outputs_of_a_step_are_a_line_each(
    process: Run, run_file: Write, tmp_path: Path
) -> None:
    run_file(marks="+" * 40, workflow_id=HOSTILE, metadata={"prompt_variant": HOSTILE})
    path = tmp_path / "outputs"
    process("gate", "run.json", GITHUB_OUTPUT=str(path), **GITHUB)
    assert path.read_text() == "verdict=passed\ndelta=\n"


def test_a_prompt_for_another_program_stays_as_it_is(optimizer: Run, tmp_path: Path) -> None:
    text = "::error::x ##[y]\nAnswer yes or no.\n"
    fixed = optimizer("lint", "-", "--fix", stdin=text, **GITHUB)
    assert fixed.out == text
