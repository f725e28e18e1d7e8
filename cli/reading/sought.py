"""The files that a command is given: names, folders and patterns made paths."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import FileOutcome, FileStatus

SHOWN_FILES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Files to read.

    Attributes:
        paths: Each once, in their order.
        optional: Those of folders, which are left out where no bridge recognizes them.
        missing: What is said of names that there is no file of.
    """

    paths: tuple[str, ...]
    optional: frozenset[str]
    missing: tuple[FileOutcome, ...]


def sought(files: Sequence[str], *, keep_going: bool) -> Sought:
    """Find the files of a command line.

    Raises:
        FormatError: There is no file of a name, and it is not to keep going.
    """
    from executor_bridge import found
    from optimizer.models.errors import FormatError

    all_found, missing = [], []
    for file in files:
        try:
            all_found += found([file])
        except FormatError as error:
            if not keep_going:
                raise
            missing.append(
                FileOutcome(path=error.source, status=FileStatus.REJECTED, reason=str(error))
            )
    named = {file.path for file in all_found if not file.may_be_other}
    paths = tuple(dict.fromkeys(file.path for file in all_found))
    return Sought(paths=paths, optional=frozenset(paths) - named, missing=tuple(missing))


def tell_left_out(outcomes: Sequence[FileOutcome]) -> bool:
    """Name the files that no bridge recognizes; say whether that is all of them."""
    from cli.output import note

    left_out = [outcome.path for outcome in outcomes if outcome.status is FileStatus.LEFT_OUT]
    if left_out:
        names = ", ".join(left_out[:SHOWN_FILES]) + (", ..." if left_out[SHOWN_FILES:] else "")
        note(f"left out, as no format is recognized: {names}")
    return bool(left_out) and len(left_out) == len(outcomes)
