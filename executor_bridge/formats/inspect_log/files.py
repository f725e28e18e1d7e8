"""The two files of an Inspect AI log: an archive (`.eval`) and one JSON object (`.json`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from msgspec import Raw, Struct

from executor_bridge.files.archive import Archive
from executor_bridge.formats.inspect_log.header import Header
from executor_bridge.formats.inspect_log.samples import Sample
from executor_bridge.formats.inspect_log.usage import Usage
from executor_bridge.json_text import shown
from executor_bridge.lenient import Skipped, decoded, rows
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source

HEADER, START, SUMMARIES = "header.json", "_journal/start.json", "summaries.json"
JOURNAL = re.compile(r"_journal/summaries/(\d+)\.json$")
SAMPLE = re.compile(r"samples/[^/]+(?:/sample)?\.json$")


OPENED_BYTES = 64 * 2**20
"""How large samples are opened for the tokens that summaries of old logs do not tell."""


class _Whole(Header):
    """A log with its samples."""

    samples: list[Raw] | None = None


class _Validity(Struct):
    """Which sample it is, and whether somebody declared it void."""

    id: int | str
    epoch: int = 1
    invalidation: dict[str, Raw] | None = None


class _Used(Struct):
    """Which sample it is, and what it used: what summaries of old logs do not tell."""

    id: int | str
    epoch: int = 1
    model_usage: dict[str, Usage] | None = None
    role_usage: dict[str, Usage] | None = None
    total_time: float | None = None
    working_time: float | None = None
    started_at: str | None = None
    completed_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log as it was read.

    Attributes:
        source: The file.
        header: All but its samples.
        samples: Those that count, each once.
        n_found: How many the file holds, those left out and those that cannot be read included.
        n_invalidated: How many were left out because somebody declared them void.
        is_crashed: Whether its end was never written.
        is_unopened: Whether tokens stand only in samples that are too large to be opened.
    """

    source: Source
    header: Header
    samples: list[Sample]
    n_found: int
    n_invalidated: int
    is_crashed: bool = False
    is_unopened: bool = False


def log_of(source: Source, settings: IngestSettings, skipped: Skipped) -> Log:
    """Return the log in a file.

    Raises:
        FormatError: The file is damaged, or has no samples.
    """
    return _archived(source, settings, skipped) if source.is_packed else _plain(source, skipped)


def _plain(source: Source, skipped: Skipped) -> Log:
    whole = decoded(source.content, _Whole, source)
    if not whole.samples:
        raise _without_samples(whole, source)
    texts = ((f"samples[{n}]", raw) for n, raw in enumerate(whole.samples))
    n_before = len(skipped.faults)
    samples = _latest(sample for _, sample in rows(texts, Sample, skipped, is_text=False))
    valid = [sample for sample in samples if sample.invalidation is None]
    return Log(
        source=source,
        header=whole,
        samples=valid,
        n_found=len(samples) + len(skipped.faults) - n_before,
        n_invalidated=len(samples) - len(valid),
    )


def _without_samples(header: Header, source: Source) -> FormatError:
    """Return the error for a log that holds none, with what became of its run."""
    why = f" ({shown(header.error.message)})" if header.error else ""
    found = f"none; its status is {shown(header.status)}{why}"
    hint = "Logs written with --no-log-samples or dumped with --header-only have no samples."
    fault = Fault(place="samples", found=found, expected="at least one sample")
    return FormatError(source.path, (fault,), hint=hint)


def _archived(source: Source, settings: IngestSettings, skipped: Skipped) -> Log:
    """Return the log in an archive, of which head and summaries are read and no samples."""
    archive = Archive(source, settings)
    is_crashed = HEADER not in archive.members
    first = START if is_crashed else HEADER
    if first not in archive.members:
        fault = Fault(place=HEADER, found=None, expected=f"it, or {START} of a run that crashed")
        raise FormatError(source.path, (fault,))
    header = decoded(archive.read(first), Header, source, place=first)
    n_before = len(skipped.faults)
    summaries = rows(_summaries(archive, source), Sample, skipped, is_text=False)
    samples = _latest(sample for _, sample in summaries)
    if not samples and len(skipped.faults) == n_before:
        raise _without_samples(header, source)
    void = _void(archive, source) if header.invalidated else frozenset()
    valid = [sample for sample in samples if sample.key() not in void]
    is_wanting = _lacks_usage(header, valid)
    is_unopened = is_wanting and _n_bytes_of_samples(archive) > OPENED_BYTES
    if is_wanting and not is_unopened:
        _add_usage(valid, archive, source)
    return Log(
        source=replace(source, n_redacted=source.n_redacted + archive.n_redacted),
        header=header,
        samples=valid,
        n_found=len(samples) + len(skipped.faults) - n_before,
        n_invalidated=len(samples) - len(valid),
        is_crashed=is_crashed,
        is_unopened=is_unopened,
    )


def _summaries(archive: Archive, source: Source) -> Iterator[tuple[str, Raw]]:
    """Yield the summaries with their places: all of them together, else those of the journal."""
    names = [SUMMARIES]
    if SUMMARIES not in archive.members:
        numbered = [
            (int(found[1]), found[0]) for found in map(JOURNAL.match, archive.members) if found
        ]
        names = [name for _, name in sorted(numbered)]
    if not names:
        expected = f"it, or _journal/summaries of a run that crashed ({_hint(archive)})"
        raise FormatError(source.path, (Fault(place=SUMMARIES, found=None, expected=expected),))
    for name in names:
        for n, raw in enumerate(decoded(archive.read(name), list[Raw], source, place=name)):
            yield f"{name}[{n}]", raw


def _hint(archive: Archive) -> str:
    n = sum(bool(SAMPLE.match(name)) for name in archive.members)
    return f"{n} samples are there: `inspect log convert` writes the log anew"


def _void(archive: Archive, source: Source) -> frozenset[tuple[str, int]]:
    """Return which samples were declared void: only the samples themselves say so."""
    return frozenset(
        (str(one.id), one.epoch)
        for name in archive.members
        if SAMPLE.match(name)
        for one in [decoded(archive.read(name), _Validity, source, place=name)]
        if one.invalidation is not None
    )


def _lacks_usage(header: Header, samples: list[Sample]) -> bool:
    """Tell whether a run used tokens of which its summaries say nothing."""
    is_used = header.stats is not None and bool(header.stats.model_usage)
    return is_used and all(one.model_usage is None for one in samples)


def _n_bytes_of_samples(archive: Archive) -> int:
    return sum(one.n_bytes for name, one in archive.members.items() if SAMPLE.match(name))


def _add_usage(samples: list[Sample], archive: Archive, source: Source) -> None:
    """Add what samples used to their summaries."""
    by_key = {sample.key(): sample for sample in samples}
    for name in filter(SAMPLE.match, archive.members):
        used = decoded(archive.read(name), _Used, source, place=name)
        summary = by_key.get((str(used.id), used.epoch))
        if summary is not None:
            for field in _Used.__struct_fields__[2:]:
                setattr(summary, field, getattr(used, field))


def _latest(samples: Iterator[Sample]) -> list[Sample]:
    """Return samples without those that were written again later, after a retry."""
    return list({sample.key(): sample for sample in samples}.values())
