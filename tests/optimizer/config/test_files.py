from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.config.load import load
from optimizer.models.errors import ConfigError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    return folder


def max_faults(start: Path, *files: str) -> int:
    return load(start=start, environ={}, files=[Path(f) for f in files]).config.ingest.max_faults


def message(start: Path, *files: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(start=start, environ={}, files=[Path(f) for f in files])
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("optimizer.toml", "[ingest]\nmax_faults = 7"),
        ("optimizer.yaml", "ingest:\n  max_faults: 7"),
        ("optimizer.yml", "ingest: {max_faults: 7}"),
        ("pyproject.toml", "[tool.optimizer.ingest]\nmax_faults = 7"),
    ],
)
def test_every_kind_of_file_is_found_and_read(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    assert max_faults(project) == 7


def test_the_search_goes_upwards(project: Path) -> None:
    (project / "optimizer.toml").write_text("[ingest]\nmax_faults = 7")
    below = project / "a" / "b"
    below.mkdir(parents=True)
    result = load(start=below, environ={})
    assert result.config.ingest.max_faults == 7
    assert result.origins["ingest.max_faults"] == f"{project / 'optimizer.toml'}:2"


def test_the_nearest_folder_wins_alone(project: Path) -> None:
    (project / "optimizer.toml").write_text("[ingest]\nmax_faults = 7\nredact = false")
    (project / "a").mkdir()
    (project / "a" / "optimizer.yaml").write_text("ingest: {max_faults: 8}")
    config = load(start=project / "a", environ={}).config
    assert (config.ingest.max_faults, config.ingest.redact) == (8, True)


def test_the_search_ends_at_the_repository(project: Path) -> None:
    (project.parent / "optimizer.toml").write_text("[ingest]\nmax_faults = 7")
    assert max_faults(project) == 20


def test_a_worktree_is_a_repository_too(tmp_path: Path) -> None:
    (tmp_path / "optimizer.toml").write_text("[ingest]\nmax_faults = 7")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text("gitdir: elsewhere")
    assert max_faults(tmp_path / "tree") == 20


@pytest.mark.parametrize(
    "text",
    [
        "[project]\nname = 'x'",
        "[project]\nname = 'prompt-optimizer'",
        "tool = 'optimizer'",
        "not toml at all",
    ],
)
def test_a_pyproject_without_our_table_does_not_count(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(text)
    (project / "optimizer.toml").write_text("[ingest]\nmax_faults = 7")
    assert max_faults(project) == 7


def test_a_folder_of_that_name_does_not_count(project: Path) -> None:
    (project / "optimizer.toml").mkdir()
    assert max_faults(project) == 20


def test_two_files_in_one_folder_are_refused(project: Path) -> None:
    (project / "optimizer.toml").write_text("")
    (project / "pyproject.toml").write_text("[tool.optimizer]")
    found = message(project)
    assert found == f"{project}: optimizer.toml and pyproject.toml, expected one settings file"


@pytest.mark.parametrize("name", ["s.toml", "s.yaml"])
@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "\ufeff"])
def test_an_empty_file_sets_nothing(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    assert max_faults(project, name) == 20


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("s.toml", "[ingest]\nmax_faults 7\n", "s.toml:2:12: expected '=' after a key in a"),
        ("s.toml", "[ingest]\nmax_faults = ", "s.toml:2:14: invalid value"),
        ("s.toml", "[a]\nb = 1\nb = 2\n", "s.toml:3:6: cannot overwrite a value"),
        ("s.yaml", "ingest:\n\tredact: no", "s.yaml:2:1: found character '\\t'"),
        ("s.yaml", "ingest: [1", "s.yaml:1:11: expected ',' or ']'"),
        ("s.yaml", "a: 1\n---\nb: 1", "s.yaml:2:1: but found another document"),
        ("s.yaml", "a: *b", "s.yaml:1:4: found undefined alias"),
        ("s.yaml", "a: !!python/name:os 1", "s.yaml:1:4: could not determine a constructor"),
        ("s.yaml", "a: 2026-13-45", "s.yaml: month must be in 1..12"),
        ("s.yaml", "a: \x01", "s.yaml: unacceptable character"),
        ("s.yaml", "? [1]\n: 2", "s.yaml:1:3: found unhashable key"),
        ("s.yaml", "a:\n  b: 1\n  b: 2", "s.yaml:3:3: b: given twice, first on line 2"),
        ("s.yaml", "a: &x\n  b: *x", "s.yaml:1:4: an alias of what it is part of"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(
    project: Path, name: str, text: str, expected: str
) -> None:
    (project / name).write_text(text)
    assert message(project, name).startswith(expected)


@pytest.mark.parametrize(
    ("text", "found"),
    [("- 1", "a list"), ("3", "a single value"), ("text", "a single value")],
)
def test_yaml_that_is_no_mapping_is_refused(project: Path, text: str, found: str) -> None:
    (project / "s.yaml").write_text(text)
    assert message(project, "s.yaml") == f"s.yaml: {found}, expected sections of settings"


def test_text_that_is_not_utf_8_is_refused_with_the_line(project: Path) -> None:
    (project / "optimizer.toml").write_bytes(b"[ingest]\n# caf\xe9\n")
    assert message(project) == "optimizer.toml:2: byte 0xe9, expected UTF-8 text"


def test_files_that_cannot_be_read_are_refused(project: Path) -> None:
    (project / "folder.toml").mkdir()
    (project / "loop.toml").symlink_to("loop.toml")
    assert message(project, "folder.toml").startswith("folder.toml: is a directory, expected a")
    assert message(project, "loop.toml").startswith("loop.toml: too many levels of symbolic")
    assert message(project, "none.toml").startswith("none.toml: no such file or directory")


def test_other_kinds_of_files_are_refused(project: Path) -> None:
    (project / "s.ini").write_text("")
    expected = "s.ini: unknown kind of file, expected one of .toml, .yaml, .yml"
    assert message(project, "s.ini") == expected


@pytest.mark.parametrize("text", ["", "[tool.ruff]", "tool.optimizer = 3", "tool = 1"])
def test_a_named_pyproject_must_have_our_table(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(text)
    expected = "pyproject.toml: no settings, expected a table [tool.optimizer]"
    assert message(project, "pyproject.toml") == expected


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("s.toml", "[ingest]\n\n# note\nmax_faults = 7", ":4"),
        ("s.toml", "ingest.max_faults = 7", ":1"),
        ("s.toml", "\n['ingest'] # here\n\"max_faults\" = 7", ":3"),
        ("s.toml", "\ningest = { max_faults = 7 }", ":2"),
        ("s.toml", "[ingest]\nredact_patterns = ['''\nmax_faults = 1''']\nmax_faults = 7", ""),
        ("s.yaml", "# note\ningest:\n  redact: true\n  max_faults: 7", ":4"),
        ("s.yaml", "\ningest: {redact: true,\n  max_faults: 7}", ":3"),
        ("pyproject.toml", "[tool.optimizer]\n[tool.optimizer.ingest]\nmax_faults = 7", ":3"),
    ],
)
def test_the_origin_names_the_line_where_it_is_known(
    project: Path, name: str, text: str, line: str
) -> None:
    (project / name).write_text(text)
    result = load(start=project, environ={}, files=[Path(name)])
    assert result.config.ingest.max_faults == 7
    assert result.origins["ingest.max_faults"] == f"{project / name}{line}"
