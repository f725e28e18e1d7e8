"""Files that a command writes: the format by the ending, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import note
from cli.payload import as_json
from cli.writing.endings import CSV, JSON, PICTURES, TABLES, ending, folder_of
from optimizer.models.errors import ConfigError

if TYPE_CHECKING:
    from cli.payloads import Payload
    from optimizer.models.data_tables import DataTable
    from reports.document import Document

Writer = Callable[[Path], None]
"""Writes a file that is not there yet."""


def write_reports(
    paths: Sequence[Path],
    document: Document,
    payload: Payload,
    tables: Sequence[DataTable] = (),
    *,
    own: Mapping[str, Callable[[], str]] | None = None,
) -> None:
    """Write a report to files, each in the format of its ending: all of them, or none.

    Args:
        paths: The files.
        document: What a person reads.
        payload: The same for machines.
        tables: The same as rows, the main table first.
        own: What makes the text of an ending otherwise than of the document.

    Raises:
        ConfigError: One cannot be written, or its format cannot hold this report.
    """
    picture = next((path for path in paths if ending(path) in PICTURES), None)
    writers: list[tuple[Path, Writer]] = []
    for path in paths:
        if own and ending(path) in own:
            writers.append((path, _content(own[ending(path)]())))
        elif ending(path) in TABLES:
            writers += _table_writers(path, tables)
        else:
            writers.append((path, _report_writer(path, document, payload, picture=picture)))
    _require_own_files([path for path, _ in writers])
    write_all(writers)
    for path, _ in writers:
        note(f"wrote {path}")


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        ConfigError: It cannot be written; what was there is as it was.
    """
    write_pieces(path, [content.encode() if isinstance(content, str) else content])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all, as its pieces come.

    Raises:
        ConfigError: It cannot be written; what was there is as it was.
    """
    write_all([(path, partial(_write, pieces))])


def write_all(writers: Sequence[tuple[Path, Writer]]) -> None:
    """Write files, each beside its place first; none takes its place before all are whole.

    A link stays a link: the file that it leads to is written.

    Raises:
        ConfigError: One cannot be written; what was there is as it was.
    """
    staged: list[tuple[Path, Path, Path]] = []
    try:
        for i, (path, write) in enumerate(writers):
            target = Path(os.path.realpath(path))
            beside = target.parent / f".{os.getpid()}-{i}.part"
            staged.append((path, beside, target))
            with _told_of(path, target.parent):
                write(beside)
                _settle(beside, target)
        for path, beside, target in staged:
            with _told_of(path, target.parent):
                beside.replace(target)
    finally:
        for _, beside, _ in staged:
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def _report_writer(
    path: Path, document: Document, payload: Payload, *, picture: Path | None
) -> Writer:
    if ending(path) == JSON:
        return _content(as_json(payload))
    from reports.render.files import render

    beside = None if picture is None else _relative(picture, path)
    return _content(render(document, ending(path), picture=beside))


def _table_writers(path: Path, tables: Sequence[DataTable]) -> Iterator[tuple[Path, Writer]]:
    """Yield a file for each table: the first of the name said, the others named after it."""
    if not tables:
        raise ConfigError(f"{path}: this report has no table to write")
    first, *others = tables
    yield path, _table_writer(path, first)
    for table in others:
        beside = path.with_name(f"{path.stem}-{table.name}{path.suffix}")
        yield beside, _table_writer(path, table)


def _table_writer(path: Path, table: DataTable) -> Writer:
    if ending(path) == CSV:
        from reports.render.csv import csv_text

        return _content(csv_text(table))
    from optimizer.history.table_file import write_parquet

    return partial(write_parquet, table)


def _content(text: str | bytes) -> Writer:
    return partial(_write, [text.encode() if isinstance(text, str) else text])


def _write(pieces: Iterable[bytes], path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def _settle(beside: Path, target: Path) -> None:
    """Have a file on the disk, with the permissions of the one whose place it takes."""
    if target.exists():
        beside.chmod(target.stat().st_mode & 0o7777)
    with beside.open("rb") as file:
        os.fsync(file.fileno())


def _relative(picture: Path, path: Path) -> str:
    """Return a path as seen from the folder of another file."""
    return Path(os.path.relpath(picture, path.parent)).as_posix()


def _require_own_files(paths: Sequence[Path]) -> None:
    """Refuse files that further tables and other formats would share."""
    real = [os.path.realpath(path) for path in paths]
    for path, name in zip(paths, real, strict=True):
        if real.count(name) > 1:
            raise ConfigError(f"{path}: a further table goes there, expected another name")


@contextmanager
def _told_of(path: Path, folder: Path) -> Iterator[None]:
    """Tell what the system said of a file that cannot be written."""
    try:
        yield
    except FileNotFoundError as error:
        if folder.is_dir():
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
        named = folder_of(path, folder)
        raise ConfigError(
            f"{path}: cannot be written: there is no folder {named}",
            hint=f"Make it first: mkdir -p {named}",
        ) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error
