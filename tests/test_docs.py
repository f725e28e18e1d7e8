from __future__ import annotations

import ast
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import generate
import optimizer.models
import transcripts
from cli.app import app
from cli.payloads import PAYLOADS
from cli.schemas.by_command import schema_file
from optimizer.experiments.comparing import METHODS
from optimizer.models.errors import ConfigError
from optimizer.models.terms import Metric, VerdictKind
from optimizer.prompts.runner.cases import read_cases
from optimizer.prompts.runner.command import CommandExecutor
from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.stats.catalogue import KERNELS, places

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
PROGRAM: Any = get_command(app)
SHELLS = ("bash", "sh", "shell", "console", "yaml")


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, *languages: str) -> list[str]:
    found = BLOCK.finditer(path.read_text(encoding="utf-8"))
    return [b["body"] for b in found if b["info"].partition(" ")[0] in languages]


def command_lines(path: Path) -> Iterator[list[str]]:
    for body in blocks(path, *SHELLS):
        is_session = any(line.startswith("$ ") for line in body.splitlines())
        for line in body.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:^|[\s$])optimizer (?=[a-z-])(.*)", line)
            if found and not (is_session and not line.startswith("$ ")):
                words = shlex.shlex(found[1], posix=True, punctuation_chars=True)
                words.whitespace_split = True
                yield until_the_shell_goes_on(list(words))


def until_the_shell_goes_on(words: list[str]) -> list[str]:
    for place, word in enumerate(words):
        if set(word) <= set("|&;<>()"):
            return words[:place]
    return words


def parsed(words: list[str]) -> None:
    command = PROGRAM
    context = command.make_context("optimizer", list(words))
    while hasattr(command, "commands") and not words[0].startswith("-"):
        name, command, rest = command.resolve_command(context, words)
        with suppress(ConfigError):  # a page may show what is refused
            context = command.make_context(name, list(rest), parent=context)
        words = rest


def anchors(path: Path) -> set[str]:
    text = BLOCK.sub("", path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", [f"{name}.md" for name in generate.MAKERS])
def test_generated_pages_are_up_to_date(name: str) -> None:
    path = DOCS / "reference" / name
    is_current = path.exists() and path.read_text(encoding="utf-8") == generate.pages()[name]
    assert is_current, f"docs/reference/{name} is out of date: run python docs/generate.py"


def test_no_page_is_left_over_in_the_reference() -> None:
    assert {path.name for path in (DOCS / "reference").iterdir()} == set(generate.pages())


@pytest.mark.parametrize("name", [*map(schema_file, PAYLOADS)])
def test_published_schemas_are_up_to_date(name: str) -> None:
    path = DOCS / "schemas" / name
    is_current = path.exists() and path.read_text(encoding="utf-8") == generate.schemas()[name]
    assert is_current, f"docs/schemas/{name} is out of date: run python docs/generate.py"


def test_no_schema_is_left_over_of_a_command_that_is_gone() -> None:
    assert {path.name for path in (DOCS / "schemas").iterdir()} == set(generate.schemas())


@pytest.mark.parametrize("said", [[], ["--take-back"]], ids=["unsaid", "said"])
def test_a_field_is_taken_out_of_a_schema_only_where_that_is_said(
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path / "reference")
    monkeypatch.setattr(generate, "SCHEMAS", tmp_path / "schemas")
    assert generate.main([]) == 0
    published = tmp_path / "schemas" / "status.json"
    promised = json.loads(published.read_text())
    promised["anyOf"][0]["properties"]["mood"] = {"type": "string"}
    published.write_text(json.dumps(promised))
    assert generate.main(said) == (0 if said else 1)
    assert ("schemas/status.json: mood is gone" in capsys.readouterr().err) == (not said)
    assert generate.main(["--check"]) == (0 if said else 1)


def test_check_says_whether_the_pages_are_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path / "reference")
    monkeypatch.setattr(generate, "SCHEMAS", tmp_path / "schemas")
    assert generate.main(["--check"]) == 1
    assert "commands.md is out of date: run python docs/generate.py" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_every_command_is_documented() -> None:
    group = PROGRAM
    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    for name, command in group.commands.items():
        for inner in getattr(command, "commands", {"": command}):
            assert f"\n## {f'{name} {inner}'.strip()}\n" in page


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_every_command_line_parses(path: Path) -> None:
    for words in command_lines(path):
        parsed(words)


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_every_command_that_a_sentence_names_exists(path: Path) -> None:
    group = PROGRAM
    for span in SPAN.findall(BLOCK.sub("", path.read_text(encoding="utf-8"))):
        found = re.match(r"optimizer ([a-z]+)((?: .*)?)$", span)
        if found:
            assert found[1] in group.commands, span
            command = group.commands[found[1]]
            inner = found[2].split()[:1]
            if inner and hasattr(command, "commands"):
                command = command.commands[inner[0]]
            known = {option for parameter in command.params for option in parameter.opts}
            assert set(re.findall(r"--[a-z-]+", found[2])) <= known | {"--help"}, span


