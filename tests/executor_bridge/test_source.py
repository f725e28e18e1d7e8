from __future__ import annotations

import errno
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
from executor_bridge.files.source import PIECE_BYTES, load
from optimizer.models.errors import FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import redact

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


def test_a_secret_of_several_lines_in_a_long_plain_text_is_not_cut_in_two(tmp_path):
    key = ["-----BEGIN PRIVATE KEY-----", *["c2VjcmV0" * 8] * 20, "-----END PRIVATE KEY-----"]
    line = "fine, and nothing but fine\n"
    before = line * ((PIECE_BYTES - 700) // len(line))
    text = before + "\n".join(key) + "\n" + line * 400_000
    assert text.index("BEGIN PRIVATE") < PIECE_BYTES < text.index("END PRIVATE")
    path = tmp_path / "notes.csv"
    path.write_text(text)
    loaded = load(str(path), SETTINGS)
    assert b"c2VjcmV0" not in loaded.content[:]
    assert loaded.content[:].count(line.encode()) == text.count(line)
    assert loaded.n_redacted == 1


def test_patterns_of_the_user_are_searched_everywhere_in_a_plain_text():
    content = b'id,note\n1,ACME-12 "ACME-13"\n2,[redacted] ACME-14\n'
    blanked = redact(content, [r"ACME-\d+"], is_json=False)
    assert blanked.n_redacted == 3
    assert b"ACME" not in blanked.content


def test_a_device_is_refused_for_it_may_never_end():
    with pytest.raises(FormatError, match="found a device, expected a file that comes to an end"):
        load("/dev/zero", IngestSettings())


def test_what_is_compressed_twice_is_told(native):
    twice = gzip.compress(gzip.compress(b"{}"))
    assert "found a compressed file in a compressed file" in str(native.refused(twice))


def test_a_full_temporary_folder_is_told_from_a_file_that_cannot_be_read(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "run.json").write_text("{}")
    monkeypatch.setattr("executor_bridge.files.source.spooled", full)
    with pytest.raises(FormatError, match="expected room for the file") as caught:
        load(str(tmp_path / "run.json"), SETTINGS)
    assert "TMPDIR" in caught.value.hint
