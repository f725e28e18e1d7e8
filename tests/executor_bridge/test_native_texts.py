from __future__ import annotations

import hashlib
import json

import pytest

from executor_bridge import BRIDGES

NAMES = ", ".join(bridge.name for bridge in BRIDGES)
WANTED = [f"{bridge.name}: expected {bridge.wants}" for bridge in BRIDGES]


def as_line(run):
    return json.dumps(run).encode()


def test_an_empty_file_is_refused(native):
    assert native.faults(b"") == ["line 1: found nothing, expected the results of a test run"]


def test_a_blank_file_is_refused(native):
    assert native.faults(b" \n\t\n") == [
        "line 1: found only white space, expected the results of a test run"
    ]


def test_a_file_that_is_not_json_is_refused(native):
    error = native.refused(b"hello")
    assert [str(fault) for fault in error.faults] == [
        f"format: found a text that is no JSON, XML, YAML or table, expected one of: {NAMES}",
        *WANTED,
    ]
    assert error.hint == "Name its format with --from."


def test_the_results_of_another_tool_are_refused_with_what_was_found(native):
    content = {"answers": {"run_id": "x", "task_results": []}, "topic": 1}
    assert native.faults(content) == [
        f"format: found a JSON object with answers, topic, expected one of: {NAMES}",
        *WANTED,
    ]


def test_a_list_is_refused(native):
    (first, *_) = native.faults([native.run()])
    assert first.startswith("format: found a JSON list of objects with run_id, workflow_id, ")


def test_a_list_read_as_native_by_force_is_refused(native):
    assert native.faults([native.run()], bridge="native") == [
        "the outermost value: found a list, expected an object, the run"
    ]


def test_text_read_as_native_by_force_is_refused(native):
    assert native.faults(b"hello", bridge="native") == [
        'line 1, column 1: found "hello", expected a value'
    ]


def test_damaged_json_that_no_format_claims_is_called_damaged(native):
    assert native.faults(b'{"evalId": 1,, }')[0].startswith("line 1, column 14: found")


@pytest.mark.parametrize("indent", [None, 1])
def test_a_file_that_breaks_off_says_where(native, indent):
    whole = json.dumps(native.run(), indent=indent)
    for at in (len(whole) // 3, len(whole) // 2, len(whole) - 1):
        cut = whole[:at].rstrip()
        line, column = cut.count("\n") + 1, len(cut) - cut.rfind("\n")
        (fault,) = native.refused(cut.encode()).faults
        assert fault.place == f"line {line}, column {column}"
        assert fault.found == "the end of the text"


def test_a_wrong_character_says_where_and_what(native):
    content = json.dumps(native.run(), indent=1).replace('"w",', '"w";', 1)
    assert native.faults(content.encode()) == [
        'line 3, column 20: found ";", expected a comma or a closing bracket'
    ]


def test_runs_may_stand_one_to_a_line(native):
    lines = [as_line(native.run(run_id=f"r{n}")) for n in range(3)]
    content = lines[0] + b"\n\n" + lines[1] + b"\r\n" + lines[2]
    reading = native.reading(content)
    assert [run.header.run_id for run in reading.runs] == ["r0", "r1", "r2"]
    assert [run.header.place for run in reading.runs] == [1, 3, 4]
    assert [len(list(run.tasks)) for run in reading.runs] == [3, 3, 3]
    assert [run.header.content_sha256 for run in reading.runs] == [
        hashlib.sha256(line).hexdigest() for line in lines
    ]


def test_the_only_run_of_a_file_has_the_hash_of_the_file(native):
    content = json.dumps(native.run(), indent=1).encode() + b"\n"
    reading = native.reading(content)
    assert reading.source.sha256 == hashlib.sha256(content).hexdigest()
    assert reading.runs[0].header.content_sha256 == reading.source.sha256


def test_every_line_is_looked_at_for_faults(native):
    good = as_line(native.run(run_id="r0"))
    bad = as_line(native.run(native.task(test_result=native.result(cost=-1)), run_id="r1"))
    content = b"\n".join([good, bad, b"[]", good[:40]])
    assert native.faults(content) == [
        "line 2: task_results[0].test_result.cost: found -1, expected a number from 0 to 10^12",
        "line 3: the outermost value: found a list, expected an object, the run",
        "line 4, column 41: found the end of the text, expected the closing quote of a text",
    ]


def test_a_damaged_first_line_does_not_hide_the_others(native):
    bad = as_line(native.run(native.task(task_status="x"), run_id="r1"))
    first, second = native.faults(as_line(native.run())[:-30] + b"\n" + bad)
    assert first.startswith("line 1, column ")
    assert second.startswith("line 2: task_results[0].task_status: ")


def test_two_runs_of_one_id_in_a_file_are_refused(native):
    line = as_line(native.run())
    assert native.faults(line + b"\n" + line) == [
        'line 2: run_id: found "r" as in line 1, expected an id used only once'
    ]


def test_bytes_that_are_not_utf8_are_counted_from_the_start_of_the_file(native):
    line = as_line(native.run())
    content = line + b"\n" + as_line(native.run(run_id="r2")).replace(b'"r2"', b'"r\xff"')
    assert f"byte {content.index(0xFF)}: found 0xff, expected text in UTF-8" in native.faults(
        content
    )


def test_a_run_may_be_spread_over_lines(native):
    for indent in (0, 1, 4):
        assert len(native.rows(json.dumps(native.run(), indent=indent).encode())) == 3


def test_a_byte_order_mark_is_no_fault(native):
    assert len(native.rows(b"\xef\xbb\xbf" + as_line(native.run()))) == 3


def test_fields_may_come_in_any_order(native):
    run = native.run(*[native.task(n) for n in range(60)])
    assert len(native.rows(dict(reversed(run.items())))) == 60


def test_ids_that_stand_behind_a_long_start_are_still_seen(native):
    run = {"metadata": {"note": "x" * 40_000}} | native.run()
    assert len(native.rows(run)) == 3
