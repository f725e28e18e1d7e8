from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from math import comb
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]
SHARED = Path(__file__).parents[3] / "shared" / "data" / "runs"
TRIALS = sorted(SHARED.glob("taubench-airline-gpt-4o-trial*.json"))


@pytest.fixture
def sentiment(optimizer: Run, samples: Path) -> Run:
    assert optimizer("ingest", samples).code == 0
    return optimizer


def repeated(write: Write, marks: dict[str, str], **changes: Any) -> Path:
    tasks = [
        {
            "task_id": f"{case}-{i}",
            "workflow_id": "wf",
            "task_status": {"+": "succeeded", "-": "failed", "t": "timeout"}[mark],
            "created_at": "2026-03-01T12:00:00Z",
            "metadata": {"case_id": case},
        }
        for case, row in marks.items()
        for i, mark in enumerate(row)
    ]
    return write(task_results=tasks, **changes)


def counted(paths: list[Path]) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in paths:
        for task in json.loads(path.read_text())["task_results"]:
            found[task["metadata"]["case_id"]] += task["task_status"] == "succeeded"
    return found


def test_says_how_flaky_each_variant_of_the_sample_runs_is(sentiment: Run) -> None:
    result = sentiment("flaky", "--workflow", "sentiment", "--k", "2")
    assert result.code == 0
    assert result.out.startswith("19 of 60 cases are flaky under few_shot")
    payload = sentiment("flaky", "--workflow", "sentiment", "--k", "2", "--json").json
    few_shot, clear, vague = payload["variants"]
    # two repeats: passing both times, once, never
    assert (few_shot["n_flaky"], clear["n_flaky"], vague["n_flaky"]) == (19, 7, 0)
    assert few_shot["pass_hat_k"] == pytest.approx((89 - 19) / 2 / 60)
    assert few_shot["pass_at_k"] == pytest.approx(((89 - 19) / 2 + 19) / 60)
    assert few_shot["flake_rate"] == pytest.approx(19 / 60)
    assert (vague["flake_rate"], vague["icc"]) == (0.0, None)
    assert payload["n_shared"] == 60
    assert payload["always_passed"] == []
    assert payload["always_failed"] == ["review-003", "review-019", "review-050"]


def test_fits_eighty_columns_and_lists_no_more_than_asked_for(sentiment: Run) -> None:
    result = sentiment("flaky", "-w", "sentiment", "--limit", "3")
    assert max(map(len, result.out.splitlines())) <= 80
    assert "16 flaky cases more; --limit shows them." in result.out
    assert "few_shot: no case has 3 repeats, 2 repeats at most (pass@3, pass^3)." in " ".join(
        result.out.split()
    )


def test_one_variant_can_be_chosen_and_a_wrong_name_is_answered(sentiment: Run) -> None:
    payload = sentiment("flaky", "-w", "sentiment", "--variant", "clear", "--json").json
    assert [variant["variant"] for variant in payload["variants"]] == ["clear"]
    wrong = sentiment("flaky", "-w", "sentiment", "--variant", "nope")
    assert wrong.code == 2
    assert "no variant 'nope' has run, expected one of few_shot, clear, vague" in wrong.err


def test_a_file_can_be_written_as_well(sentiment: Run, tmp_path: Path) -> None:
    assert sentiment("flaky", "-w", "sentiment", "-o", "flaky.html").code == 0
    assert "Flaky under few_shot" in (tmp_path / "flaky.html").read_text()


@pytest.mark.skipif(len(TRIALS) != 4, reason="the shared tau-bench runs are not there")
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_four_trials_of_tau_bench_give_what_counting_by_hand_does(optimizer: Run, k: int) -> None:
    optimizer("ingest", *TRIALS)
    (found,) = optimizer("flaky", "-w", "taubench-airline", "--k", str(k), "--json").json[
        "variants"
    ]
    passes = counted(TRIALS)
    assert len(passes) == found["n_cases"] == found["n_k"] == 50
    assert len(found["run_ids"]) == 4
    every = sum(comb(c, k) for c in passes.values()) / (50 * comb(4, k))
    none = sum(comb(4 - c, k) for c in passes.values()) / (50 * comb(4, k))
    assert found["pass_hat_k"] == pytest.approx(every)
    assert found["pass_at_k"] == pytest.approx(1 - none)
    assert found["n_flaky"] == sum(0 < c < 4 for c in passes.values())


