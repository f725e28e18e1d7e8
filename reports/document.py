"""A report before it has a format: blocks every renderer knows how to draw."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass
from optimizer.models.terms import GuardStatus
from reports.drawings import Drawing
from reports.tones import Tone


class Align(StrEnum):
    """Side of the column a cell leans on; numbers lean right."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in one sentence; it is the first line of every output."""

    tone: Tone
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A finished text with a meaning."""

    text: str
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Column:
    """A heading and the side its cells lean on."""

    title: str
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph of plain text; line breaks in it are spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text whose line breaks and spaces matter."""

    text: str


class Mark(StrEnum):
    """What became of a stretch of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Marked:
    """Text whose line breaks and spaces matter, and what was removed from and added to it."""

    pieces: tuple[tuple[Mark, str], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """Sentences one below the other, or what is said in place of none."""

    texts: tuple[str, ...]
    empty: str = "Nothing to note."


@dataclass(frozen=True, slots=True)
class Facts:
    """Named values, one a line."""

    pairs: tuple[tuple[str, Cell | str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of finished texts; numbers were formatted by `reports.formatting`.

    Attributes:
        columns: One for each cell of a row.
        rows: The rows, in the order shown.
        caption: What the table holds, where its section does not say it.
        empty: What is said in place of a table without rows.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell | str, ...], ...]
    caption: str | None = None
    empty: str = "Nothing to show."

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{len(row)} cells in a table of {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text under a heading, as far as it is at hand.

    Attributes:
        heading: What it is.
        text: The text, or how it begins.
        n_chars: Characters of the whole text; None where this is all of it.
    """

    heading: str
    text: str
    n_chars: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether there is more of the text than this."""
        return self.n_chars is not None and self.n_chars > len(self.text)


@dataclass(frozen=True, slots=True)
class Case:
    """One test case of many, and what there is to read about it.

    Attributes:
        cells: What stands in its row, a cell for each column; the first says what became of it.
        texts: What its row opens onto, such as an input or an output.
    """

    cells: tuple[Cell | str, ...]
    texts: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Cases:
    """Test cases, the most telling first; each opens onto its texts where a format can fold.

    Attributes:
        columns: One for each cell of a row; by the first, cases can be chosen.
        cases: The cases, in the order shown; there may be thousands.
        caption: What the table holds.
        empty: What is said in place of no cases.
    """

    columns: tuple[Column, ...]
    cases: tuple[Case, ...]
    caption: str | None = None
    empty: str = "No case to show."


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks under a heading that a busy reader may leave folded."""

    title: str
    blocks: tuple[Block, ...]


Block = Prose | Code | Marked | Items | Facts | Table | Cases | Drawing | Section | Details


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that a gate asked for, and its answer: a test, to those who count tests.

    Attributes:
        subject: What was judged: the workflow and the variant.
        name: What was asked.
        status: The answer.
        text: The reason in a sentence.
        notes: What else to know, a line each.
    """

    subject: str
    name: str
    status: GuardStatus
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A verdict, what it rests on, and what to do next.

    Attributes:
        title: What the document is about.
        verdict: The answer, or None where nothing was asked.
        blocks: What the answer rests on.
        hints: Next steps, a sentence each.
        requirements: What was asked for, one by one; None where the document is not of a gate.
        file: The file that it is about, for code hosts to show it there; None where there is none.
    """

    title: str
    verdict: Verdict | None
    blocks: tuple[Block, ...]
    hints: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] | None = None
    file: str | None = None


def left(title: str) -> Column:
    """Return a column of texts."""
    return Column(title)


def right(title: str) -> Column:
    """Return a column of numbers."""
    return Column(title, Align.RIGHT)


def cell(content: Cell | str) -> Cell:
    """Return what stands in a row as a cell."""
    return content if isinstance(content, Cell) else Cell(content)
