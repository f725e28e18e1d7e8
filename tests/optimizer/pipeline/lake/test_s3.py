from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from optimizer.history import queries
from optimizer.history.lake import committed_parts
from optimizer.history.lakes.compacting import compact
from optimizer.history.lakes.settings import LakeSettings
from optimizer.history.lakes.status import lake_status
from optimizer.history.store import open_history, read_history
from optimizer.models.errors import ConfigError, HistoryError, NoHistoryError

s3fs = pytest.importorskip("s3fs")
server = pytest.importorskip("moto.server")

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
LAKE = "s3://bucket/some/lake"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    service = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    service.start()
    host, port = service.get_host_and_port()
    yield f"http://{host}:{port}"
    service.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-a-test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    files = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    files.mkdir("bucket")
    yield files
    files.rm("bucket", recursive=True)


@pytest.mark.slow
def test_a_lake_on_s3_holds_what_a_history_of_the_same_files_holds(
    tmp_path: Path,
    bucket: Any,
    native: Callable[..., str],
    publish_files: Callable[..., list[Any]],
    contents: Callable[..., Any],
    contents_stored: Any,
) -> None:
    paths = [native(tmp_path, f"r{i}", "+-t", day=1 + i % 2) for i in range(3)]
    assert {one.status for one in publish_files(paths, LAKE)} == {"stored"}
    assert {one.status for one in publish_files(paths, LAKE)} == {"unchanged"}
    stored = contents_stored(paths, tmp_path / "history.duckdb")
    assert contents(LAKE) == stored
    assert committed_parts(LAKE)["runs"][0].files[0].startswith(f"{LAKE}/runs/day=2026-03-01/")

    at_once = LakeSettings(grace_s=0, leftover_age_s=0)
    done = compact(LAKE, at_once, now=datetime.now(UTC) + timedelta(seconds=5))
    assert (done.lake, done.n_days, done.n_merged) == (LAKE, 1, 2)
    assert contents(LAKE) == stored
    assert len(bucket.find("bucket/some/lake/tasks")) == 2

    new = native(tmp_path, "r1", "++++", day=2)
    (refused,) = publish_files([new], LAKE)
    assert refused.status == "rejected"
    assert [one.status for one in publish_files([new], LAKE, replace=True)] == ["replaced"]
    with read_history(Path(LAKE), lock_timeout_s=1) as history:
        found = {run.run_id: run.n_succeeded for run in queries.runs(history)}
    assert found == {"r0": 1, "r1": 4, "r2": 1}
    assert lake_status(LAKE).n_runs == 3


@pytest.mark.usefixtures("bucket")
def test_a_prefix_without_marks_is_no_lake(contents: Callable[..., Any]) -> None:
    with pytest.raises(NoHistoryError, match=f"{LAKE}: there is no lake here"):
        contents(LAKE)


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_named(
    tmp_path: Path, native: Callable[..., str], publish_files: Callable[..., list[Any]]
) -> None:
    with pytest.raises(HistoryError, match="s3://nowhere/lake: cannot be used"):
        publish_files([native(tmp_path, "r1")], "s3://nowhere/lake")


def test_a_service_that_does_not_answer_is_named(
    contents: Callable[..., Any], bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(HistoryError, match=f"{LAKE}: cannot be used"):
        contents(LAKE)
    monkeypatch.undo()
    assert bucket


def test_without_the_extra_it_says_what_to_install(contents: Callable[..., Any]) -> None:
    with (
        mock.patch.dict("sys.modules", {"s3fs": None}),
        pytest.raises(ConfigError, match="s3fs is not installed"),
    ):
        contents(LAKE)


def test_a_lake_on_s3_is_not_written_as_a_history() -> None:
    with (
        pytest.raises(HistoryError, match=f"{LAKE}: a lake, which commands only read"),
        open_history(Path(LAKE), lock_timeout_s=1, now=NOW),
    ):
        pass
