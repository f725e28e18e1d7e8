from __future__ import annotations

import csv
import gzip
import io
import json
import re
import struct
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
import zstandard

SAMPLES = Path(__file__).parents[2] / "sample_runs"
VARIANTS = ("vague", "clear", "few_shot")
ZSTD_METHOD = 93
LOCAL_HEADER_BYTES = 30

Json = dict[str, Any]
Call = tuple[str, str, int]
Told = dict[Call, tuple[bool, str | None]]


def text_of(path: str) -> str:
    content = (SAMPLES / path).read_bytes()
    return (gzip.decompress(content) if path.endswith(".gz") else content).decode()


def json_of(path: str) -> Any:
    return json.loads(text_of(path))


def lines_of(path: str) -> list[Json]:
    return [json.loads(line) for line in text_of(path).splitlines()]


def native() -> Told:
    return {
        (variant, task["metadata"]["case_id"], task["metadata"]["repeat"]): (
            task["task_status"] == "succeeded",
            task["test_result"]["outputs"]["text"],
        )
        for variant in VARIANTS
        for task in json_of(f"native/sentiment-{variant}.json")["task_results"]
    }


NATIVE = native()
CASES = {row["text"]: row["case_id"] for row in lines_of("make/cases.jsonl")}


def counted(rows: list[tuple[str, str, bool, str | None]]) -> Told:
    seen: dict[tuple[str, str], int] = defaultdict(int)
    told: Told = {}
    for variant, case_id, passed, reply in rows:
        told[variant, case_id, seen[variant, case_id]] = passed, reply
        seen[variant, case_id] += 1
    return told


def promptfoo_rows(rows: list[Json]) -> Told:
    return counted(
        [
            (
                row["prompt"]["label"],
                row["testCase"]["metadata"]["testCaseId"],
                row["success"],
                row["response"]["output"],
            )
            for row in sorted(rows, key=lambda row: row["testIdx"])
        ]
    )


def promptfoo_csv() -> Told:
    header, *rows = csv.reader(io.StringIO(text_of("promptfoo/out.csv"), newline=""))
    starts = [place for place, name in enumerate(header) if name.startswith("[")]
    return counted(
        [
            (header[place].rsplit(maxsplit=1)[1], row[0], row[place + 1] == "PASS", row[place])
            for row in rows
            for place in starts
        ]
    )


def promptfoo_junit() -> Told:
    return counted(
        [
            (
                VARIANTS[int(test.attrib["classname"][-1]) - 1],
                test.attrib["name"].split(": ")[1],
                len(test) == 0,
                None,
            )
            for test in ElementTree.fromstring(text_of("promptfoo/out.junit.xml")).iter("testcase")
        ]
    )


def members_of(path: Path) -> dict[str, bytes]:
    content = path.read_bytes()
    members = {}
    with zipfile.ZipFile(path) as log:
        for member in log.infolist():
            if member.compress_type != ZSTD_METHOD:
                members[member.filename] = log.read(member)
                continue
            lengths = content[member.header_offset + 26 : member.header_offset + 30]
            start = member.header_offset + LOCAL_HEADER_BYTES + sum(struct.unpack("<HH", lengths))
            packed = content[start : start + member.compress_size]
            members[member.filename] = zstandard.decompress(packed, member.file_size)
    return members


def inspect_samples(variant: str, samples: list[Json]) -> Told:
    return {
        (variant, sample["id"], sample["epoch"] - 1): (
            sample["scores"]["first_label"]["value"] == "C",
            sample["output"]["choices"][0]["message"]["content"],
        )
        for sample in samples
    }


def inspect_zipped(ending: str, variants: tuple[str, ...]) -> Told:
    told: Told = {}
    for variant in variants:
        members = members_of(SAMPLES / "inspect" / f"sentiment-{variant}{ending}").items()
        samples = [json.loads(text) for name, text in members if name.startswith("samples/")]
        told |= inspect_samples(variant, samples)
    return told


def inspect_json() -> Told:
    told: Told = {}
    for variant in VARIANTS:
        samples = json_of(f"inspect/sentiment-{variant}.json.gz")["samples"]
        told |= inspect_samples(variant, samples)
    return told


def deepeval() -> Told:
    rows = []
    for path in sorted((SAMPLES / "deepeval").glob("sentiment-*/test_run_*.json")):
        run = json.loads(path.read_text("utf-8"))
        variant = run["identifier"].removeprefix("sentiment-")
        rows += [
            (variant, case["name"], case["success"], case["actualOutput"])
            for case in sorted(run["testCases"], key=lambda case: case["order"])
        ]
    return counted(rows)


def pydantic_evals() -> Told:
    return {
        (variant, case["source_case_name"], int(case["name"][-4]) - 1): (
            case["assertions"]["FirstLabel"]["value"],
            case["output"],
        )
        for variant in VARIANTS
        for case in json_of(f"pydantic_evals/sentiment-{variant}.json")["cases"]
    }


def lm_eval_rows(name: str) -> list[tuple[str, Json]]:
    return [
        (variant, row)
        for variant in VARIANTS
        for path in (SAMPLES / "lm_eval").rglob(f"samples_sentiment_{variant}_*.jsonl")
        for row in map(json.loads, path.read_text("utf-8").splitlines())
        if row["filter"] == name
    ]


