"""The table of promptfoo's viewer as CSV: `promptfoo eval -o output.csv`, or its download.

Written for promptfoo 0.60 to 0.123 (`src/util/eval/evalTableUtils.ts`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.formats.promptfoo.cases import case_named
from executor_bridge.formats.promptfoo.figures import FINISHED, unfinished
from executor_bridge.formats.promptfoo.rows import STRIPPED_TEXT, promised
from executor_bridge.formats.promptfoo.runs import (
    BARE,
    RED_TEAM,
    WORKFLOW,
    Evaluation,
    Tabled,
    runs_of,
)
from executor_bridge.formats.promptfoo.table import (
    Layout,
    Outputs,
    Told,
    is_table,
    layout_of,
    plain,
    table_rows,
    told_of,
)
from executor_bridge.formats.promptfoo.variants import Tested
from executor_bridge.heads import columns
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import NO_TIME, Outcome, file_time
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import is_secret
from optimizer.models.tasks import CaseSource, Content, Reading, Source, Variant

NO_FIGURES = "latency, tokens and cost of tasks are not in this file: they are unknown"


class PromptfooCsv:
    """The bridge of promptfoo's CSV files."""

    name: ClassVar[str] = "promptfoo_csv"
    wants: ClassVar[str] = "columns Status, Score and Grader Reason, or cells such as [PASS]"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="promptfoo: the table of its viewer as CSV",
        versions="promptfoo 0.60 to 0.123: columns behind each output, or all in its cell",
        carried_over=(
            "one run for each prompt under each provider, named by the file's hash and #p with "
            "its column",
            "PASS, FAIL and ERROR as succeeded, failed and error, a timeout where the text says "
            "so; score, named scores and metrics; the reason of a failure",
            "a test by its description and variables; rows of the same test are repeats",
            "the prompt's text where the head of a column holds it",
        ),
        lost=(
            "latency, tokens and cost of tasks, which are not in the file; those of a whole "
            "column are kept as metadata of the run where its head has them",
            "comments, and which assertion said what",
            "there is no time of the run: that of the file is taken",
        ),
        example="country,[openai:gpt-4o-mini] short,Status,Score,Named Scores,Grader Reason,"
        "Comment\n"
        "France,Paris,PASS,1.00,,All assertions passed,\n"
        "Italy,Milan,FAIL,0.00,,Expected output to equal Rome,",
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file is a table of the viewer; `[provider] label` looks like a list."""
        if head.shape is Shape.LIST:
            return is_table(columns(head.start), b"")
        return head.shape is Shape.TABLE and is_table(head.keys, head.start)

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the columns of a file as runs.

        Raises:
            FormatError: No row can be read.
        """
        skipped = Skipped(settings)
        head, first, n_rows = _looked_through(source.content, skipped)
        layout = layout_of(head, first)
        if settings.redact and any(map(is_secret, layout.variables)):
            source = replace(source, is_packed=True)
        if not layout.outputs:
            skipped.faults[:0] = [
                Fault(place="line 1", found="no column of outputs", expected=self.wants)
            ]
        is_bare = layout.description is None and not layout.variables and n_rows > 1
        tabled = [
            _tabled(number, outputs, layout, source, settings, is_bare=is_bare)
            for number, outputs in enumerate(layout.outputs)
        ]
        told = Evaluation(
            tool=self.name,
            name=f"promptfoo-{source.sha256[:16]}",
            workflow=WORKFLOW,
            started_at=file_time(source),
            warnings=(
                NO_TIME,
                NO_FIGURES,
                *((RED_TEAM,) if layout.is_red_team else ()),
                *((BARE,) if is_bare else ()),
                *skipped.warnings(),
            ),
        )
        return skipped.reading(source, runs_of(told, tabled, source=source, settings=settings))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcomes:
    """The outcomes of a column, read anew whenever they are asked for."""

    content: Content
    layout: Layout
    outputs: Outputs
    variant: Variant
    is_bare: bool
    settings: IngestSettings

    def __iter__(self) -> Iterator[Outcome]:
        rows = table_rows(self.content, Skipped(self.settings))
        next(rows, None)
        for n, (line, row) in enumerate(rows):
            told = told_of(row, self.outputs)
            if told is not None:
                yield self._outcome(n, line, row, told)

    def _outcome(self, n: int, line: int, row: Sequence[str], told: Told) -> Outcome:
        layout = self.layout
        values = {name: plain(row[at]) for name, at in layout.variables.items()}
        content: dict[str, Any] = {}
        if layout.description is not None and row[layout.description]:
            content["description"] = plain(row[layout.description])
        if values:
            content["vars"] = values
        named = {score.name: score.value for score in told.scores}
        asked = self.settings.score
        status = told.status
        message = None if status == "succeeded" else told.reason
        if status == "error":
            message = message or told.output or None
            status = unfinished(message)
        is_kept = told.output and told.output != STRIPPED_TEXT
        return Outcome(
            key=f"line {line}",
            case_id=f"test {n}" if self.is_bare else case_named(content),
            case_source=CaseSource.TASK if self.is_bare else CaseSource.CONTENT,
            variant=self.variant,
            status=status,
            message=message,
            score=(told.score if asked is None else named.get(asked))
            if status in FINISHED
            else None,
            scores=told.scores,
            inputs=values,
            outputs={"output": told.output} if is_kept else None,
        )


def _looked_through(content: Content, skipped: Skipped) -> tuple[Sequence[str], Sequence[str], int]:
    """Return the head and the first row of a table, and how many rows there are."""
    rows = table_rows(content, skipped)
    _, head = next(rows, (0, []))
    _, first = next(rows, (0, []))
    return head, first, bool(first) + sum(1 for _ in rows)


def _tabled(
    number: int,
    outputs: Outputs,
    layout: Layout,
    source: Source,
    settings: IngestSettings,
    *,
    is_bare: bool,
) -> Tabled:
    """Return a column of the table."""
    prompt = outputs.prompt
    label = prompt.label or prompt.raw or ""

    def outcomes(variant: Variant) -> _Outcomes:
        return _Outcomes(
            content=source.content,
            layout=layout,
            outputs=outputs,
            variant=variant,
            is_bare=is_bare,
            settings=settings,
        )

    rows = table_rows(source.content, Skipped(settings))
    next(rows, None)
    return Tabled(
        number=number,
        tested=Tested(
            template=prompt.raw or (label if "{{" in label else None),
            label=label,
            prompt_id=prompt.id,
            provider_id=prompt.provider,
        ),
        outcomes=outcomes,
        n_taken=sum(told_of(row, outputs) is not None for _, row in rows),
        n_promised=promised(prompt),
        pairable=not is_bare,
        metadata={"metrics": prompt.metrics},
    )
