"""What every bridge offers: it recognizes a file, reads it, and describes its format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Source


class Shape(StrEnum):
    """What the text of a file is, judged by its beginning."""

    OBJECT = "object"
    """A JSON object, or one to a line."""

    LIST = "list"
    """A JSON list."""

    TEXT = "text"
    """Anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a bridge may look at to recognize a file.

    Attributes:
        path: The file as the user named it.
        start: Its first bytes, uncompressed.
        shape: What the text is.
        keys: Field names of the first object, outermost level, as far as they were seen.
    """

    path: str
    start: bytes
    shape: Shape
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatNotes:
    """What a user should know of a format.

    Attributes:
        summary: What it is, in one line.
        versions: Versions it was written for.
        carried_over: What becomes of its fields.
        lost: What is not kept.
        example: A short file in this format.
    """

    summary: str
    versions: str
    carried_over: tuple[str, ...]
    lost: tuple[str, ...]
    example: str


class Bridge(Protocol):
    """Reads the result files of one tool.

    Attributes:
        name: What `--from` calls it.
        wants: What a file must have to be recognized, in a few words.
        notes: What a user should know of the format.
    """

    name: ClassVar[str]
    wants: ClassVar[str]
    notes: ClassVar[FormatNotes]

    def recognizes(self, head: Head) -> bool:
        """Tell whether a file is in this format."""
        ...

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the runs of a file.

        Raises:
            FormatError: The file is damaged; the error lists what is wrong and where.
        """
        ...