@pytest.mark.skipif(len(TRIALS) != 4, reason="the shared tau-bench runs are not there")
def test_fewer_runs_are_taken_together_where_asked(optimizer: Run) -> None:
    optimizer("ingest", *TRIALS)
    (found,) = optimizer("flaky", "-w", "taubench-airline", "--pool", "2", "--json").json[
        "variants"
    ]
    assert (len(found["run_ids"]), found["most_repeats"]) == (2, 2)
    too_many = optimizer("flaky", "-w", "taubench-airline", "--k", "5")
    assert too_many.code == 0
    assert "no case has 5 repeats, 4 repeats at most" in too_many.out


def test_timeouts_count_as_failures_and_are_named(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", repeated(run_file, {"a": "+t", "b": "++"}))
    result = optimizer("flaky", "-w", "wf", "--k", "2")
    assert result.out.startswith("1 of 2 cases is flaky under v1")
    assert "v1: 1 timeout or error counted as failed." in result.out


def test_without_repeats_it_says_how_to_make_them(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file(marks="+-+"))
    result = optimizer("flaky", "-w", "wf")
    assert result.code == 0
    assert result.out.startswith("UNKNOWN: no case of wf was run twice under one variant.")
    assert "run the same variant on the same cases again" in " ".join(result.out.split())
    (variant,) = optimizer("flaky", "-w", "wf", "--json").json["variants"]
    assert (variant["flake_rate"], variant["pass_hat_k"]) == (None, None)


def test_a_second_run_of_the_variant_makes_repeats(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file("one.json", "++-"))
    optimizer("ingest", run_file("two.json", "+--", run_id="r2"))
    result = optimizer("flaky", "-w", "wf", "--k", "2")
    assert result.out.startswith("1 of 3 cases is flaky under v1")


def test_one_case_alone_is_no_crash(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", repeated(run_file, {"a": "+-+"}))
    result = optimizer("flaky", "-w", "wf")
    assert result.code == 0
    assert "One variant has run" in result.out


def test_runs_whose_cases_change_are_not_taken_together(optimizer: Run, run_file: Write) -> None:
    facts = {"metadata": {"prompt_variant": "v1", "pairable": False}}
    optimizer("ingest", run_file("one.json", "++-", **facts))
    optimizer("ingest", run_file("two.json", "+--", run_id="r2", **facts))
    (variant,) = optimizer("flaky", "-w", "wf", "--json").json["variants"]
    assert (len(variant["run_ids"]), variant["most_repeats"]) == (1, 1)


def test_what_completed_nothing_is_refused(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file(marks="ccc"))
    result = optimizer("flaky", "-w", "wf")
    assert result.code == 2
    assert "workflow 'wf': no test was completed" in result.err


def test_a_workflow_must_be_named_and_there(sentiment: Run) -> None:
    assert sentiment("flaky").code == 2
    unknown = sentiment("flaky", "-w", "nope")
    assert unknown.code == 2
    assert "workflow 'nope': not in this history, expected one of sentiment" in unknown.err
    assert sentiment("flaky", "-w", "sentiment", "--k", "0").code == 2
    assert sentiment("flaky", "-w", "sentiment", "--pool", "0").code == 2


def test_without_a_history_it_says_how_to_make_one(optimizer: Run) -> None:
    result = optimizer("flaky", "-w", "wf")
    assert result.code == 2
    assert (
        "hint: Store the results of this folder with 'optimizer ingest .', or name files."
        in result.err
    )


def test_help_shows_an_example(optimizer: Run) -> None:
    assert "Example: optimizer flaky --workflow wf_001" in optimizer("flaky", "--help").out
