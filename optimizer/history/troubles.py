"""What DuckDB could not do, said in our words."""

from __future__ import annotations

from pathlib import Path

from optimizer.history import duck as duckdb
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError

LOCKED = "could not set lock"

CANNOT_LOCK = ("not supported", "no locks available", "not implemented")
"""What the system says, in lower case, where waiting for a lock would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that DuckDB cannot do, in our words.

    Attributes:
        phrases: What it says then, in lower case; () where the kind of error tells.
        kind: The kind of its error.
        found: What to say of it; what it said follows where that ends with a colon.
        hint: What to do.
    """

    phrases: tuple[str, ...] = ()
    kind: type[duckdb.Error] = duckdb.Error
    found: str
    hint: str | None = None

    def explains(self, error: duckdb.Error) -> bool:
        """Tell whether this is what an error says."""
        text = first_line(error).lower()
        is_said = not self.phrases or any(phrase in text for phrase in self.phrases)
        return is_said and isinstance(error, self.kind)


TROUBLES = (
    Trouble(
        phrases=(LOCKED,),
        found="its file system cannot lock it, expected one that can:",
        hint="Name a file on a disk of this machine with --store.",
    ),
    Trouble(
        phrases=("no space left", "quota exceeded", "max_temp_directory_size"),
        found="the disk is full; nothing of this step was stored",
        hint="Make room, then run the same command again.",
    ),
    Trouble(
        phrases=("file too large",),
        found="it may not grow any further; nothing of this step was stored",
        hint="Raise the limit on the size of files (ulimit -f), then run the same command again.",
    ),
    Trouble(
        phrases=("permission denied", "read-only"),
        found="cannot be written or read:",
        hint="Ask for the right to use it, or name another file with --store.",
    ),
    Trouble(
        kind=duckdb.OutOfMemoryException,
        found="too little memory:",
        hint="Try it where there is more.",
    ),
    Trouble(kind=duckdb.ConstraintException, found="the history refused a row:"),
    Trouble(
        kind=duckdb.ConversionException,
        found="holds a value that cannot be used:",
        hint="See with 'optimizer doctor' what is damaged.",
    ),
    Trouble(
        found="not a usable history:",
        hint="Name another file with --store. A damaged history: move it away, then take a backup "
        "with 'optimizer store import EXPORT', or try 'optimizer store rebuild'.",
    ),
)
"""The first that explains an error counts; the last explains all."""


def trouble(path: Path, error: duckdb.Error) -> HistoryError:
    """Say what DuckDB could not do with a history."""
    found = next(one for one in TROUBLES if one.explains(error))
    said = f" {first_line(error)}" if found.found.endswith(":") else ""
    return HistoryError(f"{path}: {found.found}{said}", hint=found.hint)


def is_locked(error: duckdb.Error) -> bool:
    """Tell whether another process has the history open, so that waiting helps."""
    text = first_line(error).lower()
    waits = LOCKED in text and not any(phrase in text for phrase in CANNOT_LOCK)
    return waits and isinstance(error, duckdb.IOException)


def first_line(error: duckdb.Error) -> str:
    """Return what an error of the database says, without its suggestions."""
    return str(error).partition("\n")[0]
