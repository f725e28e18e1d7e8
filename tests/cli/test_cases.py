from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
CHANGES = ["broken", "fixed", "failing", "flaky", "passing"]
HOSTILE = "</script><script>alert(1)</script><!--\u202e\x1b[2J\x00 "


def task(case: str, repeat: int, mark: str, output: str | None, variant: str) -> dict[str, Any]:
    passed = mark == "+"
    content = {
        "workflow_id": "wf",
        "execution_id": f"{case}-{repeat}",
        "timestamp": "2026-03-01T12:00:00Z",
        "status": "success" if passed else "failed",
        "execution_time": 0.5,
        "tokens_used": 10,
        "cost": 0.0,
        "inputs": {"question": f"{case}?", "expected": "yes"},
        "outputs": {"text": f"{output} {case} {repeat}"},
        "error_message": None if passed else f"expected yes, got {output}",
        "prompt_variant": variant,
        "dataset": "d",
        "metadata": {},
    }
    return {
        "task_id": f"{case}-{repeat}",
        "workflow_id": "wf",
        "dataset": "d",
        "task_status": "succeeded" if passed else "failed",
        "test_result": None if output is None else content,
        "error_message": content["error_message"],
        "created_at": "2026-03-01T12:00:00Z",
        "execution_time": 0.5,
        "metadata": {"case_id": case, "repeat": repeat},
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(variant: str, output: str | None = "no", **marks: str) -> Path:
        tasks = [
            task(case, repeat, mark, output, variant)
            for case, tried in marks.items()
            for repeat, mark in enumerate(tried)
        ]
        path = tmp_path / f"{variant}.json"
        run = {
            "run_id": f"run-{variant}",
            "workflow_id": "wf",
            "started_at": "2026-03-01T12:00:00Z",
            "finished_at": "2026-03-01T12:01:00Z",
            "metadata": {"prompt_variant": variant, "unknown_fields": ["cost"]},
            "task_results": tasks,
        }
        path.write_text(json.dumps(run), encoding="utf-8")
        return path

    return written


OLD = {"a": "++", "b": "--", "c": "--", "d": "+-", "e": "++", "f": "++"}
NOW = {"a": "+-", "b": "++", "c": "--", "d": "-+", "e": "++", "f": "--"}


@pytest.fixture
def two(write: Callable[..., Path]) -> tuple[Path, Path]:
    return write("v1", "old", **OLD), write("v2", "new", **NOW)


def told(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text())["comparisons"][0]["cases"]


def test_every_shared_case_is_told_the_most_changed_first(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path
) -> None:
    assert optimizer("compare", *two, "-o", tmp_path / "x.json").code == 0
    cases = told(tmp_path / "x.json")
    assert [(one["case_id"], one["change"]) for one in cases] == [
        ("f", "broken"),
        ("a", "broken"),
        ("b", "fixed"),
        ("c", "failing"),
        ("d", "flaky"),
        ("e", "passing"),
    ]
    assert [(arm["n_passed"], arm["n"]) for arm in cases[1]["arms"]] == [(2, 2), (1, 2)]
    assert cases[0]["arms"][0]["cost_usd"] is None


def test_the_tries_that_tell_the_change_are_shown(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path
) -> None:
    optimizer("compare", *two, "-o", tmp_path / "x.json")
    case = told(tmp_path / "x.json")[1]
    assert (case["input"]["text"], case["expected"]["text"]) == ("a?", "yes")
    old, new = (arm["shown"] for arm in case["arms"])
    assert (old["status"], old["output"]["text"], old["error"]) == ("succeeded", "old a 0", None)
    assert (new["status"], new["output"]["text"]) == ("failed", "new a 1")
    assert new["error"]["text"] == "expected yes, got new"


def test_stored_arms_tell_the_same_as_files(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path
) -> None:
    optimizer("compare", *two, "-o", tmp_path / "files.json")
    assert optimizer("ingest", *two).code == 0
    optimizer("compare", "v1", "v2", "-o", tmp_path / "stored.json")
    assert told(tmp_path / "stored.json") == told(tmp_path / "files.json")


@pytest.mark.parametrize(
    ("kept", "said"),
    [("hashes", "only hashes are kept"), ("excerpts", "only the beginning is kept")],
)
def test_a_history_that_keeps_less_says_so(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path, kept: str, said: str
) -> None:
    settings = ("--set", "store.raw=none", "--set", f"store.payloads={kept}")
    assert optimizer("ingest", *two, *settings, "--set", "store.excerpt_chars=5").code == 0
    result = optimizer("compare", "v1", "v2", "--cases", "-o", tmp_path / "x.html")
    assert said in result.out
    page = (tmp_path / "x.html").read_text()
    assert said in page
    assert "old a 0" not in page


def test_nothing_is_told_of_cases_unless_asked(optimizer: Run, two: tuple[Path, Path]) -> None:
    result = optimizer("compare", *two, "--json")
    assert result.json["comparisons"][0]["cases"] is None
    assert "Newly failing: 2 cases" in optimizer("compare", *two).out


def test_a_file_has_cases_and_the_terminal_only_where_asked(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path
) -> None:
    beside = optimizer("compare", *two, "-o", tmp_path / "x.md")
    assert "Output of v2" not in beside.out
    assert "Output of v2 (failed, one of 2 tries)" in (tmp_path / "x.md").read_text()
    asked = optimizer("compare", *two, "--cases")
    assert "Cases: 2 broken, 1 fixed, 1 failing, 1 flaky and 1 passing" in asked.out
    assert "Output of v2 (failed, one of 2 tries): new f 0" in asked.out


def test_rows_of_cases_hold_figures_and_texts(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path
) -> None:
    optimizer("compare", *two, "-o", tmp_path / "x.csv")
    rows = (tmp_path / "x-cases.csv").read_text()
    assert "new f 0" in rows
    assert len(rows.splitlines()) == 7


def test_a_gate_tells_its_cases(optimizer: Run, two: tuple[Path, Path], tmp_path: Path) -> None:
    old, now = two
    result = optimizer("gate", now, "--baseline", old, "--cases", "-o", tmp_path / "x.html")
    assert "Error of v2: expected yes, got new" in result.out
    assert "expected yes, got new" in (tmp_path / "x.html").read_text()


def test_a_gate_without_a_baseline_has_no_cases_to_tell(
    optimizer: Run, two: tuple[Path, Path]
) -> None:
    result = optimizer("gate", two[0], "--cases")
    assert result.code == 2
    assert "--baseline" in result.err


def test_a_run_tells_its_failing_cases(
    optimizer: Run, two: tuple[Path, Path], tmp_path: Path
) -> None:
    result = optimizer("analyze", two[1], "--cases", "-o", tmp_path / "x.json")
    assert "Failing cases: 4" in result.out
    cases = json.loads((tmp_path / "x.json").read_text())["cases"]
    assert [(one["case_id"], one["change"]) for one in cases] == [
        ("c", "failing"),
        ("f", "failing"),
        ("a", "flaky"),
        ("d", "flaky"),
    ]


def test_cases_without_any_text_are_told_by_their_figures(
    optimizer: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    pair = write("v1", None, **OLD), write("v2", None, **NOW)
    result = optimizer("compare", *pair, "--cases", "-o", tmp_path / "x.html")
    assert result.code == 0
    assert "not recorded or not kept" in result.out


def test_hostile_texts_and_names_are_harmless_everywhere(
    optimizer: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    old = {f"{HOSTILE}{i}": "+" for i in range(30)}
    now = {name: "-" for name in old}
    pair = write("v1", HOSTILE, **old), write("v2", HOSTILE, **now)
    files = [tmp_path / f"x.{suffix}" for suffix in ("html", "md", "txt")]
    result = optimizer("compare", *pair, "--cases", *(f"-o{file}" for file in files))
    assert result.code == 0
    for text in (result.out, *(file.read_text(encoding="utf-8") for file in files)):
        assert not {"\x1b", "\u202e", "\x00"} & set(text)
    assert files[0].read_text().count("<script") == 2
    assert files[0].stat().st_size < 1_000_000


def test_outputs_of_a_megabyte_fit_a_page_and_are_whole_as_json(
    optimizer: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    pair = write("v1", "x" * 1_000_000, a="+", b="-"), write("v2", "é" * 1_000_000, a="-", b="-")
    files = [tmp_path / f"x.{suffix}" for suffix in ("html", "md", "json")]
    assert optimizer("compare", *pair, *(f"-o{file}" for file in files)).code == 0
    assert files[0].stat().st_size < 500_000
    assert "of 1,000,004 characters" in files[0].read_text(encoding="utf-8")
    assert len(told(files[2])[0]["arms"][1]["shown"]["output"]["text"]) == 1_000_004


def test_arms_that_share_no_case_say_so(
    optimizer: Run, write: Callable[..., Path], tmp_path: Path
) -> None:
    pair = write("v1", a="+", b="-"), write("v2", c="-", d="-")
    result = optimizer("compare", *pair, "--cases", "-o", tmp_path / "x.html")
    assert result.code == 0
    assert "not compared case by case" in result.out


def test_of_a_run_with_very_many_variants_the_cases_of_the_first_are_told(
    optimizer: Run, tmp_path: Path
) -> None:
    tasks = [task(f"c{n}", n, "-", "no", f"v{n}") for n in range(60)]
    run = {
        "run_id": "r",
        "workflow_id": "wf",
        "started_at": "2026-03-01T12:00:00Z",
        "finished_at": "2026-03-01T12:10:00Z",
        "total_duration": 600.0,
        "task_results": tasks,
    }
    (tmp_path / "r.json").write_text(json.dumps(run))
    result = optimizer("analyze", "r.json", "--cases", "-o", "r.txt")
    assert result.code == 0, result.err
    told = (tmp_path / "r.txt").read_text()
    assert "Failing cases: 50, under the first 50 of 60 variants" in told
