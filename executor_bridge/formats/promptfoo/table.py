"""The table of promptfoo's viewer as CSV: its columns, and what a cell says.

Three generations: heads that hold a prompt as JSON or `[provider] label` with cells such as
`[PASS] (1.00) output`, and since 2025 columns Status, Score, Named Scores, Grader Reason and
Comment behind each output.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence

import msgspec

from executor_bridge.amounts import number
from executor_bridge.files.spool import PASSED_BYTES, let_go
from executor_bridge.formats.promptfoo.rows import Prompt
from executor_bridge.lenient import Skipped
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import Content, Score

STATUS, SCORE, NAMED, REASON = "Status", "Score", "Named Scores", "Grader Reason"
METRIC = "Metric: "
DESCRIPTION = "Description"
RED_TEAM_COLUMNS = frozenset({"pluginId", "strategyId"})
HEADING = re.compile(r"\[(?P<provider>.+?)\] (?P<label>.*)", re.DOTALL)
CELL = re.compile(
    r"\[(?P<status>PASS|FAIL|ERROR)\](?: \((?P<score>-?\d+(?:\.\d+)?)(?:, (?P<named>[^()\n]*))?\))?"
    r"\s*(?P<text>.*?)(?:\s*\b(?:Pass|Fail) Reason: (?P<reason>.*))?",
    re.DOTALL,
)
CELL_START = re.compile(r"\[(?:PASS|FAIL|ERROR)\]")
FAILED_FIRST = "\n---\n"
"""Between the reason of a failure and the output, in cells of old."""

GUARDED = re.compile(r"'[\s\u200b-\u200d]*[=@+-]")
"""How a cell begins that was kept from being taken for a formula."""

STATUSES = {"PASS": "succeeded", "FAIL": "failed", "ERROR": "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """The columns of one prompt under one provider.

    Attributes:
        prompt: What their head says.
        at: The column of the output.
        named: Where the other columns are, by name; empty where all is in the output's cell.
    """

    prompt: Prompt
    at: int
    named: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of a table.

    Attributes:
        n: How many there are.
        description: The column of descriptions, or None.
        variables: The columns of variables, by name.
        outputs: Those of outputs.
        is_red_team: Whether there are columns of a red-team evaluation.
    """

    n: int
    description: int | None
    variables: dict[str, int]
    outputs: tuple[Outputs, ...]
    is_red_team: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the table says of one result.

    Attributes:
        status: succeeded, failed or error.
        output: What came out.
        score: The score, or None.
        scores: Named scores.
        reason: Why it did not pass, or None.
    """

    status: str
    output: str
    score: float | None
    scores: tuple[Score, ...]
    reason: str | None


def table_rows(content: Content, skipped: Skipped) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table with the lines they end on, the head first.

    Rows with another number of cells than the head are skipped.
    """
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(_text_lines(content), strict=True)
    n_columns = None
    try:
        for row in reader:
            if n_columns is None:
                n_columns = len(row)
            if len(row) == n_columns:
                yield reader.line_num, row
            elif row:
                found = f"{len(row)} cell{'' if len(row) == 1 else 's'}"
                skipped.add(f"line {reader.line_num}", found, f"{n_columns}")
    except csv.Error as error:
        skipped.add(f"line {reader.line_num}", str(error), "a row that is whole")


def layout_of(head: Sequence[str], first: Sequence[str]) -> Layout:
    """Return the columns that a head has.

    Args:
        head: Its cells.
        first: The cells of the first row, by which outputs of old are known.
    """
    outputs = []
    at = 0
    while at < len(head):
        if at + 1 < len(head) and head[at + 1] == STATUS:
            end = at + 1
            named: dict[str, int] = {}
            while end < len(head) and _is_beside(head[end]) and head[end] not in named:
                named[head[end]] = end
                end += 1
            outputs.append(Outputs(prompt=_prompt(head[at]), at=at, named=named))
            at = end
            continue
        if _is_old(head[at], first[at] if at < len(first) else ""):
            outputs.append(Outputs(prompt=_prompt(head[at]), at=at, named={}))
        at += 1
    begin = outputs[0].at if outputs else len(head)
    described = 0 if begin and head[0] == DESCRIPTION else None
    return Layout(
        n=len(head),
        description=described,
        variables={head[n]: n for n in range(0 if described is None else 1, begin)},
        outputs=tuple(outputs),
        is_red_team=RED_TEAM_COLUMNS.issubset(head),
    )


