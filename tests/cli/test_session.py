"""The program used as a user does, from files to a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


def test_from_sample_runs_to_a_report(optimizer: Run, samples: Path, tmp_path: Path) -> None:
    assert optimizer("ingest", samples).out.startswith("stored 3 runs (360 tasks) from 3 files.")
    assert optimizer("ingest", samples).out.startswith("3 unchanged.")
    runs = optimizer("runs", "--json").json
    assert {run["run_id"] for run in runs["items"]} == {
        "sentiment-vague",
        "sentiment-clear",
        "sentiment-few_shot",
    }
    decided = optimizer("decide", "--workflow", "sentiment", "--json")
    assert decided.code == 0
    explained = optimizer("explain", decided.json["decision_id"][:6], "--json")
    assert explained.json == decided.json
    assert optimizer("explain", "latest", "--json").json == decided.json
    report = optimizer("report", "--workflow", "sentiment", "-o", "out.html", "-o", "out.md")
    assert report.code == 0
    assert (tmp_path / "out.html").read_text().startswith("<!DOCTYPE html>")
    assert "sentiment" in (tmp_path / "out.md").read_text()
    assert optimizer("doctor").code == 0
    assert "1 workflow, 3 runs, 360 tasks" in optimizer("status").out


def test_analyze_needs_no_store_and_leaves_none(
    optimizer: Run, samples: Path, tmp_path: Path
) -> None:
    result = optimizer("analyze", samples / "sentiment-vague.json")
    assert result.code == 0
    assert result.out.startswith("sentiment-vague: 0 of 120 tests passed (0.0 %, 95 % CI")
    assert list(tmp_path.iterdir()) == []


def test_analyze_without_a_prompt_says_that_static_rules_are_not_evaluated(
    optimizer: Run, run_file: Write
) -> None:
    result = optimizer("analyze", run_file(marks="+" * 40))
    assert "no prompt" in result.out


def test_analyze_with_a_prompt_checks_its_text(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    (tmp_path / "p.txt").write_text("do stuff")
    result = optimizer("analyze", run_file(marks="+" * 40), "--prompt", "p.txt", "--json")
    (variant,) = result.json["variants"]
    assert variant["analysis"]["overall_score"] < 80
    assert variant["explanation"]["should_optimize"] is True


def test_show_finds_a_run_by_the_beginning_of_its_id(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    assert optimizer("show", "sentiment-v").out.startswith("sentiment-vague: ")
    ambiguous = optimizer("show", "sentiment")
    assert ambiguous.code == 2
    assert "3 runs begin with it" in ambiguous.err
    assert optimizer("show", "nope").err == (
        "error: run 'nope': not in this history\nhint: See 'optimizer runs'.\n"
    )


def test_decide_all_lists_the_worst_first(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file("a.json", "+" * 50, run_id="a", workflow_id="good"))
    optimizer("ingest", run_file("b.json", "-" * 50, run_id="b", workflow_id="bad"))
    items = optimizer("decide", "--all", "--json").json["items"]
    assert [item["workflow_id"] for item in items] == ["bad", "good"]
    assert optimizer("decide", "--all").code == 0


def test_variants_of_one_label_are_told_apart_wherever_they_are_listed(
    optimizer: Run, run_file: Write
) -> None:
    for model in ("small", "large"):
        path = run_file(f"{model}.json", "+-", run_id=model)
        run = json.loads(path.read_text())
        run["metadata"]["model"] = model
        for task in run["task_results"][: 1 if model == "large" else 0]:
            task["metadata"]["model"] = "small"
        path.write_text(json.dumps(run))
        optimizer("ingest", path)
    for args in (
        ("analyze", "large.json"),
        ("show", "large"),
        ("decide", "--workflow", "wf"),
        ("explain", "latest"),
        ("report", "--workflow", "wf"),
    ):
        assert "2 variants are called v1: they differ in prompt" in optimizer(*args).out
    assert "are called" not in optimizer("show", "small").out


@pytest.mark.parametrize(
    "command",
    [
        ["runs"],
        ["report"],
        ["report", "--experiments"],
        ["experiment", "status"],
        ["baseline", "show"],
    ],
)
def test_a_workflow_that_nobody_knows_is_said_with_the_one_that_may_be_meant(
    optimizer: Run, run_file: Write, command: list[str]
) -> None:
    optimizer("ingest", run_file(workflow_id="support"))
    result = optimizer(*command, "--workflow", "suport")
    assert result.code == 2
    assert result.err == (
        "error: workflow 'suport': not in this history, expected one of support\n"
        "hint: Did you mean support?\n"
    )


def test_decide_wants_one_workflow_or_all(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    assert optimizer("decide").code == 2
    assert optimizer("decide", "--all", "--workflow", "sentiment").code == 2


def test_deciding_twice_on_the_same_evidence_is_one_decision(optimizer: Run, samples: Path) -> None:
    optimizer("ingest", samples)
    first = optimizer("decide", "--workflow", "sentiment", "--json").json
    again = optimizer("decide", "--workflow", "sentiment", "--json").json
    assert again == first


def test_standard_input_is_a_file_called_dash(optimizer: Run, samples: Path) -> None:
    text = (samples / "sentiment-clear.json").read_text()
    assert optimizer("analyze", "-", stdin=text).out.startswith("sentiment-clear: 77 of 120")
    assert optimizer("ingest", "-", stdin=text).out.startswith("stored 1 run (120 tasks)")


def test_the_same_run_with_other_content_needs_replace(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file(marks="++"))
    changed = run_file(marks="+++")
    refused = optimizer("ingest", changed)
    assert refused.code == 2
    assert "already stored with other content" in refused.out
    assert "--replace" in refused.out
    replaced = optimizer("ingest", changed, "--replace")
    assert replaced.code == 0
    assert optimizer("runs", "--json").json["items"][0]["n_tasks"] == 3


def test_keep_going_stores_the_good_and_reports_the_bad(
    optimizer: Run, run_file: Write, tmp_path: Path
) -> None:
    run_file("a.json", run_id="a")
    (tmp_path / "b.json").write_text('{"run_id": "b", "workflow_id": "wf", "task_results": 7}')
    run_file("c.json", run_id="c")
    files = ("a.json", "b.json", "c.json")
    stopped = optimizer("ingest", *files, "--json")
    assert stopped.code == 2
    assert [item["status"] for item in stopped.json["items"]] == ["stored", "rejected"]
    went_on = optimizer("ingest", "--keep-going", *files, "--json")
    assert went_on.code == 2
    statuses = [item["status"] for item in went_on.json["items"]]
    assert statuses == ["unchanged", "rejected", "stored"]
    assert optimizer("status", "--json").json["rejects"][0]["path"].endswith("b.json")


def test_keep_going_goes_on_after_a_large_file_that_turns_out_bad_while_it_is_written(
    optimizer: Run, run_file: Write
) -> None:
    run_file("a.json", run_id="a")
    bad = run_file("b.json", run_id="b")
    run = json.loads(bad.read_text())
    run["task_results"][2]["test_result"] = {"status": "success", "inputs": 7}
    bad.write_text(json.dumps(run) + " " * 33_000_000)
    run_file("c.json", run_id="c")
    went_on = optimizer("ingest", "--keep-going", "a.json", "b.json", "c.json", "--json")
    assert went_on.code == 2
    statuses = [item["status"] for item in went_on.json["items"]]
    assert statuses == ["stored", "rejected", "stored"]
    runs = optimizer("runs", "--json").json["items"]
    assert {run["run_id"] for run in runs} == {"a", "c"}


def test_settings_come_from_a_file_the_environment_and_flags(
    optimizer: Run, tmp_path: Path
) -> None:
    assert optimizer("init").code == 0
    assert optimizer("init").code == 2
    (tmp_path / "optimizer.toml").write_text("[scoring]\nmin_success_rate = 0.5\n")
    by_file = optimizer("config", "show", "--origin", "--json").json["items"]
    origin = {row["key"]: row for row in by_file}
    assert origin["scoring.min_success_rate"]["value"] == 0.5
    assert "optimizer.toml:2" in origin["scoring.min_success_rate"]["origin"]
    by_flag = optimizer(
        "config",
        "show",
        "--set",
        "scoring.min_success_rate=0.7",
        "--json",
        OPTIMIZER_SCORING__MIN_SUCCESS_RATE="0.6",
    ).json["items"]
    assert {row["key"]: row["value"] for row in by_flag}["scoring.min_success_rate"] == 0.7


def test_a_misspelled_setting_is_named_with_a_suggestion(optimizer: Run, tmp_path: Path) -> None:
    (tmp_path / "optimizer.toml").write_text("[scoring]\nmin_sucess_rate = 0.5\n")
    result = optimizer("config", "show")
    assert result.code == 2
    assert "min_sucess_rate" in result.err
    assert "Did you mean min_success_rate?" in result.err


def test_the_store_can_be_named_by_flag_and_environment(
    optimizer: Run, samples: Path, tmp_path: Path
) -> None:
    optimizer("ingest", samples, "--store", "a.duckdb")
    optimizer("ingest", samples, OPTIMIZER_STORE="b.duckdb")
    assert (tmp_path / "a.duckdb").exists()
    assert (tmp_path / "b.duckdb").exists()
    assert not (tmp_path / ".optimizer").exists()


def test_export_writes_a_parquet_file_per_table(
    optimizer: Run, samples: Path, tmp_path: Path
) -> None:
    optimizer("ingest", samples)
    assert optimizer("store", "export", "--parquet", "out").code == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"tasks.parquet", "runs.parquet", "audit_log.parquet"} <= names
    assert not any(name.endswith(".part") for name in names)
    assert optimizer("store", "migrate").err.endswith("up to date\n")


def test_demo_shows_the_whole_way(optimizer: Run, tmp_path: Path) -> None:
    result = optimizer("demo")
    assert result.code == 0
    assert (tmp_path / "optimizer-demo" / "report.html").exists()
    assert "$ optimizer decide" in result.err
    assert result.err.endswith("Your own results next: optimizer ingest YOUR_RUNS\n")
    assert len(result.out.splitlines()) < 30
    again = optimizer("demo")
    assert (again.code, again.out.splitlines()[0]) == (0, "3 unchanged.")


def test_the_lines_of_the_demo_can_be_pasted(optimizer: Run) -> None:
    told = optimizer("demo").err.splitlines()
    lines = [line.removeprefix("$ optimizer ") for line in told if line.startswith("$ ")]
    assert [optimizer(*line.split()).code for line in lines] == [0, 0, 3, 0, 0, 0]


@pytest.mark.parametrize("command", [["formats"], ["formats", "native"], ["--help"], ["--version"]])
def test_helps_itself_without_a_store(optimizer: Run, command: list[str]) -> None:
    result = optimizer(*command)
    assert result.code == 0
    assert result.out


def test_an_output_that_cannot_be_written_is_named(
    optimizer: Run, samples: Path, tmp_path: Path
) -> None:
    clear = samples / "sentiment-clear.json"
    nowhere = optimizer("analyze", clear, "-o", "no/such/folder/x.html")
    assert nowhere.code == 2
    assert "no/such/folder/x.html: cannot be written" in nowhere.err
    unknown = optimizer("analyze", clear, "-o", "x.docx")
    assert unknown.code == 2
    assert ".docx" in unknown.err
    assert list(tmp_path.iterdir()) == []


def test_errors_are_json_too_when_json_is_asked_for(optimizer: Run) -> None:
    result = optimizer("runs", "--json")
    assert result.code == 2
    assert result.json["error"]["kind"] == "NoHistoryError"
    assert result.json["format_version"] == 1


def test_nothing_but_the_payload_goes_to_stdout(optimizer: Run, samples: Path) -> None:
    result = optimizer("analyze", samples / "sentiment-clear.json", "--json", "-o", "x.md")
    assert result.json["format_version"] == 1
    assert result.err == "wrote x.md\n"


def test_a_stored_run_is_found_by_branch_variant_and_as_the_latest(
    optimizer: Run, run_file: Write
) -> None:
    later = {"started_at": "2026-03-02T12:00:00Z", "finished_at": "2026-03-02T12:01:00Z"}
    main, feature = ({"prompt_variant": v, "branch": b} for v, b in (("v1", "main"), ("v2", "f/x")))
    optimizer("ingest", run_file("a.json", "+" * 9, run_id="a", metadata=main))
    optimizer("ingest", run_file("b.json", "-" * 9, run_id="b", metadata=feature, **later))
    assert optimizer("analyze", "branch:main").out.startswith("a: 9 of 9")
    assert optimizer("gate", "branch:f/x").out.startswith("FAILED: b")
    assert optimizer("analyze", "wf:v1").out.startswith("a: 9 of 9")
    assert optimizer("show", "latest").out.startswith("b: 0 of 9")
    assert optimizer("analyze", "a").out.startswith("a: 9 of 9")
    assert "no such file" in optimizer("analyze", "c.json").err.lower()
    assert "run 'c': not in this history" in optimizer("analyze", "c").err
