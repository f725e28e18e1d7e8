"""Tables of any tool: CSV, JSON lines, a JSON list of objects, or Parquet.

What the columns mean is told by their names, by a saved mapping, or by `--map FIELD=COLUMN`.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.files.paths import STDIN
from executor_bridge.judging import UNJUDGED
from executor_bridge.outcomes import NO_TIME, RunFacts, file_time
from executor_bridge.runs import run_of
from executor_bridge.tables.choosing import Choice, chosen, is_understood
from executor_bridge.tables.mapping import Column, Pattern
from executor_bridge.tables.split_rows import split_columns
from executor_bridge.tables.survey import Group, Survey
from executor_bridge.tables.table import table_of
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Reading, Source

SHAPES = (Shape.TABLE, Shape.LIST, Shape.OBJECT, Shape.PARQUET)
HASH_CHARS = 16
SHOWN_COLUMNS = 8

BY_CONTENT = "cases are told apart by what was put in: the same case must have the same input"
BY_ROW = "cases have neither names nor inputs: they cannot be paired with those of other runs"


class Table:
    """The bridge of tables."""

    name: ClassVar[str] = "table"
    wants: ClassVar[str] = (
        "case_id or input among its columns, and success, status or score; or --map FIELD=COLUMN"
    )
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="tables: CSV, JSON lines, JSON (objects, or columns and data), Parquet",
        versions="exports of ragas, LangSmith, Braintrust and MLflow 2 and 3 are known",
        carried_over=(
            "case_id; else cases are told apart by input and expected, else not at all",
            "success (true, pass, correct, 1 ...); else status, error_code, error; else the score",
            "score and any number of score.NAME; input.NAME, expected.NAME, output.NAME",
            "latency_ms, latency_s, latency_us, latency_ns; cost_usd, cost_cents",
            "tokens, tokens_in, tokens_out, tokens_cached; judge_tokens, judge_cost_usd; cached",
            "variant, prompt, model, provider, parameters or parameters.NAME: one run for each",
            "run_id: one run for each; workflow, git_sha, branch; dataset, family, tenant",
            "created_at (or started_at), finished_at: ISO 8601, or s, ms, us, ns since 1970",
            "repeat, attempts, request_id, task_type, metadata.NAME; only: rows that are tasks",
        ),
        lost=(
            "columns that are not mapped; a warning names them",
            "empty cells, NaN, null, None are unknown; so are a latency and a cost of 0",
            "tokens and cost of requests that ended in an HTTP error (error_code 400 to 599)",
            "a row without the score that judges others is cancelled: neither passed nor failed",
            "rows of another length than the first, or without a clear pass or fail, are skipped",
        ),
        example="case_id,input,output,success,latency_s,model\n"
        "capital,Capital of France?,Paris,true,0.8,m1\n"
        "sum,2 + 2?,5,false,0.6,m1\n",
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file is a table whose columns are understood."""
        columns = split_columns(head.start) or head.keys
        return head.shape in SHAPES and is_understood(columns, settings)

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the rows of a table as one run, or as one for each run id or variant.

        Raises:
            FormatError: The file is damaged, or its columns are not understood.
            ConfigError: What was said of the columns means nothing.
        """
        table = table_of(source, settings)
        choice = chosen(source, table.columns, settings)
        survey = Survey(source, table, choice, settings)
        source = replace(
            source,
            n_redacted=source.n_redacted + table.blanked.n,
            is_packed=source.is_packed or table.is_secret,
        )
        runs = (
            run_of(
                _facts(group, survey, choice, source, settings),
                survey.outcomes(key),
                source=source,
                settings=settings,
                place=place,
                seen=group.seen,
            )
            for place, (key, group) in enumerate(survey.groups.items(), start=1)
        )
        return survey.skipped.reading(source, runs)


def _facts(
    group: Group, survey: Survey, choice: Choice, source: Source, settings: IngestSettings
) -> RunFacts:
    """Return what a table says of one of its runs."""
    says, clock = group.says, survey.teller.clock
    return RunFacts(
        run_id=says.run_id or _run_id(group, survey, source),
        workflow_id=settings.workflow or says.workflow or _stem(source.path),
        started_at=group.first_at or file_time(source),
        tool=Table.name,
        git_sha=says.git_sha,
        branch=says.branch,
        pairable=not group.cases[CaseSource.TASK],
        assumed_timezone=clock.zone_name if clock.n_naive else None,
        metadata={"columns": choice.name},
        warnings=tuple(_warnings(group, survey, choice)),
        choices="\n".join(line.text for line in choice.lines),
    )


def _run_id(group: Group, survey: Survey, source: Source) -> str:
    """Return a name for a run that has none: that of its variant, and of the file's content."""
    labels = [one.variant.label for one in survey.groups.values()]
    label = group.variant.label
    same = "" if labels.count(label) == 1 else f"-{group.variant.variant_id}"
    return f"{label}{same}-{source.sha256[:HASH_CHARS]}"


def _stem(path: str) -> str:
    """Return the name of a file without what follows its first dot."""
    name = os.path.basename(path)
    return "table" if path == STDIN else name.split(".")[0] or name


def _warnings(group: Group, survey: Survey, choice: Choice) -> Iterator[str]:
    """Yield what a reader should know of a run and of its table."""
    if group.first_at is None:
        yield NO_TIME
    if group.n_open and survey.mark is None:
        n = group.n_open
        tasks = "1 task has" if n == 1 else f"{n} tasks have"
        yield (
            UNJUDGED
            if n == group.seen.n
            else f"{tasks} neither pass nor fail: succeeded means that it ran"
        )
    if group.n_unscored and survey.mark is not None:
        n = group.n_unscored
        rows = "1 row was" if n == 1 else f"{n} rows were"
        yield f"{rows} not scored: cancelled, neither passed nor failed"
    if group.cases[CaseSource.CONTENT]:
        yield BY_CONTENT
    if group.cases[CaseSource.TASK]:
        yield BY_ROW
    yield from survey.teller.warnings()
    unread = sorted(survey.columns - _read(choice, survey.columns) - {""})
    if unread:
        shown = ", ".join(unread[:SHOWN_COLUMNS]) + (", ..." if unread[SHOWN_COLUMNS:] else "")
        yield f"{'column' if len(unread) == 1 else 'columns'} not read: {shown}"
    yield from survey.skipped.warnings()


def _read(choice: Choice, columns: frozenset[str]) -> frozenset[str]:
    """Return the columns that a mapping reads."""
    places = [line.place for line in choice.lines]
    found = [one.roots(columns) for one in places if isinstance(one, (Column, Pattern))]
    return frozenset().union(*found)
