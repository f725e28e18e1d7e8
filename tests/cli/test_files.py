from __future__ import annotations

import csv
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cli.writing.reports import write_file
from optimizer.models.errors import ConfigError

Run = Callable[..., Any]
Write = Callable[..., Path]
ROOT = Path(__file__).parents[2]
OLD = "what was there"


@pytest.fixture
def measured(run_file: Write) -> Path:
    return run_file(marks="+" * 30 + "-" * 10)


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


def test_several_formats_are_written_in_one_run(
    optimizer: Run, measured: Path, tmp_path: Path
) -> None:
    names = ["a.html", "a.md", "a.txt", "a.json", "a.csv", "a.parquet", "a.MD", "b.junit.xml"]
    said = [part for name in names for part in ("-o", name)]
    assert optimizer("gate", measured, *said).code == 3
    for name in names:
        assert (tmp_path / name).stat().st_size > 100
    assert json.loads((tmp_path / "a.json").read_text())["format_version"] == 1
    assert not left_over(tmp_path)


def test_further_tables_go_to_files_beside_the_main_one(
    optimizer: Run, measured: Path, tmp_path: Path
) -> None:
    result = optimizer("analyze", measured, "-o", "out.csv", "-o", "out.parquet")
    assert result.code == 0
    [row] = csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8"))
    assert (row["run_id"], row["n_tasks"], row["success_rate"]) == ("r1", "40", "0.75")
    assert (row["n_cost"], row["cost_mean_usd"]) == ("0", "")
    assert {path.name for path in tmp_path.glob("out*")} == {
        f"out{part}.{kind}" for part in ("", "-failures", "-scores") for kind in ("csv", "parquet")
    }
    assert "wrote out-failures.csv" in result.err
    with duckdb.connect(":memory:") as connection:
        found = connection.read_parquet(str(tmp_path / "out.parquet"))
        assert found.select("n_tasks", "success_rate", "cost_mean_usd").fetchall() == [
            (40, 0.75, None)
        ]


def test_a_table_that_would_go_where_another_does_is_refused(
    optimizer: Run, measured: Path, tmp_path: Path
) -> None:
    result = optimizer("analyze", measured, "-o", "out.csv", "-o", "out-scores.csv")
    assert result.code == 2
    assert "out-scores.csv: a further table goes there, expected another name" in result.err
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.pdf"], "a.pdf: cannot be written as .pdf, must end in .html, .md, .txt, .json"),
        (["report"], "report: cannot be written without a suffix, must end in .html"),
        (["-"], "-: cannot be written without a suffix, must end in .html"),
        (["a.md", "a.md"], "a.md: is named twice, expected a file of its own for each format"),
        (["a.md", "./a.md"], "a.md: is named twice"),
        (["no/where/a.md"], "no/where/a.md: cannot be written: there is no folder no/where"),
        (["folder.md"], "folder.md: cannot be written: it is a folder, expected a file"),
        (["locked.md"], "locked.md: cannot be written: it is read-only"),
        (["a.md", "pipe.json"], "pipe.json: cannot be written: it is a device, expected a file"),
        (["link.md", "linked.md"], "linked.md: is the same file as link.md"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work_starts(
    optimizer: Run, tmp_path: Path, names: list[str], message: str
) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "locked.md").write_text(OLD)
    (tmp_path / "locked.md").chmod(0o444)
    (tmp_path / "link.md").symlink_to("linked.md")
    os.mkfifo(tmp_path / "pipe.json")
    result = optimizer("analyze", "absent.json", *(part for name in names for part in ("-o", name)))
    assert result.code == 2
    assert f"error: {message}" in result.err
    assert "absent.json" not in result.err
    assert not (tmp_path / "a.md").exists()
    assert (tmp_path / "locked.md").read_text() == OLD


def test_a_missing_folder_comes_with_what_makes_it(optimizer: Run, measured: Path) -> None:
    result = optimizer("analyze", measured, "-o", "no/where/a.md")
    assert "hint: Make it first: mkdir -p no/where" in result.err


def test_a_command_without_a_table_says_so(optimizer: Run) -> None:
    result = optimizer("doctor", "-o", "x.csv")
    assert result.code == 2
    assert "error: x.csv: this command has no table to write, must end in .html" in result.err


def test_nothing_is_written_where_one_format_cannot_hold_the_report(
    optimizer: Run, measured: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text(OLD)
    result = optimizer("analyze", measured, "-o", "a.md", "-o", "a.svg")
    assert result.code == 2
    assert "this one has none" in result.err
    assert (tmp_path / "a.md").read_text() == OLD


@pytest.mark.parametrize(
    "words",
    [
        ("drift", "--series", "in.csv", "-o", "in.csv"),
        ("drift", "--series=in.csv", "--output", "./in.csv"),
        ("analyze", "in.csv", "-o", "in.csv"),
        ("compare", "in.csv#a", "in.csv#b", "-o", "in.csv"),
        ("lint", "prompts", "-o", "prompts/a.md"),
        ("lint", "prompts/a.md", "-o", "prompts/a.md"),
    ],
)
def test_what_is_read_is_never_written_over(
    optimizer: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "prompts").mkdir()
    for name in ("in.csv", "prompts/a.md"):
        (tmp_path / name).write_text(OLD)
    result = optimizer(*words)
    assert result.code == 2
    assert "is the file that is read, it cannot be written as well" in result.err
    assert (tmp_path / "in.csv").read_text() == OLD
    assert (tmp_path / "prompts" / "a.md").read_text() == OLD


def test_a_link_stays_a_link_and_permissions_stay(
    optimizer: Run, measured: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    real = tmp_path / "elsewhere" / "report.md"
    real.write_text(OLD)
    real.chmod(0o640)
    (tmp_path / "a.md").symlink_to(real)
    assert optimizer("analyze", measured, "-o", "a.md").code == 0
    assert (tmp_path / "a.md").is_symlink()
    assert "# " in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_full_disk_leaves_every_file_as_it_was(measured: Path, tmp_path: Path) -> None:
    for name in ("a.md", "a.html", "a.csv"):
        (tmp_path / name).write_text(OLD)
    done = subprocess.run(
        [sys.executable, "-m", "cli", "analyze", "run.json"]
        + [part for name in ("a.csv", "a.md", "a.html") for part in ("-o", name)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000)),
    )
    assert done.returncode == 2
    assert "a.html: cannot be written: File too large" in done.stderr
    assert [(tmp_path / f"a.{kind}").read_text() for kind in ("md", "html", "csv")] == [OLD] * 3
    assert not left_over(tmp_path)


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="only Linux has /sys")
def test_a_folder_that_may_not_be_written_to_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^/sys/a\.md: cannot be written: (Perm|Read-only)"):
        write_file(Path("/sys/a.md"), "text")


def test_a_markdown_shows_the_charts_that_are_written_with_it(
    optimizer: Run, samples: Path, tmp_path: Path
) -> None:
    for path in sorted(samples.glob("*.json")):
        optimizer("ingest", path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "charts of ours").mkdir()
    workflow = json.loads(optimizer("runs", "--json").out)["items"][0]["workflow_id"]
    result = optimizer("report", "-w", workflow, "-o", "docs/a.md", "-o", "charts of ours/a.svg")
    assert result.code == 0, result.err
    text = (tmp_path / "docs" / "a.md").read_text()
    assert "![Charts of this report](<../charts%20of%20ours/a.svg>)" in text