def openai_evals() -> Told:
    told: Told = {}
    for path in sorted((SAMPLES / "openai_evals").glob("*.jsonl")):
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        spec = next(line["spec"] for line in lines if "spec" in line)
        variant, repeat = spec["completion_fns"][0].split("/")[1], int(path.stem[-1]) - 1
        for event in lines:
            if event.get("type") == "match":
                case_id = f"review-{int(event['sample_id'].split('.')[-1]) + 1:03}"
                told[variant, case_id, repeat] = event["data"]["correct"], event["data"]["sampled"]
    return told


def pytest_junit() -> Told:
    told: Told = {}
    for variant in VARIANTS:
        root = ElementTree.fromstring(text_of(f"junit/sentiment-{variant}.xml"))
        for test in root.iter("testcase"):
            case_id, repeat = re.findall(r"\[(review-\d+)-(\d)\]", test.attrib["name"])[0]
            told[variant, case_id, int(repeat)] = test.find("failure") is None, None
    return told


def otel() -> Told:
    told: Told = {}
    for line in lines_of("otel/spans.jsonl"):
        for resource in line["resourceSpans"]:
            variant = attributes(resource["resource"])["optimizer.variant_id"]
            for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
                known, (event,) = attributes(span), span["events"]
                (message,) = json.loads(known["gen_ai.output.messages"])
                call = variant, known["optimizer.case_id"], int(known["optimizer.repeat"])
                label = attributes(event)["gen_ai.evaluation.score.label"]
                told[call] = label == "pass", message["parts"][0]["content"]
    return told


def attributes(holder: Json) -> Json:
    return {entry["key"]: next(iter(entry["value"].values())) for entry in holder["attributes"]}


def langfuse_items() -> Told:
    return counted(
        [
            (
                item["experimentName"].removeprefix("sentiment-"),
                item["experimentItemId"],
                item["scores"][0]["value"],
                item["output"],
            )
            for item in sorted(
                json_of("langfuse/experiment-items.json")["data"],
                key=lambda item: item["startTime"],
            )
        ]
    )


def langfuse_export() -> Told:
    scores = {row["observation_id"]: row["value"] for row in lines_of("langfuse/scores.jsonl")}
    return counted(
        [
            (
                row["prompt_name"],
                row["metadata"]["dataset_item_id"],
                bool(scores[row["id"]]),
                row["output"],
            )
            for row in sorted(
                lines_of("langfuse/observations.jsonl"), key=lambda row: row["start_time"]
            )
        ]
    )


WHOLE = {
    "promptfoo json": lambda: promptfoo_rows(
        json_of("promptfoo/out.json.gz")["results"]["results"]
    ),
    "promptfoo jsonl": lambda: promptfoo_rows(lines_of("promptfoo/out.jsonl")),
    "promptfoo yaml": lambda: promptfoo_rows(
        yaml.load(text_of("promptfoo/out.yaml.gz"), yaml.CSafeLoader)["results"]["results"]
    ),
    "promptfoo csv": promptfoo_csv,
    "promptfoo junit": promptfoo_junit,
    "inspect zstd": lambda: inspect_zipped(".eval", VARIANTS),
    "inspect json": inspect_json,
    "deepeval": deepeval,
    "pydantic-evals": pydantic_evals,
    "openai evals": openai_evals,
    "pytest junit": pytest_junit,
    "otel": otel,
    "langfuse items": langfuse_items,
    "langfuse export": langfuse_export,
}


@pytest.mark.parametrize("tool", WHOLE)
def test_tells_the_story_of_the_native_run(tool: str) -> None:
    told = WHOLE[tool]()
    assert {call: passed for call, (passed, _) in told.items()} == {
        call: passed for call, (passed, _) in NATIVE.items()
    }
    assert [call for call, (_, reply) in told.items() if reply not in (None, NATIVE[call][1])] == []


def test_the_deflated_inspect_log_tells_the_story_of_its_variant() -> None:
    told = inspect_zipped(".deflate.eval", ("clear",))
    assert told == {call: found for call, found in NATIVE.items() if call[0] == "clear"}


def test_lm_eval_keeps_both_replies_and_scores_the_first() -> None:
    rows = lm_eval_rows("first")
    assert len(rows) == len(NATIVE) / 2
    for variant, row in rows:
        case_id = row["doc"]["case_id"]
        first, second = NATIVE[variant, case_id, 0], NATIVE[variant, case_id, 1]
        assert row["resps"] == [[first[1], second[1]]]
        assert bool(row["acc"]) == first[0]


def test_lm_eval_scores_both_replies_by_their_mean() -> None:
    rows = lm_eval_rows("both")
    assert len(rows) == len(NATIVE) / 2
    for variant, row in rows:
        case_id = row["doc"]["case_id"]
        assert row["acc"] * 2 == sum(NATIVE[variant, case_id, repeat][0] for repeat in (0, 1))


def test_no_sample_names_the_machine_it_was_made_on() -> None:
    machine = re.compile(rb"/(?:home|root|tmp|Users)/")
    paths = [path for path in SAMPLES.rglob("*") if path.is_file() and "make" not in path.parts]
    assert [path.name for path in paths if machine.search(plain(path))] == []


def plain(path: Path) -> bytes:
    if path.suffix == ".eval":
        return b"".join(members_of(path).values())
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content