def is_table(names: Sequence[str], start: bytes) -> bool:
    """Tell whether these columns, or what the file begins with, are those of the viewer."""
    if {STATUS, SCORE, REASON}.issubset(names):
        return True
    if any(_is_prompt_text(name) for name in names):
        return True
    has_cells = CELL_START.search(start.decode("utf-8", "replace")) is not None
    return has_cells and any(HEADING.match(name) for name in names)


def told_of(row: Sequence[str], outputs: Outputs) -> Told | None:
    """Return what a row says of a result, None where it has none there."""
    return _told_beside(row, outputs) if outputs.named else _told_inside(row[outputs.at])


def plain(cell: str) -> str:
    """Return a cell as it was before it was kept from being taken for a formula."""
    return cell[1:] if GUARDED.match(cell) else cell


def _is_beside(name: str) -> bool:
    return name in (STATUS, SCORE, NAMED, REASON, "Comment") or name.startswith(METRIC)


def _is_prompt_text(name: str) -> bool:
    return name.startswith('{"raw":')


def _is_old(name: str, cell: str) -> bool:
    return _is_prompt_text(name) or bool(CELL_START.match(cell))


def _prompt(name: str) -> Prompt:
    """Return what the head of a column says of its prompt."""
    if _is_prompt_text(name):
        try:
            return msgspec.json.decode(name, type=Prompt)
        except msgspec.DecodeError:
            return Prompt(label=name)
    match = HEADING.fullmatch(plain(name))
    if match is None:
        return Prompt(label=plain(name))
    return Prompt(label=match["label"], provider=match["provider"])


def _told_beside(row: Sequence[str], outputs: Outputs) -> Told | None:
    named = {name: plain(row[at]) for name, at in outputs.named.items()}
    status = STATUSES.get(named[STATUS])
    if status is None:
        return None
    metrics = {n.removeprefix(METRIC): v for n, v in named.items() if n.startswith(METRIC) and v}
    return Told(
        status=status,
        output=plain(row[outputs.at]),
        score=_number(named.get(SCORE)),
        scores=tuple(_scores({**_object(named.get(NAMED)), **metrics})),
        reason=named.get(REASON) or None,
    )


def _told_inside(cell: str) -> Told | None:
    match = CELL.fullmatch(plain(cell))
    if match is None:
        return None
    status = STATUSES[match["status"]]
    text, reason = match["text"], match["reason"]
    if status != "succeeded" and FAILED_FIRST in text:
        told, _, text = text.partition(FAILED_FIRST)
        reason = reason or told
    pairs = (part.rpartition(": ") for part in (match["named"] or "").split(", ") if part)
    return Told(
        status=status,
        output=text,
        score=_number(match["score"]),
        scores=tuple(_scores({name: value for name, _, value in pairs})),
        reason=reason,
    )


def _scores(named: dict[str, object]) -> Iterator[Score]:
    for name, value in named.items():
        yield Score(name, _number(value))


def _number(value: object) -> float | None:
    try:
        return number(float(value)) if isinstance(value, str) else number(value)
    except ValueError:
        return None


def _object(text: str | None) -> dict[str, object]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, object])
    except msgspec.DecodeError:
        return {}


def _text_lines(content: Content) -> Iterator[str]:
    """Yield the lines with their ends, so that line breaks within cells stay as they are."""
    start = passed = 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end + 1
        yield bytes(content[start:end]).decode("utf-8", "replace")
        start = end
        if start - passed > PASSED_BYTES:
            let_go(content, passed, start)
            passed = start
