from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from executor_bridge import BRIDGES, expand, read
from executor_bridge.files.source import load
from executor_bridge.heads import heads
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings

SAMPLES = Path(__file__).parents[2] / "sample_runs"
SETTINGS = IngestSettings()
VARIANTS = ("vague", "clear", "few_shot")
NOT_RESULTS = {"scores.jsonl"}
"""Scores without the tasks they are of: recognized, and refused with what to do."""

FILES = [
    path
    for path in sorted(SAMPLES.rglob("*"))
    if path.is_file() and path.suffix != ".md" and "make" not in path.relative_to(SAMPLES).parts
]
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SAMPLES)))

Told = Counter[tuple[str, str, str]]
"""How often each case ended in each state under each variant."""


def claimants(path):
    source = load(str(path), SETTINGS)
    for head in heads(source):
        found = [bridge.name for bridge in BRIDGES if bridge.recognizes(head, SETTINGS)]
        if found:
            return found
    return []


@every_file
def test_a_sample_is_claimed_by_exactly_one_bridge(path):
    assert len(claimants(path)) == 1


@every_file
def test_a_sample_is_claimed_by_the_bridge_that_reads_it(path):
    if path.name in NOT_RESULTS:
        with pytest.raises(FormatError) as caught:
            read(str(path), SETTINGS)
        assert caught.value.hint
        return
    reading = read(str(path), SETTINGS)
    assert {run.header.tool for run in reading.runs} == set(claimants(path))
    assert reading.skipped == ()
    assert all(run.header.n_tasks == len(list(run.tasks)) for run in reading.runs)


def native_story() -> Told:
    return story(*sorted((SAMPLES / "native").glob("*.json")))


def story(*paths: Path) -> Told:
    told: Told = Counter()
    for path in paths:
        for run in read(str(path), SETTINGS).runs:
            for row in run.tasks:
                told[variant(path, run, row), case(row), row.status] += 1
    return told


def variant(path, run, row):
    words = f"{row.variant.label} {run.header.run_id} {run.header.workflow_id} {path.name}"
    found = [name for name in VARIANTS if re.search(rf"(?<![a-z]){name}(?![a-z])", words)]
    if found:
        return found[0]
    (column,) = re.findall(r"prompt (\d)", words)[:1]
    return VARIANTS[int(column) - 1]


def case(row):
    named = re.search(r"review-\d{3}", row.case_id)
    if named:
        return named[0]
    return f"review-{int(row.case_id.rpartition('.')[2]) + 1:03}"


TOLD = {
    "promptfoo JSON": ["promptfoo/out.json.gz"],
    "promptfoo YAML": ["promptfoo/out.yaml.gz"],
    "promptfoo JSONL": ["promptfoo/out.jsonl"],
    "promptfoo CSV": ["promptfoo/out.csv"],
    "promptfoo JUnit XML": ["promptfoo/out.junit.xml"],
    "Inspect, zstd": ["inspect/sentiment-*.eval"],
    "Inspect JSON": ["inspect/sentiment-*.json.gz"],
    "deepeval": ["deepeval/sentiment-*/*.json"],
    "pydantic-evals": ["pydantic_evals/sentiment-*.json"],
    "OpenAI evals": ["openai_evals/*.jsonl"],
    "pytest": ["junit/*.xml"],
    "OpenTelemetry": ["otel/*.jsonl"],
    "Langfuse experiment items": ["langfuse/experiment-items.json"],
}


def files(patterns):
    found = [path for pattern in patterns for path in sorted(SAMPLES.glob(pattern))]
    return [path for path in found if "deflate" not in path.name]


@pytest.mark.parametrize("patterns", TOLD.values(), ids=list(TOLD))
def test_every_tool_tells_the_story_of_the_native_run(patterns):
    assert story(*files(patterns)) == native_story()


def test_lm_eval_tells_the_first_reply_of_each_case():
    first: Told = Counter()
    for path in sorted((SAMPLES / "native").glob("*.json")):
        for run in read(str(path), SETTINGS).runs:
            for row in run.tasks:
                if row.repeat == 0:
                    first[row.variant.label, row.case_id, row.status] += 1
    assert story(*sorted(SAMPLES.glob("lm_eval/*/samples_*.jsonl"))) == first
    assert story(*sorted(SAMPLES.glob("lm_eval/*/results_*.json"))) == first


def test_deflate_and_zstd_hold_the_same():
    one, other = (
        read(str(SAMPLES / "inspect" / name), SETTINGS)
        for name in ("sentiment-clear.eval", "sentiment-clear.deflate.eval")
    )
    assert list(one.runs[0].tasks) == list(other.runs[0].tasks)


@pytest.mark.parametrize("patterns", TOLD.values(), ids=list(TOLD))
def test_each_run_has_sixty_cases_twice(patterns):
    for path in files(patterns):
        for run in read(str(path), SETTINGS).runs:
            rows = list(run.tasks)
            repeats = Counter(row.repeat for row in rows)
            assert len({row.case_id for row in rows}) == 60
            assert len({row.task_id for row in rows}) == len(rows)
            assert set(repeats.values()) == {60}


def test_a_folder_of_samples_is_read_whole():
    assert set(map(str, FILES)) <= set(expand([str(SAMPLES)]))


@pytest.mark.parametrize(
    "name",
    [
        *("promptfoo/out.jsonl", "promptfoo/trouble.json", "promptfoo/out.csv"),
        *("pydantic_evals/sentiment-clear.json", "inspect/sentiment-clear.eval"),
        *("openai_evals/sentiment-clear-1.jsonl", "junit/sentiment-clear.xml"),
        *("deepeval/trouble/test_run_20261121_183544.json", "langfuse/experiment-items.json"),
        "otel/spans.jsonl",
    ],
)
def test_a_scorer_that_is_not_there_is_missed_aloud(root, name):
    reading = read(str(root / "sample_runs" / name), IngestSettings(score="nobody"))
    for run in reading.runs:
        warnings = "\n".join(run.header.warnings)
        assert 'no task has a score called "nobody"; there are: ' in warnings
