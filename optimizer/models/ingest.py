"""Settings of reading and keeping files, and what became of an ingest."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from optimizer.models.dataclass import dataclass
from optimizer.models.failures import FailureKind, FailurePattern
from optimizer.models.settings import Field, Settings, after

UTC = "UTC"
REFUSE = "refuse"
"""Value of `assume_timezone` that refuses times without a zone."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


def _known_zone(name: str) -> str:
    if name in (REFUSE, UTC):
        return name
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - start-up time

    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"must be {REFUSE} or a time zone such as UTC or Europe/Berlin") from error
    return name


Regex = Annotated[str, after(_compiles)]
Zone = Annotated[str, after(_known_zone)]


class FailurePatternSettings(Settings):
    """A text in an error message that tells what went wrong."""

    reason: Annotated[str, Field(min_length=1)]
    """Short name of the cause, for instance `tool_error`."""

    kind: FailureKind
    """Class it belongs to: timeout, api, validation, llm or unclassified."""

    pattern: Regex
    """Regular expression, searched in the message without regard to case."""


class TableSettings(Settings):
    """What the columns of a kind of table mean."""

    map: Annotated[dict[str, str], Field(min_length=1)]
    """For each field its column, as in `--map FIELD=COLUMN`: `{ case_id = "question_id" }`."""

    columns: tuple[str, ...] = ()
    """Columns that such a table is recognized by. Default: all that are mapped."""


class IngestSettings(Settings):
    """How result files are read."""

    format: str | None = None
    """Name of the files' format; see `optimizer formats`. Default: told from their content."""

    assume_timezone: Zone = UTC
    """Zone of times that carry none: a name such as `UTC` or `Europe/Berlin`, or `refuse`."""

    max_faults: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many faults of one file are listed."""

    max_unpack_ratio: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """How many times as large as a compressed file its content may be."""

    unpack_free_bytes: Annotated[int, Field(ge=0, le=2**40)] = 64_000_000
    """Size of an unpacked content up to which any ratio is accepted."""

    redact: bool = True
    """Whether secrets (keys, tokens, passwords) are blanked before anything is stored."""

    redact_patterns: tuple[Regex, ...] = ()
    """Regular expressions of further secrets to blank."""

    failure_patterns: tuple[FailurePatternSettings, ...] = ()
    """Texts that tell the class of a failure, tried before the built-in ones."""

    trust_statistics: bool = False
    """Whether statistics that contradict a file's own tasks are accepted."""

    score: str | None = None
    """Scorer whose word is the score, if there are several. Default: the tool's overall score."""

    pass_score: Annotated[float, Field(ge=0, le=1)] | None = None
    """Score that passes, where the tool does not say. Default: 1 if all scores are 0, 0.5 or 1."""

    workflow: Annotated[str, Field(min_length=1)] | None = None
    """Workflow of the runs in files of other tools. Default: what the tool calls the evaluation."""

    price: bool = False
    """Whether a cost that is not recorded is derived from tokens; it is marked as derived."""

    prices: Path | None = None
    """Price table for that, a YAML or JSON file. Default: the package genai-prices."""

    ci: bool = True
    """Whether commit, branch and pull request that a file leaves out are those of the CI job."""

    map: dict[str, str] = {}  # noqa: RUF012 - never changed
    """What the columns of a table mean, by field, as `--map FIELD=COLUMN` says it."""

    tables: dict[str, TableSettings] = {}  # noqa: RUF012 - never changed
    """Saved mappings of tables by name; a table that only one of them fits is read by it."""

    table: str | None = None
    """The saved mapping that a table is read by. Default: the only one that fits."""

    def patterns(self) -> tuple[FailurePattern, ...]:
        """Return the user's failure patterns as records."""
        return tuple(
            FailurePattern(reason=p.reason, kind=p.kind, pattern=p.pattern)
            for p in self.failure_patterns
        )


class FileStatus(StrEnum):
    """What became of one file."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    REJECTED = "rejected"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one file of an ingest.

    Attributes:
        path: The file as the user named it.
        status: What became of it.
        run_ids: The runs in it that were stored or already there.
        n_tasks: Tasks written.
        n_redacted: Secrets blanked.
        warnings: What a reader should know.
        reason: Why it was rejected, or None.
        hint: What to try, or None.
    """

    path: str
    status: FileStatus
    run_ids: tuple[str, ...] = ()
    n_tasks: int = 0
    n_redacted: int = 0
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    hint: str | None = None
