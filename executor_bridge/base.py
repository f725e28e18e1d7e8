"""What every bridge offers: it recognizes a file, reads it, and describes its format."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Protocol

from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Source


class Shape(StrEnum):
    """What a file is, judged by its beginning."""

    OBJECT = "object"
    """A JSON object, or one to a line."""

    LIST = "list"
    """A JSON list."""

    XML = "xml"
    """A text in XML."""

    YAML = "yaml"
    """A text in YAML: a name and a colon on the outermost level."""

    TABLE = "table"
    """A text whose first line is names of columns, separated by commas, semicolons or tabs."""

    ZIP = "zip"
    """A zip archive."""

    PARQUET = "parquet"
    """A Parquet file."""

    TEXT = "text"
    """Anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a bridge may look at to recognize a file.

    Attributes:
        path: The file as the user named it.
        start: Its first bytes, uncompressed.
        shape: What it is.
        keys: The names it begins with, as far as they were seen: fields of the first object on
            its outermost level (of a list: of its first object), outermost names of a YAML text,
            columns of a table or Parquet file, members of an archive, first elements of XML.
        inner: Fields of the objects right below them, as `field.name`, as far as they were seen.
    """

    path: str
    start: bytes
    shape: Shape
    keys: tuple[str, ...]
    inner: frozenset[str] = frozenset()

    def has(self, *keys: str) -> bool:
        """Tell whether the file begins with all these names."""
        return set(keys).issubset(self.keys)


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

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether a file is in this format."""
        ...

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the runs of a file.

        Raises:
            FormatError: The file is damaged; the error lists what is wrong and where.
        """
        ...
