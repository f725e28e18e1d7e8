from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

Run = Callable[..., Any]
ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_runs" / "native"
CLEAR, FEW = SAMPLES / "sentiment-clear.json", SAMPLES / "sentiment-few_shot.json"
WORKFLOW = ("-w", "sentiment")
STORED: dict[str, tuple[Any, ...]] = {
    "runs": ("runs",),
    "show": ("show", "latest"),
    "report": ("report", *WORKFLOW),
    "report of all": ("report",),
    "report of a period": ("report", "--period", "week", "--as-of", "2026-11-01"),
    "report of performance": ("report", *WORKFLOW, "--performance"),
    "report of experiments": ("report", "--experiments"),
    "status": ("status",),
    "feedback": ("feedback", *WORKFLOW),
    "rollout": ("rollout", "status"),
    "prompts": ("prompts", "list"),
    "ingest": ("ingest", CLEAR),
    "decide": ("decide", *WORKFLOW),
    "decide --all": ("decide", "--all"),
    "explain": ("explain", "latest"),
    "audit": ("audit",),
    "flaky": ("flaky", *WORKFLOW),
    "frontier": ("frontier", *WORKFLOW),
    "windows": ("windows", *WORKFLOW, "--metric", "latency"),
    "drift": ("drift", *WORKFLOW),
    "anomalies": ("anomalies", *WORKFLOW),
    "models": ("models",),
    "budget": ("budget", "status"),
    "experiments": ("experiment", "status"),
    "experiment": ("experiment", "report", "few"),
    "caching": ("replay", "caching", *WORKFLOW),
    "limits": ("replay", "limits", *WORKFLOW),
    "batching": ("replay", "batching", *WORKFLOW),
}
OF_FILES: dict[str, tuple[Any, ...]] = {
    "analyze": ("analyze", CLEAR),
    "compare": ("compare", CLEAR, FEW),
    "gate": ("gate", CLEAR),
    "gate --baseline": ("gate", FEW, "--baseline", CLEAR),
    "power": ("power", "--detect", "5pp"),
    "lint": ("lint", ROOT / "README.md"),
}


@pytest.fixture(scope="module")
def store(run_in: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stored")
    path = folder / "history.duckdb"
    plan = ("plan", "few", *WORKFLOW, "-a", "clear", "-b", "few_shot", "--cases", "60")
    for words in (
        ("ingest", *sorted(SAMPLES.glob("*.json"))),
        ("decide", *WORKFLOW),
        ("experiment", *plan, "--include-existing"),
        ("experiment", "start", "few"),
    ):
        done = run_in(folder, *words, "--store", path)
        assert done.code == 0, done.err
    return path


def tables_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    found = {}
    for path in sorted(folder.glob("out*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


def agree(folder: Path, found: dict[str, list[dict[str, str]]]) -> None:
    """Check that Parquet has the rows and the columns of CSV."""
    with duckdb.connect(":memory:") as connection:
        for name, rows in found.items():
            stored = connection.read_parquet(str(folder / f"{name}.parquet"))
            assert len(stored) == len(rows)
            assert not rows or list(rows[0]) == stored.columns


@pytest.mark.parametrize("name", STORED)
def test_a_command_on_the_history_writes_its_tables(
    optimizer: Run, store: Path, tmp_path: Path, name: str
) -> None:
    said = ("--store", store, "-o", "out.csv", "-o", "out.parquet")
    result = optimizer(*STORED[name], *said)
    assert result.code == 0, result.err
    found = tables_of(tmp_path)
    assert "out" in found
    agree(tmp_path, found)


@pytest.mark.parametrize("name", OF_FILES)
def test_a_command_on_files_writes_its_tables(optimizer: Run, tmp_path: Path, name: str) -> None:
    result = optimizer(*OF_FILES[name], "-o", "out.csv", "-o", "out.parquet")
    assert result.code in {0, 1, 3}, result.err
    found = tables_of(tmp_path)
    assert "out" in found
    agree(tmp_path, found)


def test_a_comparison_tells_each_metric_and_each_changed_case(
    optimizer: Run, tmp_path: Path
) -> None:
    optimizer("compare", CLEAR, FEW, "-o", "out.csv", "-o", "out.json")
    found = tables_of(tmp_path)
    first, *others = found["out"]
    assert (first["metric"], first["is_primary"], first["unit"]) == ("success", "true", "rate")
    assert float(first["effect"]) == pytest.approx(0.1)
    assert (first["n_fixed"], first["n_broken"]) == ("19", "14")
    assert {row["effect_unit"] for row in others if row["metric"] == "latency"} == {"ratio - 1"}
    changes = [row["change"] for row in found["out-cases"]]
    assert (changes.count("fixed"), changes.count("broken")) == (19, 14)


def test_the_manual_names_every_table(optimizer: Run, store: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "output-files.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `?(.+?) \| (.+?) \| (.*?) ?\|$", page, re.MULTILINE)
    named = {name for row in rows for name in re.findall("`([a-z-]+)`", f"{row[1]} {row[2]}")}
    optimizer("experiment", "report", "few", "--store", store, "-o", "out.csv")
    optimizer("decide", *WORKFLOW, "--store", store, "-o", "out2.csv")
    optimizer("replay", "caching", *WORKFLOW, "--store", store, "-o", "out3.csv")
    further = {path.stem.partition("-")[2] for path in tmp_path.glob("out*-*.csv")}
    assert further == {"arms", "metrics", "answers", "effects", "prefixes"}
    assert further <= named


def test_a_report_that_has_no_table_says_so(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "published.json").write_text("{}")
    result = optimizer("explain", "published.json", "-o", "out.csv")
    assert result.code == 2
    assert not (tmp_path / "out.csv").exists()
