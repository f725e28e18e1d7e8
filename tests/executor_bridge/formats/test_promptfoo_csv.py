from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.models.tasks import CaseSource

BESIDE = ("Status", "Score", "Named Scores", "Grader Reason", "Comment")


def table(*rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def newer(*rows, columns=("[openai:gpt] short",), first=("country",)):
    head = [*first]
    for column in columns:
        head += [column, *BESIDE]
    return table(head, *rows)


def told(status="PASS", output="Paris", score="1.00", named="", reason=""):
    return [output, status, score, named, reason, ""]


def test_each_column_of_outputs_is_a_run(native):
    columns = ("[openai:gpt] short", "[openai:gpt] long")
    text = newer(["France", *told(), *told("FAIL", score="0.00")], columns=columns)
    first, second = native.reading(text).runs
    assert [row.status for run in (first, second) for row in run.tasks] == ["succeeded", "failed"]
    (row,) = first.tasks
    assert (row.variant.label, row.variant.provider, row.variant.model) == (
        "short",
        "openai",
        "gpt",
    )
    assert json.loads(row.inputs) == {"country": "France"}
    assert json.loads(row.outputs) == {"output": "Paris"}
    assert (row.cost_usd, row.tokens, row.latency_ms) == (None, None, None)


def test_an_error_has_no_score_and_may_be_a_timeout(native):
    text = newer(
        ["a", *told("ERROR", "", "0.00")],
        ["b", *told("ERROR", "Evaluation timed out after 9ms", "0.00")],
    )
    rows = native.rows(text)
    assert [(row.status, row.score) for row in rows] == [("error", None), ("timeout", None)]


def test_metrics_and_named_scores_are_kept_by_name(native):
    head = ["q", "[p] l", "Status", "Score", "Named Scores", "Metric: tone", *BESIDE[3:]]
    text = table(head, ["a", "out", "PASS", "0.75", '{"tone":0.5,"length":1}', "0.51", "ok", ""])
    (row,) = native.rows(text)
    assert {s.name: s.value for s in row.origin.scores} == {"tone": 0.51, "length": 1.0}
    assert native.rows(text, score="length")[0].score == 1.0


def test_descriptions_belong_to_the_case_and_repeats_are_numbered(native):
    text = newer(
        ["d1", "x", *told()],
        ["d1", "x", *told()],
        ["d2", "x", *told()],
        first=("Description", "country"),
    )
    rows = native.rows(text)
    assert [row.repeat for row in rows] == [0, 1, 0]
    assert len({row.case_id for row in rows}) == 2


def test_a_cell_without_a_status_is_no_result(native):
    columns = ("[a] x", "[b] x")
    text = newer(["1", *told(), *[""] * 6], ["2", *told(), *told()], columns=columns)
    assert [run.header.n_tasks for run in native.reading(text).runs] == [2, 1]


def test_tables_of_old_hold_all_in_one_cell(native):
    reason = "Expected Rome"
    prompt = {
        "raw": "Capital of {{country}}?",
        "provider": "Haiku: T-0.0",
        "id": "i",
        "metrics": {"testPassCount": 1, "testFailCount": 1, "cost": 0.1},
    }
    text = table(
        ["country", json.dumps(prompt)],
        ["France", "[PASS] (1.00)\n\nParis\n\nPass Reason: All assertions passed"],
        [
            "Italy",
            f"[FAIL] (0.50, tone: 0.20)\n\n{reason}\n---\nMilan\n\nFail Reason: {reason}",
        ],
    )
    (run,) = native.reading(text).runs
    first, second = run.tasks
    assert (first.status, first.score, json.loads(first.outputs)) == (
        "succeeded",
        1.0,
        {"output": "Paris"},
    )
    assert (second.status, second.error_message) == ("failed", "Expected Rome")
    assert json.loads(second.outputs) == {"output": "Milan"}
    assert [(s.name, s.value) for s in second.origin.scores] == [("tone", 0.2)]
    assert first.variant.prompt == prompt["raw"]
    assert "counted" not in " ".join(run.header.warnings)


def test_tables_of_old_with_plain_heads_are_known_by_their_cells(native):
    text = table(["q", "[openai:gpt] a label"], ["1", "[ERROR] (0.00)\n\nboom"])
    (row,) = native.rows(text)
    assert (row.status, row.error_message, row.variant.label) == ("error", "boom", "a label")


def test_cells_that_were_kept_from_being_formulas_are_as_they_were(native):
    (row,) = native.rows(newer(["'=1+1", *told(output="'-x")]))
    assert json.loads(row.inputs) == {"country": "=1+1"}
    assert json.loads(row.outputs) == {"output": "-x"}


def test_tests_without_variables_are_known_by_position_only(native):
    (run,) = native.reading(newer(told(), told(), first=())).runs
    assert run.header.pairable is False
    assert {row.case_source for row in run.tasks} == {CaseSource.TASK}


def test_a_truncated_table_counts_what_is_lost(native):
    text = newer(["a", *told()], ["b", *told(output="long\nanswer")])
    reading = native.reading(text[:-20])
    assert len(reading.skipped) == 1
    assert reading.runs[0].header.n_tasks == 1


def test_a_table_without_rows_is_refused(native):
    assert native.faults(newer()) == ["file: found no tasks, expected at least one task"]


def test_red_team_columns_say_what_success_means(native):
    text = table(["q", "[p] l", *BESIDE, "pluginId", "strategyId"], ["a", *told(), "x", "basic"])
    assert any("red-team" in warning for warning in native.header(text).warnings)


@pytest.mark.parametrize("content", ["a|b", "a\nb", "\x1b[31m", "<b>", 'say "x"', "x" * 2**20])
def test_cells_may_hold_anything(native, content):
    (row,) = native.rows(newer([content, *told(output=content)]))
    assert json.loads(row.inputs) == {"country": content}
    assert json.loads(row.outputs) == {"output": content}


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=9).filter(
    lambda text: not text.startswith("'")
)


@given(
    rows=st.lists(
        st.tuples(CELLS, CELLS, st.sampled_from(["PASS", "FAIL"])), min_size=1, max_size=5
    )
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_written_is_read(native, rows):
    found = native.rows(newer(*([q, *told(status, answer)] for q, answer, status in rows)))
    names = {"PASS": "succeeded", "FAIL": "failed"}
    assert [row.status for row in found] == [names[status] for *_, status in rows]
    for row, (question, answer, _) in zip(found, rows, strict=True):
        assert json.loads(row.inputs) == {"country": question}
        assert json.loads(row.outputs or '{"output": ""}') == {"output": answer}
