"""What an export says of itself, and whether its files are what it says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from optimizer.history.store import SCHEMA_VERSION
from optimizer.history.tables import TABLES
from optimizer.models.errors import HistoryError

MANIFEST = "manifest.json"
FORMAT = "optimizer store export"
FORMAT_VERSION = 1
BLOCK = 2**20
"""Bytes that are hashed at once."""

ANOTHER_COPY = "Take another copy of the export, or export again."

Count = Annotated[int, msgspec.Meta(ge=0)]


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an export."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+(-[0-9]+)?\.parquet$")]
    n_rows: Count
    n_bytes: Count
    sha256: str


class ExportedTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of an export; its rows are those of its files, in their order."""

    table: str
    n_rows: Count
    files: tuple[ExportedFile, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an export holds."""

    format: str
    format_version: int
    program: str
    schema_version: int
    exported_at: str
    tables: tuple[ExportedTable, ...]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write what an export holds into its folder."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (folder / MANIFEST).write_bytes(text + b"\n")


def read_manifest(folder: Path, name: Path) -> Manifest:
    """Return what an export holds, after a look at every byte of it.

    Args:
        folder: Where its files are.
        name: What the user calls it.

    Raises:
        HistoryError: It is damaged, or not one that this program can read.
    """
    place = name / MANIFEST
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise HistoryError(
            f"{name}: there is no {MANIFEST} in it, expected an export of 'optimizer store export'",
            hint="Name the folder or the .tar that the export was written to.",
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise HistoryError(
            f"{place}: {error}, expected what 'optimizer store export' writes", hint=ANOTHER_COPY
        ) from error
    _require_readable(found, place)
    _require_tables(found, place)
    for table in found.tables:
        for file in table.files:
            _require_whole(folder / file.name, file, name / file.name)
    return found


def sha256_of(path: Path) -> str:
    """Return the hash of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def _require_readable(found: Manifest, place: Path) -> None:
    if found.format != FORMAT:
        raise HistoryError(f"{place}: format is {found.format!r}, expected {FORMAT!r}")
    if found.format_version > FORMAT_VERSION or found.schema_version > SCHEMA_VERSION:
        raise HistoryError(
            f"{place}: program {found.program} wrote it with schema version "
            f"{found.schema_version} and format version {found.format_version}, expected at most "
            f"{SCHEMA_VERSION} and {FORMAT_VERSION}",
            hint="Update this program: a newer one wrote the export.",
        )
    if found.schema_version < SCHEMA_VERSION:
        raise HistoryError(
            f"{place}: schema version is {found.schema_version}, expected {SCHEMA_VERSION}",
            hint=f"Import it with program {found.program}, then run 'optimizer store migrate'.",
        )


def _require_tables(found: Manifest, place: Path) -> None:
    listed = [table.table for table in found.tables]
    expected = [table.name for table in TABLES]
    if sorted(listed) != sorted(expected):
        wrong = ", ".join(sorted({*listed} ^ {*expected})) or "one is listed twice"
        raise HistoryError(
            f"{place}: tables are not those of the schema: {wrong}", hint=ANOTHER_COPY
        )


def _require_whole(path: Path, file: ExportedFile, name: Path) -> None:
    """Refuse a file that is not what was written."""
    if not path.is_file():
        raise HistoryError(f"{name}: is missing, expected {file.n_rows:,} rows", hint=ANOTHER_COPY)
    n_bytes = path.stat().st_size
    if n_bytes != file.n_bytes:
        raise HistoryError(
            f"{name}: has {n_bytes:,} bytes, expected {file.n_bytes:,}", hint=ANOTHER_COPY
        )
    sha256 = sha256_of(path)
    if sha256 != file.sha256:
        raise HistoryError(
            f"{name}: sha256 is {sha256[:12]}..., expected {file.sha256[:12]}...",
            hint=ANOTHER_COPY,
        )
