"""All rows of a table gone through once: which runs there are, and what must be said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import datetime

from msgspec.structs import replace

from executor_bridge.judging import PLAIN_MARKS, judged, pass_mark
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import Outcome
from executor_bridge.runs import look
from executor_bridge.seen import Seen
from executor_bridge.tables.choosing import Choice, missing
from executor_bridge.tables.results import RunSays, Teller, Told, UnreadableRowError
from executor_bridge.tables.table import Table
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Source, Variant

KEPT_ROWS = 100_000
"""Tables of more rows are read again for each run, to save memory."""

NOT_SCORED = "not scored"

MOST_VARIANTS = 200
"""A table of more variants without runs of its own has a column that differs with the case."""


@dataclass(slots=True, kw_only=True)
class Group:
    """The rows of one run.

    Attributes:
        says: What the first of them says of the run.
        variant: That of the first.
        variant_ids: Those of all.
        n_open: How many only their scores can judge.
        n_unscored: How many of those have none.
        cases: How many cases are known how.
        first_at: When the first began, None where no row says.
        seen: What their numbers and times are.
        told: What they say, as far as it is kept.
    """

    says: RunSays
    variant: Variant
    variant_ids: set[str] = field(default_factory=set)
    n_open: int = 0
    n_unscored: int = 0
    cases: Counter[CaseSource] = field(default_factory=Counter)
    first_at: datetime | None = None
    seen: Seen = field(default_factory=Seen)
    told: list[Told] = field(default_factory=list)

    def add(self, told: Told) -> None:
        """Take one more row."""
        outcome = told.outcome
        look(outcome, self.seen)
        self.n_open += told.is_open
        self.n_unscored += told.is_open and outcome.score is None
        self.cases[outcome.case_source] += 1
        self.variant_ids.add(outcome.variant.variant_id)
        began = outcome.created_at
        if began is not None and (self.first_at is None or began < self.first_at):
            self.first_at = began


class Survey:
    """What going through a table once has shown."""

    def __init__(
        self,
        source: Source,
        table: Table,
        choice: Choice,
        settings: IngestSettings,
        *,
        kept_rows: int = KEPT_ROWS,
    ) -> None:
        """Go through the rows, and keep what they say unless there are too many.

        Raises:
            FormatError: A column that was mapped is in no row, or the rows are of no run.
        """
        self.skipped = Skipped(settings)
        self.teller = Teller(choice.lines, settings)
        self.groups: dict[str, Group] = {}
        self.columns = frozenset(table.columns)
        self._source, self._table, self._settings = source, table, settings
        self._choice = choice
        self._marks: set[float] = set()
        self._is_kept = True
        for n_rows, told in enumerate(self._rows(self.teller, self.skipped), start=1):
            self._add(told)
            if n_rows > kept_rows:
                self._forget()
        self._require(choice)
        self.mark = pass_mark(self._marks, settings.pass_score)

    def outcomes(self, key: str) -> Iterable[Outcome]:
        """Return what the rows of a run say: a list, or what reads them again."""
        if self._is_kept:
            return [settled(told, self.mark) for told in self.groups[key].told]
        return _Again(self, key)

    def again(self, key: str) -> Iterator[Outcome]:
        """Yield what the rows of a run say, reading the table once more."""
        teller = Teller(self._choice.lines, self._settings)
        for told in self._rows(teller, Skipped(self._settings), only=key):
            yield settled(told, self.mark)

    def _rows(self, teller: Teller, skipped: Skipped, *, only: str | None = None) -> Iterator[Told]:
        """Yield what the rows say, of one run or of all."""
        columns = self.columns
        is_one_run = only is None or len(self.groups) == 1
        for place, row in self._table.rows(skipped):
            if not is_one_run and teller.run_key(row) != only:
                continue
            if not columns.issuperset(row):
                self.columns = columns = columns.union(row)
            try:
                told = teller.told(place, row)
            except UnreadableRowError as error:
                skipped.add(error.fault.place, error.fault.found, error.fault.expected)
                continue
            if told is not None:
                yield told

    def _add(self, told: Told) -> None:
        key = _key(told)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(says=told.run, variant=told.outcome.variant)
            if told.run.run_id is None and len(self.groups) > MOST_VARIANTS:
                raise self._too_many()
        group.add(told)
        if self._is_kept:
            group.told.append(told)
        if told.outcome.score is not None and self._marks <= PLAIN_MARKS:
            self._marks.add(told.outcome.score)

    def _forget(self) -> None:
        self._is_kept = False
        for group in self.groups.values():
            group.told.clear()

    def _require(self, choice: Choice) -> None:
        """Refuse columns that no row has, and a scorer that said nothing."""
        faults = list(missing(choice, self.columns))
        wanted, names = self._settings.score, self.teller.score_names
        if wanted is not None and self.groups and wanted not in names:
            expected = f"one of {', '.join(names)}" if names else "score.NAME=COLUMN"
            faults.append(Fault(place="score", found=f"no scorer {wanted}", expected=expected))
        if faults:
            raise FormatError(self._source.path, tuple(faults[: self._settings.max_faults]))

    def _too_many(self) -> FormatError:
        fault = Fault(
            place="variant",
            found=f"more than {MOST_VARIANTS} variants",
            expected="few: what differs from case to case is input, as in input.prompt=COLUMN",
        )
        return FormatError(self._source.path, (fault,))


def settled(told: Told, mark: float | None) -> Outcome:
    """Return what a row says, passed or failed by its score where nothing else says so."""
    outcome = told.outcome
    if not told.is_open:
        return outcome
    status = judged(outcome.score, mark)
    message = NOT_SCORED if status == "cancelled" else outcome.message
    return replace(outcome, status=status, message=message)


@dataclass(frozen=True, slots=True)
class _Again:
    """The rows of a run, read anew whenever they are asked for."""

    survey: Survey
    key: str

    def __iter__(self) -> Iterator[Outcome]:
        return self.survey.again(self.key)


def _key(told: Told) -> str:
    """Return what tells the run of a row: its id, else the variant."""
    run_id = told.run.run_id
    return f"run {run_id}" if run_id is not None else told.outcome.variant.variant_id
