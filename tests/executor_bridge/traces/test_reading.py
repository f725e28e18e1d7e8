from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from executor_bridge.traces import read_trace
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.requests import Trace

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "traces"
AZURE = SHARED / "azure_llm_2023_code.csv"
MOONCAKE = SHARED / "mooncake_conversation_first2000.jsonl"

Read = Callable[..., Trace]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(content: str | bytes, name: str = "trace.csv", **settings: Any) -> Trace:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_trace(str(path), IngestSettings(**settings))

    return reading


def jsonl(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.skipif(not AZURE.exists(), reason="no shared data on this platform")
def test_the_azure_trace_is_read_whole() -> None:
    trace = read_trace(str(AZURE))
    requests = trace.requests
    assert (trace.layout, len(requests), trace.warnings) == ("azure", 8819, ())
    assert requests.at_s[:3].tolist() == pytest.approx([0, 0.052, 0.098189])
    assert requests.tokens_in[:2].tolist() == [4808, 3180]
    assert requests.tokens_out[:2].tolist() == [10, 8]
    assert set(requests.key.tolist()) == {-1}
    assert requests.blocks is None


@pytest.mark.skipif(not MOONCAKE.exists(), reason="no shared data on this platform")
def test_the_mooncake_trace_is_read_whole() -> None:
    trace = read_trace(str(MOONCAKE))
    rows = [json.loads(line) for line in MOONCAKE.read_text().splitlines()]
    requests = trace.requests
    assert (trace.layout, len(requests), trace.block_tokens) == ("mooncake", 2000, 512)
    assert requests.blocks is not None
    assert requests.block_ends is not None
    assert requests.blocks.tolist() == [block for row in rows for block in row["hash_ids"]]
    assert np.diff(requests.block_ends, prepend=0).tolist() == [len(r["hash_ids"]) for r in rows]
    assert requests.at_s[-1] == rows[-1]["timestamp"] / 1000


def test_newer_azure_traces_carry_a_zone(read: Read) -> None:
    trace = read(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2024-05-10 00:00:00+00:00,2162,5\n"
        "2024-05-10 02:00:00.250000+02:00,2399,6\n"
    )
    assert trace.layout == "azure"
    assert trace.requests.at_s.tolist() == [0, 0.25]


def test_bailian_times_are_seconds_and_its_blocks_hold_16_tokens(read: Read) -> None:
    row = {"parent_chat_id": -1, "output_length": 5, "type": "text", "turn": 1}
    trace = read(
        jsonl(
            {"chat_id": 1, "timestamp": 0.5, "input_length": 47, "hash_ids": [1, 2, 3], **row},
            {"chat_id": 2, "timestamp": 2.0, "input_length": 17, "hash_ids": [1, 9], **row},
        )
    )
    assert (trace.layout, trace.block_tokens) == ("bailian", 16)
    assert trace.requests.at_s.tolist() == [0, 1.5]
    assert trace.requests.task_types == ("text",)
    assert "turn" in trace.ignored


def test_a_table_of_anybody_is_read_by_the_names_of_its_columns(read: Read) -> None:
    trace = read(
        "at,prompt,output,tokens_in,tokens_out,latency_s,cost,tenant,priority,deadline_ms,status\n"
        "2026-03-01T12:00:00Z,hi,yo,1,2,0.5,0.01,a,high,900,succeeded\n"
        "2026-03-01T12:00:01Z,hi,yo!,1,2,,,b,,,429\n"
        "2026-03-01T12:00:02Z,ho,yo,1,2,1,0,a,1,,failed\n"
    )
    found = trace.requests
    assert trace.layout == "table"
    assert found.key.tolist() == [0, 0, 1]
    assert found.answer.tolist() == [0, 1, 0]
    assert found.texts == ("hi", "hi", "ho")
    assert found.latency_ms[[0, 2]].tolist() == [500, 1000]
    assert math.isnan(found.latency_ms[1])
    assert math.isnan(found.cost_usd[1])
    assert found.cost_usd[2] == 0
    assert found.priority.tolist() == [3, 2, 1]
    assert found.tenants == ("a", "b")
    assert found.tenant.tolist() == [0, 1, 0]
    assert found.throttled.tolist() == [False, True, False]
    assert found.failed.tolist() == [False, True, False]
    assert found.ok[0] == 1
    assert math.isnan(found.ok[1])
    assert found.ok[2] == 0
    assert found.deadline_ms[0] == 900


def test_equal_inputs_of_two_variants_have_different_keys(read: Read) -> None:
    trace = read(
        jsonl(
            {"at": 0, "input": {"b": 1, "a": 2}, "model": "x"},
            {"at": 1, "input": {"a": 2, "b": 1}, "model": "x"},
            {"at": 2, "input": {"a": 2, "b": 1}, "model": "y"},
        )
    )
    assert trace.requests.key.tolist() == [0, 0, 1]


def test_what_looks_like_a_secret_is_read_as_it_stands(read: Read) -> None:
    trace = read("at,key,api_key\n0,sk-a1B2c3D4e5F6g7H8a1B2c3D4e5F6g7H8,x\n1,sk-other,x\n")
    assert trace.requests.key.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("column", "first", "second", "apart"),
    [
        ("timestamp", 0, 1.5, 1.5),
        ("timestamp_ms", 0, 1500, 1.5),
        ("at_us", 10, 1_500_010, 1.5),
        ("timestamp", 1_772_366_400, 1_772_366_401.5, 1.5),
        ("timestamp", 1_772_366_400_000, 1_772_366_401_500, 1.5),
        ("ts_ms", 1_772_366_400_000, 1_772_366_401_500, 1.5),
        ("timestamp_ns", 1_772_366_400_000_000_000, 1_772_366_401_500_000_000, 1.5),
    ],
)
def test_times_are_seconds_whatever_they_were_counted_in(
    read: Read, column: str, first: float, second: float, apart: float
) -> None:
    trace = read(jsonl({column: first}, {column: second}), "t.jsonl")
    assert trace.requests.at_s.tolist() == pytest.approx([0, apart], abs=1e-6)


