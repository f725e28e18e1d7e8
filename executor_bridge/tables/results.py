"""What a row of a table says of a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from executor_bridge.clock import Clock, UnusableTimeError
from executor_bridge.meaning import canonical
from executor_bridge.outcomes import Outcome, case_of_content, variant_of
from executor_bridge.tables import cells
from executor_bridge.tables.cells import UnclearError
from executor_bridge.tables.endings import UnclearFieldError, ending_of
from executor_bridge.tables.families import Families, with_expected
from executor_bridge.tables.fields import FAMILIES, FIELDS, Kind
from executor_bridge.tables.mapping import Column, Line, Pattern, Row
from optimizer.models.errors import Fault
from optimizer.models.ingest import REFUSE, IngestSettings
from optimizer.models.tasks import CaseSource, Score, Variant

T = TypeVar("T")

MS_PER_S = 1000
SHOWN_CHARS = 40
COPIED = (
    *("repeat", "attempts", "cached", "tokens", "tokens_in", "tokens_out", "tokens_cached"),
    *("cost_usd", "judge_tokens", "judge_cost_usd", "dataset", "family", "tenant", "task_type"),
    "request_id",
)
"""Fields that an outcome calls by the same name."""

NEVER_0 = frozenset({"cost_usd", "attempts"})
"""Numbers of which 0 is no measurement."""

USED = frozenset({"tokens", "tokens_in", "tokens_out", "cost_usd"})
"""What a request that was refused has not used, whatever a tool computed for it."""

READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: cells.text,
    Kind.COUNT: cells.count,
    Kind.AMOUNT: cells.number,
    Kind.TRUTH: cells.truth,
}

RUN_FIELDS = ("run_id", "workflow", "git_sha", "branch")
VARIANT_FIELDS = ("variant", "prompt", "provider", "model")
DEFAULT_LABEL = "default"
DEFAULT = variant_of(DEFAULT_LABEL)


class UnreadableRowError(ValueError):
    """A row that cannot be read as a task; its fault says why."""

    def __init__(self, place: str, found: object, expected: str) -> None:
        """Take where, what stands there and what should."""
        super().__init__(expected)
        self.fault = Fault(place=place, found=_shown(found), expected=expected)


class RunSays(NamedTuple):
    """What a row says of its run."""

    run_id: str | None
    workflow: str | None
    git_sha: str | None
    branch: str | None


NOTHING = RunSays(None, None, None, None)


class Told(NamedTuple):
    """What a row says.

    Attributes:
        outcome: Of its task.
        is_open: Whether only its score can say if it passed.
        run: Of its run.
    """

    outcome: Outcome
    is_open: bool
    run: RunSays


class Teller:
    """Reads rows by a mapping and counts what was unclear in them."""

    def __init__(self, lines: tuple[Line, ...], settings: IngestSettings) -> None:
        """Sort the lines of the mapping by what they are for."""
        self.clock = Clock(settings.assume_timezone)
        self.unclear: Counter[str] = Counter()
        self.first_unclear: dict[str, str] = {}
        self.n_left_out = self.n_refused = 0
        self.score_names: dict[str, None] = {}
        self._settings = settings
        self._plain = {
            line.field.name: line.place
            for line in lines
            if line.field.name not in FAMILIES and not isinstance(line.place, Pattern)
        }
        taken = {
            name
            for line in lines
            if isinstance(line.place, Column)
            for name in (line.place.name, str((*line.place.path, "")[0]))
        }
        self._families = Families(lines, taken)
        self._says_of_run = any(name in self._plain for name in RUN_FIELDS)
        self._copied = [(name, READERS[FIELDS[name]]) for name in COPIED if name in self._plain]
        self._variant_places = {
            name: self._plain[name] for name in VARIANT_FIELDS if name in self._plain
        }
        self._variants: dict[tuple[str | None, ...], Variant] = {}
        self._place = ""

    def told(self, place: str, row: Row) -> Told | None:
        """Return what a row says, None where it says that it is no task.

        Raises:
            UnreadableRowError: How the task went cannot be told, or when it was must be told.
        """
        self._place = place
        values = {name: one.of(row) for name, one in self._plain.items()}
        if "only" in values and not self._read("only", values["only"], cells.truth):
            self.n_left_out += 1
            return None
        scores = tuple(self._scores(row))
        try:
            ending = ending_of(values)
        except UnclearFieldError as error:
            raise UnreadableRowError(
                f"{place}: {error.field}", error.value, error.expected
            ) from error
        is_refused = ending.is_refused
        self.n_refused += is_refused
        families = self._families
        inputs, expected = families.object_of(row, "input"), families.object_of(row, "expected")
        said = self._copied_of(values)
        if is_refused:
            said = {name: value for name, value in said.items() if name not in USED}
        case_id, case_source = self._case(values, inputs, expected, said.get("dataset"))
        created_at = self._time("created_at", values)
        finished_at = self._time("finished_at", values)
        outcome = Outcome(
            key=place,
            case_id=case_id,
            case_source=case_source,
            variant=self._variant(values, row),
            status=ending.status,
            message=ending.message,
            score=self._primary(scores),
            scores=scores,
            latency_ms=self._latency(values, created_at, finished_at),
            created_at=created_at,
            finished_at=finished_at,
            inputs=families.text_of(with_expected(inputs, expected)),
            outputs=families.text_of(families.object_of(row, "output")),
            metadata=families.text_of(families.object_of(row, "metadata")),
            **said,
        )
        return Told(outcome, ending.is_open, self._run(values))

    def warnings(self) -> Iterator[str]:
        """Yield what a reader should know of the cells."""
        for field, n in sorted(self.unclear.items()):
            values = "1 value is" if n == 1 else f"{n} values are"
            yield f"{field}: {values} unclear and unknown, the first {self.first_unclear[field]}"
        if self.clock.n_naive:
            n, zone = self.clock.n_naive, self.clock.zone_name
            yield f"{n} {'time' if n == 1 else 'times'} without a zone, read as {zone}"
        if self.n_left_out:
            n = self.n_left_out
            yield f"{n} {'row is' if n == 1 else 'rows are'} no task, as `only` says"
        if self.n_refused:
            requests = "1 request" if self.n_refused == 1 else f"{self.n_refused} requests"
            yield f"{requests} ended in an HTTP error: tokens and cost recorded for it do not count"

    def _copied_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what cells say that is known by the same name of a task."""
        said = {}
        for name, read in self._copied:
            found = self._read(name, values[name], read)
            if found is not None and (found or name not in NEVER_0):
                said[name] = found
        return said

    def _case(
        self,
        values: Mapping[str, Any],
        inputs: Mapping[str, Any] | None,
        expected: Mapping[str, Any] | None,
        dataset: str | None,
    ) -> tuple[str, CaseSource]:
        """Return which case a row is: by its name, else its content, else the row itself."""
        name = cells.text(values.get("case_id"))
        if name is not None:
            return name, CaseSource.GIVEN
        if inputs is not None:
            content = {"input": inputs, "expected": expected}
            return case_of_content(content, dataset=dataset), CaseSource.CONTENT
        return self._place, CaseSource.TASK

    def _scores(self, row: Row) -> Iterator[Score]:
        """Yield what each scorer said."""
        for name, value, is_found in self._families.parts(row, "score"):
            try:
                found = cells.score(value)
            except UnclearError as error:
                if not is_found:
                    self._count_unclear(f"score {name}", value, error)
                continue
            if found is not None:
                self.score_names.setdefault(name)
                is_mark = isinstance(value, (bool, str)) and str(value).lower() in cells.TRUTHS
                is_mark = is_mark and not str(value).isdigit()
                yield Score(name, found, bool(found) if is_mark else None)

    def _primary(self, scores: tuple[Score, ...]) -> float | None:
        """Return the score asked for, else the one called `score`, else that met first."""
        if not scores:
            return None
        lines = self._families.lines.get("score", ())
        name = self._settings.score
        if name is None and any(line.field.part is None for line in lines):
            name = "score"
        if name is None:
            name = next(iter(self.score_names), None)
        return next((score.value for score in scores if score.name == name), None)

    def _variant(self, values: Mapping[str, Any], row: Row) -> Variant:
        """Return what was executed, each variant made once."""
        if not self._variant_places and "parameters" not in self._families.lines:
            return DEFAULT
        parameters = self._families.object_of(row, "parameters")
        named = tuple(cells.text(values.get(name)) for name in VARIANT_FIELDS)
        key = (*named, canonical(parameters).decode() if parameters else None)
        found = self._variants.get(key)
        if found is None:
            label, prompt, provider, model = named
            found = self._variants[key] = variant_of(
                label or model or provider or DEFAULT_LABEL,
                prompt=prompt,
                provider=provider,
                model=model,
                parameters=parameters,
            )
        return found

    def run_key(self, row: Row) -> str:
        """Return what tells the run of a row: its id, else the variant."""
        place = self._plain.get("run_id")
        run_id = None if place is None else cells.text(place.of(row))
        if run_id is not None:
            return f"run {run_id}"
        values = {name: one.of(row) for name, one in self._variant_places.items()}
        return self._variant(values, row).variant_id

    def _run(self, values: Mapping[str, Any]) -> RunSays:
        """Return what a row says of its run."""
        if not self._says_of_run:
            return NOTHING
        return RunSays(*(cells.text(values.get(name)) for name in RUN_FIELDS))

    def _latency(
        self, values: Mapping[str, Any], began: datetime | None, ended: datetime | None
    ) -> float | None:
        """Return the latency; where no column has it, from the beginning to the end."""
        if "latency_ms" in self._plain:
            return self._read("latency_ms", values["latency_ms"], cells.number)
        if began is None or ended is None or ended < began:
            return None
        return (ended - began).total_seconds() * MS_PER_S

    def _time(self, field: str, values: Mapping[str, Any]) -> datetime | None:
        value = values.get(field)
        if value is None:
            return None
        try:
            return cells.moment(value, self.clock)
        except (UnclearError, UnusableTimeError) as error:
            if self._settings.assume_timezone == REFUSE and isinstance(error, UnusableTimeError):
                raise UnreadableRowError(f"{self._place}: {field}", value, str(error)) from error
            self._count_unclear(field, value, error)
            return None

    def _read(self, field: str, value: Any, read: Callable[[Any], T | None]) -> T | None:
        """Return what a cell says, None and a count where that is unclear."""
        if value is None:
            return None
        try:
            return read(value)
        except UnclearError as error:
            self._count_unclear(field, value, error)
            return None

    def _count_unclear(self, field: str, value: Any, error: ValueError) -> None:
        self.unclear[field] += 1
        found = f"in {self._place}: {_shown(value)}, expected {error}"
        self.first_unclear.setdefault(field, found)


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}...")
