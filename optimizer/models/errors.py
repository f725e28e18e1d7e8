"""Errors a user can cause or fix.

* OptimizerError
  x ConfigError      a settings file, a variable or a flag is wrong
  x FormatError      a result file is not what its bridge expects
    x UnrecognizedError no bridge knows what it is
  x HistoryError     the history database cannot be used
    x NoHistoryError there is none yet
  x SelectionError   what was asked for is not there, or is more than one thing
    x NothingYetError  it may come to be: a branch without a run, a baseline that is not set
  x TransitionError  a decision or an experiment was asked to take a step it cannot take

Anything else that escapes is a bug and keeps its traceback.
"""

from __future__ import annotations

from optimizer.models.dataclass import dataclass
from optimizer.models.names import legible

MAY_NOT_READ = "Ask for the right to read it, or leave it out."
"""What to try where permission is denied."""


class OptimizerError(Exception):
    """Base of every expected error.

    Args:
        message: What is wrong: the subject first, then what was found and what was expected.
        hint: The next thing to try, as an imperative sentence.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(OptimizerError):
    """A settings file, a variable or a flag is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in an input file.

    Attributes:
        place: Where: `task_results[17].cost`, or `line 3, column 9`.
        found: What stands there, shortened, or None where nothing does.
        expected: What should stand there.
    """

    place: str
    found: str | None
    expected: str

    def __str__(self) -> str:
        found = "" if self.found is None else f"found {self.found}, "
        return f"{self.place}: {found}expected {self.expected}"


class FormatError(OptimizerError):
    """A result file is not what its bridge expects.

    Args:
        source: The file, or `-` for standard input.
        faults: Every fault found, in file order, up to the reader's limit.
        n_more: How many faults were left out.
        hint: As in `OptimizerError`.
    """

    def __init__(
        self, source: str, faults: tuple[Fault, ...], *, n_more: int = 0, hint: str | None = None
    ) -> None:
        source = legible(source)
        lines = [f"{source}: {fault}" for fault in faults]
        if n_more:
            lines.append(f"{source}: and {n_more} more")
        super().__init__("\n".join(lines), hint=hint)
        self.source = source
        self.faults = faults
        self.n_more = n_more


class UnrecognizedError(FormatError):
    """No bridge recognizes a file."""


class HistoryError(OptimizerError):
    """The history database cannot be used."""


class NoHistoryError(HistoryError):
    """There is no history yet where one was looked for."""


class SelectionError(OptimizerError):
    """What was asked for is not there, or is more than one thing."""


class NothingYetError(SelectionError):
    """What was asked for may come to be: the run of a branch, the baseline of a workflow."""


class TransitionError(OptimizerError):
    """A decision or an experiment was asked to take a step it cannot take."""