def test_a_clock_that_goes_backwards_is_sorted_and_counted(read: Read) -> None:
    trace = read("at,key\n5,a\n3,b\n5,c\n4,d\n")
    assert trace.requests.at_s.tolist() == [0, 1, 2, 2]
    assert trace.requests.key.tolist() == [0, 1, 2, 3]
    assert trace.warnings == (
        "the clock goes backwards 2 times in 4 rows: they were put in order of time",
    )
    assert read("at,n\n5,a\n3,b\n5,c\n4,d\n").ignored == ("n",)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.csv.zst"])
def test_packed_traces_are_unpacked(read: Read, name: str) -> None:
    plain = b"at,tokens_in\n0,5\n1,6\n"
    if name.endswith(".zst"):
        zstandard = pytest.importorskip("zstandard")
        packed = zstandard.ZstdCompressor().compress(plain)
    else:
        packed = gzip.compress(plain)
    assert read(packed, name).requests.tokens_in.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("noon,5,ok", 'line 3: at: found "noon", expected a time, such as 2026-03-01T12:00:00Z'),
        (",5,ok", 'line 3: at: found "", expected a time'),
        ("1,-5,ok", 'line 3: tokens_in: found "-5", expected a whole number of 0 or more'),
        ("1,5.5,ok", 'line 3: tokens_in: found "5.5", expected a whole number'),
        ("1,many,ok", 'line 3: tokens_in: found "many", expected a number'),
        ("1,5", "line 3: found 2 cells, expected 3, as there are columns"),
        ("2026-03-01,5,ok", 'line 3: at: found "2026-03-01", expected seconds since the start, '),
    ],
)
def test_a_row_that_cannot_be_read_is_left_out_by_line_field_and_reason(
    read: Read, row: str, said: str
) -> None:
    trace = read(f"at,tokens_in,status\n0,4,ok\n{row}\n2,6,ok\n")
    assert trace.requests.tokens_in.tolist() == [4, 6]
    assert trace.warnings[0].startswith(f"1 row was skipped, the first because of {said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "file: found nothing, expected a trace"),
        ("at,key\n", "file: found no requests, expected at least one request"),
        ("key,input\na,b\n", "line 1: found the columns key, input, expected a column of times, "),
        ("at,key\nx,a\ny,b\n", 'line 2: at: found "x", expected a time'),
        ('{"timestamp": 0, "hash_ids": "a"}\n', 'hash_ids: found "a", expected a list of whole'),
        ('{"timestamp": 0, "hash_ids": [0.5]}\n', "hash_ids: found a list, expected a list of "),
        ('{"at": 0\n{"at": 1\n', "line 1"),
        ("at;key\n2101-01-01T00:00:00Z;a\n", "expected a time from 2000 to 2099"),
    ],
)
def test_a_file_without_a_request_is_refused(read: Read, content: str, said: str) -> None:
    with pytest.raises(FormatError) as refused:
        read(content)
    assert "trace.csv: " in str(refused.value)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match=r"nowhere\.csv: file: found no such file"):
        read_trace("nowhere.csv")


def test_times_without_a_zone_are_refused_where_that_is_asked_for(read: Read) -> None:
    with pytest.raises(FormatError, match="a time with its zone"):
        read("at\n2026-03-01T12:00:00\n", assume_timezone="refuse")


def test_times_with_and_without_a_zone_are_told(read: Read) -> None:
    trace = read("at\n2026-03-01T12:00:00\n2026-03-01T12:00:01Z\n")
    assert trace.warnings == ("1 of 2 times carry no zone: UTC is taken",)


def test_block_sizes_that_do_not_go_with_the_lengths_are_unknown(read: Read) -> None:
    rows = ({"at": 0, "input_length": 100, "hash_ids": [1, 2]},)
    assert read(jsonl(*rows)).block_tokens == 64
    odd = (*rows, {"at": 1, "input_length": 1000, "hash_ids": [1, 2]})
    assert read(jsonl(*odd)).block_tokens is None