@pytest.mark.parametrize("path", transcripts.PAGES, ids=label)
def test_shown_output_is_what_the_commands_print(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    hint = "run python docs/transcripts.py and look at what changed"
    assert transcripts.masked(transcripts.refreshed(page)) == transcripts.masked(page), hint


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    example = "\n".join(blocks(DOCS / "library.md", "python"))
    exec(compile(example, "library.md", "exec"), {"__name__": "example"})
    printed = transcripts.run(["analyze", "support-1.json"])
    assert printed.code == 0
    assert printed.text.startswith("support-1: 1 of 2 tests passed")


def test_the_example_of_a_test_command_runs(tmp_path: Path) -> None:
    page = (DOCS / "executor.md").read_text(encoding="utf-8")
    for block in BLOCK.finditer(page):
        if name := block["info"].partition(" ")[2]:
            (tmp_path / name).write_text(block["body"], encoding="utf-8")
    (command,) = re.findall(r"--executor \"python (.*)\"", page.partition("A complete one")[0])
    executor = CommandExecutor(
        f"{shlex.quote(sys.executable)} {command}",
        read=lambda path: (),
        settings=RunnerSettings(),
        seed=0,
        cwd=tmp_path,
        environment=os.environ,
    )
    prompt = (tmp_path / "triage.txt").read_text(encoding="utf-8")
    batches = executor.run(prompt, read_cases(tmp_path / "cases.jsonl"), replicate=0)
    results = {one.case_id: one for batch in batches for one in batch}
    assert [results[f"t{n}"].passed for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert results["t4"].error_message == "expected billing, found support"


def test_the_library_page_names_every_public_model() -> None:
    page = (DOCS / "library.md").read_text(encoding="utf-8")
    assert [name for name in optimizer.models.__all__ if f"`{name}`" not in page] == []


def test_every_method_has_a_section() -> None:
    page = DOCS / "reference" / "kernels.md"
    assert set(places()) <= anchors(page)


def test_the_statistics_page_leads_to_a_method_of_every_family() -> None:
    page = (DOCS / "statistics.md").read_text(encoding="utf-8")
    for names in KERNELS.values():
        assert any(f"reference/kernels.md#{name})" in page for name in names), names


def finding_codes() -> Iterator[str]:
    """Yield the codes of all findings, as the sources make them."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "optimizer").rglob("*.py"))
    for source in (text for text in sources if "severity=Severity." in text):
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(
                    func=ast.Name(id="_invalid" | "_caveat" | "finding"),
                    args=[ast.Constant(value=str(code)), *_],
                ):
                    yield code
                case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                    yield code
                case ast.For(target=ast.Tuple(elts=names), iter=ast.Tuple(elts=rows)):
                    columns = [ast.unparse(one) for one in names]
                    if "code" in columns:
                        yield from (ast.literal_eval(row)[columns.index("code")] for row in rows)


def test_the_comparing_page_says_what_to_do_about_every_finding() -> None:
    page = (DOCS / "comparing.md").read_text(encoding="utf-8")
    section = page.partition("\n## Findings\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(finding_codes())


def test_the_comparing_page_has_every_verdict_metric_and_method() -> None:
    page = (DOCS / "comparing.md").read_text(encoding="utf-8")
    assert [kind for kind in VerdictKind if f"\n**{kind}**: " not in page] == []
    assert [name for name in (*Metric, *METHODS) if f"`{name}`" not in page] == []


@pytest.mark.parametrize("path", PAGES, ids=label)
def test_no_link_is_broken(path: Path) -> None:
    text = BLOCK.sub("", path.read_text(encoding="utf-8"))
    for link in ("".join(found) for found in LINK.findall(text)):
        target, _, anchor = link.partition("#")
        if "://" not in link:
            file = (path.parent / target).resolve() if target else path
            assert file.exists(), link
            assert not anchor or anchor in anchors(file), link


def test_every_page_is_reached_from_the_index() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = {(DOCS / "".join(found)).resolve() for found in LINK.findall(text)}
    pages = [p for p in DOCS.rglob("*.md") if p.name != "index.md" and p.parent.name != "reports"]
    assert [label(p) for p in pages if p not in linked] == []
