from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from executor_bridge import read
from optimizer.history.settings import StoreSettings
from optimizer.models.ingest import IngestSettings
from optimizer.pipeline.ingest import IngestJob, ingest

SAMPLES = sorted((Path(__file__).parents[3] / "sample_runs" / "native").glob("*.json"))


def test_each_file_is_told_of_when_it_is_ready_before_any_is_stored(tmp_path: Path) -> None:
    seen: list[str | int] = []
    job = IngestJob(
        store=tmp_path / "history.duckdb",
        settings=StoreSettings(),
        replace=False,
        keep_going=False,
        actor="a",
        now=datetime(2026, 3, 1, tzinfo=UTC),
        told=seen.append,
    )
    for outcome in ingest(list(map(str, SAMPLES)), lambda path: read(path, IngestSettings()), job):
        seen.append(outcome.status.value)
    assert seen == [120, 120, 120, "stored", "stored", "stored"]
