"""What a rule is given, what it finds, and the page that goes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from optimizer.models.dataclass import dataclass
from optimizer.models.lint_settings import LintSettings
from optimizer.models.linting import Edit, LintRulePage
from optimizer.promptcheck.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A prompt as the rules see it.

    Attributes:
        raw: The text with the line ends and the byte order mark that it has.
        reading: The text, read.
        declared: Names of the variables it is declared to use, or None where nobody declared any.
        settings: Thresholds.
    """

    raw: str
    reading: Reading
    declared: tuple[str, ...] | None
    settings: LintSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that a rule found.

    Attributes:
        message: What, in a sentence.
        suggestion: What to do, in a sentence.
        start: Offset in the text of the reading, or None: the prompt as a whole.
        end: Offset behind it; None: the prompt as a whole, or the one character at `start`.
        edits: The fix, in order and without overlaps.
    """

    message: str
    suggestion: str
    start: int | None = None
    end: int | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRule:
    """A rule.

    Attributes:
        page: What it is, for a reader; its severity is that of what it finds.
        check: Yields what it finds, in the order of the text.
        declared: What the examples of the page declare.
        counts_in_raw: Whether its offsets count in the raw text.
    """

    page: LintRulePage
    check: Callable[[Subject], Iterable[Found]]
    declared: tuple[str, ...] | None = None
    counts_in_raw: bool = False

    @property
    def rule_id(self) -> str:
        """Its id."""
        return self.page.rule_id


def removal(start: int, end: int) -> tuple[Edit, ...]:
    """Return the fix that takes a stretch away."""
    return (Edit(start=start, end=end, text=""),)
