from __future__ import annotations

import json

import pytest

from executor_bridge import read
from executor_bridge.files.spool import spooled
from optimizer.models.ingest import IngestSettings


def line(n=0, **changes):
    row = {
        "provider": {"id": "openai:chat:gpt", "label": "", "config": {"temperature": 0.5}},
        "prompt": {"raw": f"Capital of c{n}?", "label": "Capital of {{ country }}?"},
        "vars": {"country": f"c{n}"},
        "response": {"output": f"answer {n}"},
        "success": True,
        "failureReason": 0,
        "score": 1,
        "promptIdx": 0,
        "testIdx": n,
        "testCase": {"vars": {"country": f"c{n}"}},
        "promptId": "abc",
    }
    return row | changes


def text(*rows, end="\n"):
    return end.join(json.dumps(row) for row in rows).encode()


def test_the_columns_of_the_lines_are_runs(native):
    rows = [line(0), line(0, promptIdx=2, prompt={"raw": "c0", "label": "other"}), line(1)]
    runs = native.reading(text(*rows)).runs
    assert [run.header.run_id.partition("#")[2] for run in runs] == ["p0", "p2"]
    assert [run.header.n_tasks for run in runs] == [2, 1]
    assert runs[0].header.tool == "promptfoo_jsonl"


def test_one_line_is_a_file(native):
    assert len(native.rows(text(line()))) == 1


def test_lines_of_windows_and_blank_lines_are_read(native):
    content = text(line(0), line(1), end="\r\n\r\n")
    assert len(native.rows(content)) == 2


def test_a_line_that_breaks_off_is_skipped_and_counted(native):
    reading = native.reading(text(line(0), line(1))[:-30])
    assert reading.skipped[0].place.startswith("line 2")
    (run,) = reading.runs
    assert run.header.n_tasks == 1
    assert any("1 row was skipped" in warning for warning in run.header.warnings)


def test_a_file_of_broken_lines_is_refused(native):
    rows = [{**line(), "success": "yes"}] * 2
    assert native.faults(text(*rows))[0].startswith("line 1.success")


def test_the_label_is_the_prompt_where_variables_put_in_make_it(native):
    (row,) = native.rows(text(line()))
    assert row.variant.prompt == "Capital of {{ country }}?"
    assert json.loads(row.variant.parameters) == {"api": "chat", "temperature": 0.5}


def test_a_label_of_the_user_stands_for_a_prompt_that_is_not_there(native):
    (run,) = native.reading(text(line(prompt={"raw": "Capital of c0?", "label": "short"}))).runs
    (row,) = run.tasks
    assert (row.variant.prompt, row.variant.label) == (None, "short")
    assert any("texts of prompts are not in this file" in w for w in run.header.warnings)


def test_the_time_is_that_of_the_file_and_says_so(native):
    assert "when it ran is not recorded" in native.header(text(line())).warnings[0]


def test_a_first_line_of_any_length_is_recognized(native):
    long = {"raw": "x" * 100_000, "label": "long"}
    assert len(native.rows(text(line(0, prompt=long), line(1, prompt=long)))) == 2


def test_lines_without_a_column_are_told_apart_by_label_and_provider(native):
    rows = [line(0), line(0, provider="other"), line(1)]
    for row in rows:
        del row["promptIdx"]
    assert [run.header.n_tasks for run in native.reading(text(*rows)).runs] == [2, 1]


def test_a_file_that_is_not_held_in_memory_tells_the_same(native, monkeypatch):
    content = text(*(line(n, promptIdx=n % 3) for n in range(30)))
    kept = native.reading(content)
    monkeypatch.setattr("executor_bridge.formats.promptfoo.runs.KEPT_BYTES", 0)
    monkeypatch.setattr(
        "executor_bridge.files.source.spooled", lambda pieces: spooled(pieces, memory_bytes=10)
    )
    mapped = native.reading(content)
    assert [list(run.tasks) for run in mapped.runs] == [list(run.tasks) for run in kept.runs]
    assert [run.header for run in mapped.runs] == [run.header for run in kept.runs]


@pytest.fixture
def samples(root):
    folder = root / "sample_runs" / "promptfoo"
    if not folder.is_dir():
        pytest.skip("sample_runs/promptfoo is not here")
    return folder


def told(path):
    runs = read(str(path), IngestSettings()).runs
    return [sorted(row.status for row in run.tasks) for run in runs]


def test_all_forms_of_one_evaluation_tell_the_same(samples):
    first, *others = (
        told(path) for path in sorted(samples.glob("out.*")) if "junit" not in path.name
    )
    assert others
    assert all(other == first for other in others)
