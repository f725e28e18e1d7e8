"""Results of promptfoo one to a line: `promptfoo eval -o output.jsonl`.

Written for promptfoo 0.85 to 0.123 (`src/util/output.ts`). Each line is an `EvaluateResult`;
there is no envelope. The file is never held in memory: a first pass notes where the lines of
each prompt and provider are, and they are decoded when asked for.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from typing import ClassVar

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.files.spool import PASSED_BYTES, let_go
from executor_bridge.files.texts import span_end, spans
from executor_bridge.formats.promptfoo.columns import Column, sorted_into_columns
from executor_bridge.formats.promptfoo.rows import Provider, Row, template_in
from executor_bridge.formats.promptfoo.runs import (
    WORKFLOW,
    Evaluation,
    column_numbers,
    runs_of,
    tabled_of,
)
from executor_bridge.formats.promptfoo.variants import Tested
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import NO_TIME, file_time
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Content, Reading, Source

NO_TEMPLATES = (
    "the texts of prompts are not in this file: variants are known by the labels of prompts, "
    "which may stay when a text changes"
)


class PromptfooJsonl:
    """The bridge of promptfoo's JSONL files."""

    name: ClassVar[str] = "promptfoo_jsonl"
    wants: ClassVar[str] = "provider, prompt and success of a promptfoo result on each line"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="promptfoo: results one to a line, as `promptfoo eval -o output.jsonl` writes them",
        versions="promptfoo 0.85 to 0.123",
        carried_over=(
            "every line as a row of promptfoo's JSON, see the format promptfoo",
            "one run for each prompt under each provider, named by the file's hash and #p with "
            "its column",
            "the label of a prompt as its text where it is the template: a prompt without a label "
            "of its own; else the label stands for the prompt",
            "parameters from the configuration of the provider, where lines have it",
            "a last line that breaks off is skipped and counted",
        ),
        lost=(
            "what only the JSON has: templates of labelled prompts, evalId, description, version",
            "there is no time of the run: that of the file is taken",
        ),
        example='{"promptIdx": 0, "testIdx": 0, "success": false, "failureReason": 1, "score": 0,'
        ' "error": "Expected output to equal Paris", "latencyMs": 380,'
        ' "provider": {"id": "openai:gpt-4o-mini"},'
        ' "prompt": {"raw": "Capital of France?", "label": "Capital of {{country}}?"},'
        ' "vars": {"country": "France"}, "testCase": {"vars": {"country": "France"}},'
        ' "response": {"output": "Lyon", "tokenUsage": {"prompt": 9, "completion": 1,'
        ' "total": 10}}}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the first line is a result."""
        is_result = head.has("provider", "prompt", "success") and "prompt.raw" in head.inner
        return head.shape is Shape.OBJECT and is_result and not head.has("results")

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the lines of a file as runs.

        Raises:
            FormatError: No line can be read.
        """
        skipped = Skipped(settings)
        texts = _Lines(source.content)
        found = sorted_into_columns(texts, _key, skipped, settings)
        tabled = [
            tabled_of(found, key, number, _tested(found.columns[key]))
            for key, number in column_numbers(found.columns).items()
        ]
        has_all = all(one.tested.template for one in tabled)
        told = Evaluation(
            tool=self.name,
            name=f"promptfoo-{source.sha256[:16]}",
            workflow=WORKFLOW,
            started_at=file_time(source),
            warnings=(
                NO_TIME,
                *(() if has_all else (NO_TEMPLATES,)),
                *skipped.warnings(),
            ),
        )
        runs = runs_of(told, tabled, source=source, settings=settings)
        return skipped.reading(source, runs)


class _Lines:
    """The lines of a file, found again by where they begin."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._starts = array("q")
        self._blank = array("q")

    def every(self) -> Iterator[tuple[str, memoryview]]:
        """Yield the place and text of each, and note where it is."""
        view = memoryview(self._content)
        for number, start, end in spans(self._content):
            n = len(self._starts)
            self._blank.extend([n] * (number - 1 - n - len(self._blank)))
            self._starts.append(start)
            yield f"line {number}", view[start:end]

    def some(self, numbers: Sequence[int]) -> Iterator[tuple[str, memoryview]]:
        """Yield the place and text of those with these numbers; memory behind is let go."""
        view, passed = memoryview(self._content), 0
        for n in numbers:
            start = self._starts[n]
            end = span_end(self._content, start)
            yield f"line {n + 1 + bisect_right(self._blank, n)}", view[start:end]
            if end - passed > PASSED_BYTES:
                let_go(self._content, passed, end)
                passed = end


def _key(row: Row) -> Hashable:
    """Return what tells the column of a row."""
    if row.prompt_idx is not None:
        return row.prompt_idx
    return row.rendered.label, row.provider_label or row.provider_id


def _tested(column: Column) -> Tested:
    """Return what a column tested, as far as its first line says."""
    first, prompt = column.first, column.first.rendered
    config = first.provider.config if isinstance(first.provider, Provider) else None
    own = prompt.config
    return Tested(
        template=template_in(first),
        label=prompt.label or first.prompt_id or "",
        prompt_id=first.prompt_id or None,
        provider_id=first.provider_id,
        provider_label=first.provider_label,
        config={
            **(config if isinstance(config, dict) else {}),
            **(own if isinstance(own, dict) else {}),
        },
    )
