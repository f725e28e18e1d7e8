from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "sample_runs"
PROMPTFOO = SAMPLES / "promptfoo" / "out.json.gz"
INSPECT = SAMPLES / "inspect" / "sentiment-clear.eval"

Run = Callable[..., object]


def test_the_runs_of_a_file_are_listed_where_none_is_chosen(optimizer):
    done = optimizer("analyze", PROMPTFOO)
    assert done.code == 0
    assert "3 runs of 2026-11-21 18:25 UTC, 166 of 360 tests passed." in " ".join(done.out.split())
    items = optimizer("analyze", PROMPTFOO, "--json").json["items"]
    assert [item["variant"] for item in items] == ["vague", "clear", "few_shot"]


def test_one_run_of_a_file_can_be_chosen(optimizer):
    run_id = optimizer("analyze", PROMPTFOO, "--json").json["items"][1]["run_id"]
    found = optimizer("analyze", PROMPTFOO, "--run", run_id, "--json").json
    assert (found["total"]["n_succeeded"], found["total"]["n_completed"]) == (77, 120)


def test_a_file_alone_is_compared_within_itself(optimizer):
    found = optimizer("compare", PROMPTFOO, "--json").json
    labels = [(one["baseline"]["label"], one["candidate"]["label"]) for one in found["comparisons"]]
    assert sorted(labels) == [("vague", "clear"), ("vague", "few_shot")]


def test_a_file_with_one_variant_cannot_be_compared_alone(optimizer):
    done = optimizer("compare", INSPECT)
    assert done.code == 2
    assert "expected a baseline and at least one candidate" in done.err


def test_thresholds_judge_every_run_of_a_file_and_the_worst_decides(optimizer):
    done = optimizer("gate", PROMPTFOO, "--json")
    assert done.code == 1
    assert len(done.json["results"]) == 3


def test_runs_of_different_tools_are_compared_case_by_case(optimizer):
    native = SAMPLES / "native" / "sentiment-clear.json"
    done = optimizer("compare", native, INSPECT)
    assert done.code == 0
    assert "0 fixed / 0 broken of 60 cases" in " ".join(done.out.split())


@pytest.mark.parametrize(
    "file",
    [
        "promptfoo/out.yaml.gz",
        "promptfoo/out.jsonl",
        "promptfoo/out.csv",
        "promptfoo/out.junit.xml",
        "inspect/sentiment-clear.json.gz",
        "pydantic_evals/sentiment-clear.json",
        "openai_evals/sentiment-clear-1.jsonl",
        "junit/sentiment-clear.xml",
        "otel/spans.jsonl",
        "langfuse/experiment-items.json",
    ],
)
def test_what_a_tool_wrote_is_stored_and_shown(optimizer, file):
    stored = optimizer("ingest", SAMPLES / file, "--json", "--store", "h.duckdb")
    assert (stored.code, stored.err) == (0, "")
    (item,) = stored.json["items"]
    assert item["status"] == "stored"
    again = optimizer("ingest", SAMPLES / file, "--json", "--store", "h.duckdb").json["items"][0]
    assert again["status"] == "unchanged"
    shown = optimizer("show", item["run_ids"][-1], "--json", "--store", "h.duckdb")
    assert shown.code == 0
    assert shown.json["total"]["n_completed"] in (60, 120)
    assert optimizer("doctor", "--store", "h.duckdb").code == 0


def test_a_run_is_converted_to_native_json_and_read_again(optimizer, tmp_path):
    done = optimizer("convert", INSPECT, "-o", "clear.json")
    assert (done.code, done.out) == (0, "")
    assert "clear.json: 1 run, 120 tasks" in done.err
    before = optimizer("analyze", INSPECT, "--json").json
    after = optimizer("analyze", "clear.json", "--json").json
    for name in ("n_succeeded", "latency_mean_ms", "tokens_total", "score_mean", "cost_total_usd"):
        assert before["total"][name] == after["total"][name]
    assert before["scores"] == after["scores"]
    written = json.loads((tmp_path / "clear.json").read_text())
    assert written["metadata"]["source"]["tool"] == "inspect"


def test_several_runs_are_converted_to_lines_or_to_a_folder(optimizer, tmp_path):
    assert optimizer("convert", PROMPTFOO, "-o", "runs.jsonl").code == 0
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 3
    assert optimizer("convert", PROMPTFOO, "-o", "runs/").code == 0
    assert len(list((tmp_path / "runs").iterdir())) == 3
    refused = optimizer("convert", PROMPTFOO, "-o", "run.json")
    assert refused.code == 2
    assert "run.json: 3 runs are to be written, expected one" in refused.err
    assert "run.jsonl" in refused.err
    assert not (tmp_path / "run.json").exists()


def test_without_a_file_to_write_runs_go_to_standard_output(optimizer):
    done = optimizer("convert", PROMPTFOO)
    assert (done.code, done.err) == (0, "")
    assert [json.loads(line)["workflow_id"] for line in done.out.splitlines()]


def test_a_file_is_never_converted_onto_itself(optimizer, tmp_path):
    copy = tmp_path / "run.jsonl"
    copy.write_bytes((SAMPLES / "promptfoo" / "out.jsonl").read_bytes())
    before = copy.read_bytes()
    done = optimizer("convert", "run.jsonl", "-o", "run.jsonl")
    assert done.code == 2
    assert "is the file that is read" in done.err
    assert copy.read_bytes() == before


def test_costs_are_derived_where_that_is_asked_for(optimizer, tmp_path):
    name = json.loads(optimizer("convert", INSPECT).out)["metadata"]["model"]
    (tmp_path / "prices.yaml").write_text(
        f"date: 2026-11-01\nmodels: {{'{name}': {{input: 1.0, output: 1.0}}}}\n"
    )
    found = optimizer("analyze", INSPECT, "--prices", "prices.yaml", "--json").json
    assert found["total"]["n_cost"] == 120
    tokens = found["total"]["tokens_total"]
    assert found["total"]["cost_total_usd"] == pytest.approx(tokens / 1e6)
    assert found["grading"]["n_derived_costs"] == 120


def test_the_same_file_priced_is_other_content(optimizer, tmp_path):
    name = json.loads(optimizer("convert", INSPECT).out)["metadata"]["model"]
    (tmp_path / "prices.yaml").write_text(
        f"date: 2026-11-01\nmodels: {{'{name}': {{input: 1.0, output: 1.0}}}}\n"
    )
    assert optimizer("ingest", INSPECT, "--store", "h.duckdb").code == 0
    priced = ("ingest", INSPECT, "--prices", "prices.yaml", "--store", "h.duckdb")
    assert optimizer(*priced).code == 2
    assert optimizer(*priced, "--replace").code == 0
    assert optimizer(*priced).code == 0


def test_every_format_is_explained(optimizer):
    listed = optimizer("formats", "--json").json["items"]
    assert len(listed) >= 14
    for one in listed:
        done = optimizer("formats", one["name"])
        assert done.code == 0
        assert "Carried over" in done.out
        assert "Not carried over" in done.out


@pytest.mark.parametrize("wrong", ["case_id", "=x", "case_id="])
def test_a_mapping_without_a_column_is_refused(optimizer, wrong):
    done = optimizer("analyze", "x.csv", "--map", wrong)
    assert done.code == 2
    assert "expected FIELD=COLUMN" in done.err
