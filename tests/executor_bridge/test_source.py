from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
from pathlib import Path

import pytest
import zstandard

from executor_bridge import read
from executor_bridge.files import unpacking
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings

SETTINGS = IngestSettings()


@pytest.fixture
def content(native):
    return json.dumps(native.run()).encode()


@pytest.mark.parametrize(
    "pack",
    [
        lambda content: content,
        gzip.compress,
        zstandard.compress,
        lambda content: gzip.compress(content[:99]) + gzip.compress(content[99:]) + b"\0" * 9,
        lambda content: zstandard.compress(content[:99]) + zstandard.compress(content[99:]),
    ],
    ids=["plain", "gzip", "zstd", "gzip in two members", "zstd in two frames"],
)
def test_compression_is_told_by_content_not_by_name(tmp_path, content, pack):
    path = tmp_path / "run.txt"
    path.write_bytes(pack(content))
    loaded = read(str(path), SETTINGS).source
    assert loaded.content == content
    assert loaded.sha256 == hashlib.sha256(content).hexdigest()
    assert (loaded.path, loaded.n_bytes, loaded.n_redacted) == (str(path), len(content), 0)


def test_compressed_standard_input_is_read(content):
    packed = io.BytesIO(gzip.compress(content))
    assert read("-", SETTINGS, stdin=packed).source.content == content


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_compressed_data_that_breaks_off_is_refused(tmp_path, content, pack):
    path = tmp_path / "run.json.gz"
    path.write_bytes(pack(os.urandom(9999))[:-5])
    with pytest.raises(FormatError, match="found compressed data that breaks off"):
        read(str(path), SETTINGS)


@pytest.mark.parametrize("magic", [unpacking.GZIP_MAGIC, unpacking.ZSTD_MAGIC])
def test_damaged_compression_is_refused(tmp_path, magic):
    path = tmp_path / "run.json"
    path.write_bytes(magic + b"\xff" * 99)
    with pytest.raises(FormatError, match="found damaged data, expected gzip or zstd data"):
        read(str(path), SETTINGS)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_file_that_unpacks_further_than_it_may_is_refused(tmp_path, native, pack):
    path = tmp_path / "run.json"
    path.write_bytes(pack(json.dumps(native.run()).encode() + b" " * 1_000_000))
    n_packed = path.stat().st_size
    strict = IngestSettings(unpack_free_bytes=10_000, max_unpack_ratio=2)
    found = rf"file: found more than 10000 bytes packed into {n_packed}, expected at most 2 times"
    with pytest.raises(FormatError, match=found) as error:
        read(str(path), strict)
    assert error.value.hint == "Raise ingest.max_unpack_ratio if you trust the file."
    for changes in ({"unpack_free_bytes": 1_010_000}, {"max_unpack_ratio": 1_010_000 // n_packed}):
        assert read(str(path), strict.model_copy(update=changes)).runs


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(FormatError, match=r"nowhere\.json: file: found no such file or directory"):
        read("nowhere.json", SETTINGS)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(FormatError, match="found is a directory, expected a file that can be read"):
        read(str(tmp_path), SETTINGS)


def test_secrets_are_blanked_unless_told_otherwise(tmp_path, native):
    secret = "sk-" + "a1" * 12
    content = json.dumps(native.run(metadata={"note": f"with {secret}"})).encode()
    path = tmp_path / "run.json"
    path.write_bytes(content)
    redacted = read(str(path), SETTINGS)
    assert redacted.source.n_redacted == 1
    assert secret.encode() not in redacted.source.content
    assert json.loads(redacted.runs[0].header.metadata) == {"note": "with [redacted]"}
    assert redacted.source.sha256 == hashlib.sha256(content).hexdigest()
    assert redacted.source.n_bytes == len(content)
    assert read(str(path), IngestSettings(redact=False)).source.content == content


def test_the_faults_name_the_file_as_the_user_did(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.json").write_text('{"task_results": []}')
    with pytest.raises(FormatError, match=r"^bad\.json: run_id: expected"):
        read("bad.json", SETTINGS)
