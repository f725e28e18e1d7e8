from __future__ import annotations

import gzip

import pytest

from executor_bridge import BRIDGES, read
from executor_bridge.models import RunExecutionResult
from optimizer.models.errors import ConfigError
from optimizer.models.ingest import IngestSettings

SETTINGS = IngestSettings()


def test_names_of_bridges_are_unique():
    names = [bridge.name for bridge in BRIDGES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("bridge", BRIDGES, ids=lambda bridge: bridge.name)
def test_every_bridge_describes_its_format(bridge):
    notes = bridge.notes
    assert bridge.wants
    assert notes.summary
    assert notes.versions
    assert notes.carried_over
    assert notes.lost


@pytest.mark.parametrize("bridge", BRIDGES, ids=lambda bridge: bridge.name)
def test_the_example_of_every_bridge_can_be_read(bridge, native):
    reading = native.reading(bridge.notes.example.encode())
    assert reading.runs
    assert all(run.header.tool == bridge.name for run in reading.runs)


def test_a_bridge_can_be_named(native):
    assert native.reading(native.run(), bridge="native").runs


def test_a_misspelt_bridge_is_answered_with_the_nearest(native):
    with pytest.raises(
        ConfigError, match="--from nativ: unknown format, expected one of native, "
    ) as caught:
        native.reading(native.run(), bridge="nativ")
    assert caught.value.hint == "Did you mean `native`?"


def facts(path):
    """Return what is read from a file, and what the executor's own model makes of it."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return read(str(path), SETTINGS), RunExecutionResult.from_json(content)


def assert_same_story(path):
    reading, told = facts(path)
    (run,) = reading.runs
    header, rows, statistics = run.header, list(run.tasks), told.statistics
    assert (header.run_id, header.workflow_id) == (told.run_id, told.workflow_id)
    assert header.n_tasks == len(rows) == statistics.total_tasks
    assert (header.started_at, header.finished_at) == (told.started_at, told.finished_at)
    assert header.warnings == ()
    for status, count in (
        ("succeeded", statistics.succeeded_tasks),
        ("failed", statistics.failed_tasks),
        ("timeout", statistics.timeout_tasks),
        ("cancelled", statistics.cancelled_tasks),
        ("error", statistics.error_tasks),
    ):
        assert sum(row.status == status for row in rows) == count
    unknown = told.metadata.get("unknown_fields", [])
    if "tokens_used" not in unknown:
        assert sum(row.tokens or 0 for row in rows) == statistics.total_tokens
    if "cost" in unknown:
        assert all(row.cost_usd is None for row in rows)
    else:
        cost_usd = sum(row.cost_usd or 0 for row in rows)
        assert cost_usd == pytest.approx(statistics.total_cost)
    if "execution_time" in unknown:
        assert all(row.latency_ms is None for row in rows)
    else:
        seconds = sum(row.latency_ms or 0 for row in rows) / 1000
        assert seconds == pytest.approx(statistics.total_execution_time)
    assert all(row.case_source == "given" for row in rows)
    assert len({row.variant.variant_id for row in rows}) == 1
    labels = {task.test_result.prompt_variant for task in told.task_results if task.test_result}
    assert {row.variant.label for row in rows} == labels
    assert rows[0].variant.model == told.metadata["model"]
    assert reading.source.n_redacted == 0
    assert told.from_json(told.to_json()) == told


@pytest.mark.parametrize("name", ["sentiment-clear", "sentiment-few_shot", "sentiment-vague"])
def test_a_native_sample_tells_its_story(root, name):
    assert_same_story(root / "sample_runs" / "native" / f"{name}.json")


def test_real_runs_of_others_tell_their_story(shared_runs):
    files = sorted([*shared_runs.rglob("*.json"), *shared_runs.rglob("*.json.gz")])
    assert len(files) == 32
    for path in files:
        assert_same_story(path)


def test_a_mapping_is_refused_where_a_file_is_said_to_be_no_table(native):
    with pytest.raises(ConfigError, match="--from junit: its files have no columns"):
        native.reading(b"<testsuite/>", bridge="junit", map={"case_id": "name"})
