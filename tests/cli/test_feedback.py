from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]


@pytest.fixture
def said(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: dict[str, Any], name: str = "said.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


def test_feedback_that_comes_later_is_matched_and_shown(
    optimizer: Run, run_file: Write, said: Write
) -> None:
    assert optimizer("ingest", run_file(marks="++-")).code == 0
    words = said(
        {"task_id": "t0", "thumbs": "up", "comment": "just right"},
        {"task_id": "t0", "id": "again", "thumbs": "down"},
        {"task_id": "t1", "thumbs": "up"},
        {"task_id": "t2", "thumbs": "down", "retry": True},
        {"task_id": "t2", "rating": 1},
    )
    stored = optimizer("ingest", "feedback", words)
    assert stored.code == 0
    assert stored.out.startswith("stored 6 pieces of feedback.")
    shown = optimizer("feedback", "--workflow", "wf")
    assert shown.out.startswith("6 pieces of feedback: 6 matched to tasks.")
    assert "just right" in shown.out
    (variant,) = optimizer("feedback", "--json").json["variants"]
    assert (variant["n_tasks"], variant["n_told"]) == (3, 3)
    assert (variant["n_up"], variant["n_down"]) == (2, 2)
    thumbs = next(kind for kind in variant["kinds"] if kind["kind"] == "thumb")
    # t0 was liked by one of two, t1 by all, t2 by none: (1/2 + 1 + 0) / 3
    assert (thumbs["n"], thumbs["value"]["n_tasks"], thumbs["value"]["mean"]) == (4, 3, 0.5)
    # one of three tasks; Wilson at 95 %: (k + z²/2 -+ z sqrt(k(1-k/n) + z²/4)) / (n + z²)
    assert variant["retried"]["mean"] == pytest.approx(1 / 3)
    assert variant["retried"]["low"] == pytest.approx(0.0615, abs=5e-5)
    assert variant["retried"]["high"] == pytest.approx(0.7923, abs=5e-5)
    # tests that passed: t0 half liked, t1 liked; those that failed: t2 not liked
    assert variant["liked_passed"]["mean"] == 0.75
    assert variant["liked_failed"]["mean"] == 0.0


def test_feedback_before_its_run_waits_for_it(optimizer: Run, run_file: Write, said: Write) -> None:
    words = said({"task_id": "t0", "run_id": "r1", "thumbs": True})
    (first,) = optimizer("ingest", "feedback", words, "--json").json["items"]
    assert (first["n_matched"], first["n_unmatched"]) == (0, 1)
    assert "1 not yet" in optimizer("feedback").out
    assert optimizer("ingest", run_file()).code == 0
    (again,) = optimizer("ingest", "feedback", words, "--json").json["items"]
    assert again["status"] == "unchanged"
    assert (again["n_matched"], again["n_unmatched"], again["n_stored"]) == (1, 0, 0)
    assert "1 matched to tasks" in optimizer("feedback", "--run", "r1").out


def test_bad_rows_are_counted_and_kept_aside(optimizer: Run, said: Write) -> None:
    words = said({"request_id": "q", "thumbs": 1}, {"request_id": "q", "thumbs": "?"})
    result = optimizer("ingest", "feedback", words)
    assert result.code == 0
    assert result.out.startswith("stored 1 piece of feedback; 1 row rejected.")
    assert 'line 2: thumbs: found "?"' in result.out
    assert "line 2: thumbs: found" in optimizer("status", "--json").out


def test_a_file_of_bad_rows_only_is_an_error(optimizer: Run, said: Write) -> None:
    result = optimizer("ingest", "feedback", said({"request_id": "q"}))
    assert result.code == 2
    assert "row: found nothing said" in result.out


def test_one_bad_row_is_an_error_where_all_is_asked_for(optimizer: Run, said: Write) -> None:
    words = said({"request_id": "q", "thumbs": 1}, {"request_id": "q", "thumbs": "?"})
    assert optimizer("ingest", "feedback", words, "--strict").code == 2
    assert "No feedback is stored" in optimizer("feedback").out


def test_a_scale_is_asked_for_and_taken(optimizer: Run, said: Write) -> None:
    words = said({"request_id": "q", "rating": 7})
    refused = optimizer("ingest", "feedback", words)
    assert refused.code == 2
    assert "--rating-scale MIN:MAX" in refused.out
    assert optimizer("ingest", "feedback", words, "--rating-scale", "0:10").code == 0
    wrong = optimizer("ingest", "feedback", words, "--rating-scale", "ten")
    assert wrong.code == 2
    assert "--rating-scale: 'ten', expected two numbers as 0:10" in wrong.err


def test_other_words_under_a_stored_id_need_replace(optimizer: Run, said: Write) -> None:
    assert optimizer("ingest", "feedback", said({"id": 1, "task_id": "t", "thumbs": 1})).code == 0
    changed = said({"id": 1, "task_id": "t", "thumbs": -1}, name="changed.jsonl")
    assert optimizer("ingest", "feedback", changed).code == 2
    result = optimizer("ingest", "feedback", changed, "--replace", "--json")
    assert (result.code, result.json["items"][0]["n_replaced"]) == (0, 1)


def test_feedback_is_read_from_standard_input(optimizer: Run) -> None:
    row = json.dumps({"request_id": "q", "thumbs": "up"})
    assert optimizer("ingest", "feedback", "-", stdin=row).code == 0


def test_no_file_and_a_missing_file_are_answered(optimizer: Run) -> None:
    assert "no file is named" in optimizer("ingest", "feedback").err
    missing = optimizer("ingest", "feedback", "nowhere.jsonl")
    assert missing.code == 2
    assert "nowhere.jsonl" in missing.err + missing.out


@pytest.mark.parametrize("options", [("--strict",), ("--rating-scale", "0:10")])
def test_options_of_feedback_are_refused_for_runs(
    optimizer: Run, run_file: Write, options: tuple[str, ...]
) -> None:
    result = optimizer("ingest", run_file(), *options)
    assert result.code == 2
    assert f"{options[0]}: is for files of feedback" in result.err


def test_options_of_run_files_are_refused_for_feedback(optimizer: Run, said: Write) -> None:
    words = said({"task_id": "t0", "thumbs": 1})
    result = optimizer("ingest", "feedback", words, "--from", "native")
    assert result.code == 2
    assert "--from: is for files of runs" in result.err


def test_a_run_file_called_feedback_is_a_run_file(optimizer: Run, run_file: Write) -> None:
    run_file(name="feedback")
    assert optimizer("ingest", "feedback").out.startswith("stored 1 run")


def test_where_no_retry_was_ever_told_their_rate_is_unknown(
    optimizer: Run, run_file: Write, said: Write
) -> None:
    optimizer("ingest", run_file())
    optimizer("ingest", "feedback", said({"task_id": "t0", "thumbs": "up"}))
    (variant,) = optimizer("feedback", "--json").json["variants"]
    assert variant["retried"] == {"n_tasks": 0, "mean": None, "low": None, "high": None}
    optimizer("ingest", "feedback", said({"task_id": "t1", "retry": False}, name="more.jsonl"))
    (variant,) = optimizer("feedback", "--json").json["variants"]
    assert (variant["retried"]["n_tasks"], variant["retried"]["mean"]) == (4, 0.0)


def test_of_a_variant_that_nobody_spoke_of_nothing_is_known(
    optimizer: Run, run_file: Write, said: Write
) -> None:
    silent = {"run_id": "r2", "metadata": {"prompt_variant": "v2"}}
    assert optimizer("ingest", run_file(), run_file("other.json", **silent)).code == 0
    optimizer("ingest", "feedback", said({"task_id": "t0", "run_id": "r1", "retry": True}))
    spoken, silent = optimizer("feedback", "-w", "wf", "--json").json["variants"]
    assert spoken["retried"]["mean"] == 0.25
    assert (silent["n_tasks"], silent["n_told"], silent["retried"]["mean"]) == (4, 0, None)


def test_a_workflow_without_feedback_says_so(optimizer: Run, run_file: Write) -> None:
    optimizer("ingest", run_file())
    result = optimizer("feedback", "-w", "wf")
    assert result.out.startswith("No feedback is stored of this.")
    assert "optimizer ingest feedback FILE" in result.out
    unknown = optimizer("feedback", "-w", "nope")
    assert unknown.code == 2
    assert "workflow 'nope': not in this history" in unknown.err


def test_what_users_write_is_shown_harmless(
    optimizer: Run, run_file: Write, said: Write, tmp_path: Path
) -> None:
    optimizer("ingest", run_file())
    words = said({"task_id": "t0", "comment": "a\x00b\x1b[2J<script>alert(1)</script> | x"})
    assert optimizer("ingest", "feedback", words).code == 0
    assert optimizer("feedback", "-o", "out.html", "-o", "out.md").code == 0
    assert "\x1b" not in optimizer("feedback").out
    assert "<script>alert" not in (tmp_path / "out.html").read_text()


def test_help_names_feedback_files(optimizer: Run) -> None:
    assert "optimizer ingest feedback thumbs.jsonl" in optimizer("ingest", "--help").out
    assert "Example: optimizer feedback --workflow wf_001" in optimizer("feedback", "--help").out
