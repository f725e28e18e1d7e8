"""Samples of the lm-evaluation-harness, with the results file that lies beside them.

Written for lm-eval 0.4 (`EvaluationTracker.save_results_samples`). `--log_samples` writes one
`samples_<task>_<time>.jsonl` for each task, which holds the tasks, and beside them one
`results_<time>.json`, which holds what is common to them; see `harness`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from msgspec import Raw

from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.files.source import load
from executor_bridge.formats.lm_eval.results import (
    WRITTEN_AT,
    Told,
    commit_of,
    dataset_of,
    duration_s,
    is_lower_better,
    mean_told,
    metadata_of,
    read_results,
    samples_beside,
    started,
    told_of,
    variant_told,
)
from executor_bridge.formats.lm_eval.rows import START_BYTES, Row, Seen, only, sample_rows, value_of
from executor_bridge.judging import UNJUDGED, judged, pass_mark
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import Outcome, RunFacts
from executor_bridge.runs import run_of
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Run, Score, Source, Variant, text_sha256

METRIC_KEY = re.compile(rb'"[^",\s]+,[^",\s]+"\s*:')
"""How results files name a metric: with its filter behind a comma."""

RESULTS_START = re.compile(rb'\s*\{\s*"results"\s*:')
PREFERRED = ("acc", "exact_match", "pass@1", "pass_at_1", "em", "acc_norm")
"""Metrics that say pass or fail; the first that a task has is its score."""

HASH_CHARS = 16
ALONE = (
    "there is no results file beside the samples: {} and directions of metrics are unknown; higher "
    "is taken as better"
)


UNSCORED = (
    "no metric gives each document a mark from 0 to 1 of which more is better: succeeded means "
    "that a task ran"
)
SAME = 1e-6
"""How far two figures may lie apart that are the same."""


class LmEval:
    """The bridge of the lm-evaluation-harness."""

    name: ClassVar[str] = "lm_eval"
    wants: ClassVar[str] = "doc_id and filtered_resps of samples, or results with their configs"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="lm-evaluation-harness: samples of --log_samples, with the results beside them",
        versions="lm-eval 0.4",
        carried_over=(
            "samples_<task>_<time>.jsonl: one run; results_<time>.json: one run for each samples "
            "file of that time beside it, the same as from the samples files themselves",
            "from the results file beside the samples: model, model_args, prompt template, "
            "directions, date, versions; its hash is kept in the metadata of the run",
            "a document is a case, known by its own case_id if it has one, else by its doc_hash "
            "or a hash of its own, and the same under every task; doc and target are its inputs, "
            "filtered_resps its output",
            "every metric that is a number; the score is --score, else the first of "
            f"{', '.join(PREFERRED)}, else the first; one with values beyond 0 to 1, or of which "
            "less is better, only if asked for",
            "pass or fail by that score: see --pass-score; a document without one among "
            "others that are judged is an error",
            "rows of one filter: that of --score metric,filter, else the first in the file",
            "variant: provider, model, model_args, generation arguments and prompt; the prompt is "
            "the task's template with the hashes of system instruction and chat template, or, "
            "where that is code or unknown, the hash of all prompt_hash values",
        ),
        lost=(
            "there are no times, tokens, costs or errors of single documents",
            "repeats: lm-eval keeps one score for all answers to a document",
            "rows of other filters, metrics that are lists or texts, standard errors, groups",
            "arguments (the rendered prompts) and resps (the answers before filtering)",
            "a results file without samples holds no tasks and is refused",
        ),
        example='{"doc_id": 0, "doc": {"question": "Capital of France?"}, "target": "Paris", '
        '"resps": [["Paris."]], "filtered_resps": ["Paris"], "filter": "none", '
        '"metrics": ["exact_match"], "doc_hash": "3f9c", "exact_match": 1.0}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file begins with a sample, or is a results file."""
        if head.shape in (Shape.OBJECT, Shape.LIST) and head.has("doc_id", "filtered_resps"):
            return True
        is_results = RESULTS_START.match(head.start) is not None
        return is_results and (
            METRIC_KEY.search(head.start) is not None or head.has("results", "versions", "config")
        )

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read samples as one run, or a results file with the samples beside it as several.

        Raises:
            FormatError: The file is damaged, or holds no tasks; the error says where.
        """
        skipped = Skipped(settings)
        if not RESULTS_START.match(bytes(source.content[:START_BYTES])):
            return skipped.reading(source, [_run(source, settings, skipped)])
        read_results(source)
        found = [load(path, settings) for path in samples_beside(source)]
        if not found:
            raise _without_samples(source)
        runs = [_run(one, settings, skipped, place=n) for n, one in enumerate(found, 1)]
        return skipped.reading(source, runs)


def _without_samples(source: Source) -> FormatError:
    """Return the error for a results file alone."""
    found = "figures over all documents only"
    fault = Fault(place="results", found=found, expected="the samples file of the same time beside")
    hint = "Run lm_eval with --log_samples, and give the samples_*.jsonl that it writes."
    return FormatError(source.path, (fault,), hint=hint)


def _run(source: Source, settings: IngestSettings, skipped: Skipped, *, place: int = 1) -> Run:
    """Return the run of a samples file."""
    told = told_of(source, settings)
    n_faults = len(skipped.faults)
    seen = _seen(source, settings, skipped)
    if not seen.n_rows and seen.n_other:
        names = ", ".join(seen.n_other)
        skipped.add("--score", f"rows of the filter {names}", f"rows of {seen.filter}")
    metric = _primary(seen, told, settings)
    started_at, time_warning = started(told, source, settings)
    mark, unjudged = _mark(seen, metric, told, settings)
    facts = RunFacts(
        run_id=f"{told.task or LmEval.name}-{told.stamp or source.sha256[:HASH_CHARS]}",
        workflow_id=settings.workflow or told.task or LmEval.name,
        started_at=started_at,
        duration_s=duration_s(told),
        assumed_timezone=settings.assume_timezone if time_warning == WRITTEN_AT else None,
        tool=LmEval.name,
        tool_version=told.results.lm_eval_version if told.results else None,
        git_sha=commit_of(told),
        metadata={**metadata_of(told), "filter": seen.filter, "metric": metric},
        warnings=(
            *([time_warning] if time_warning else []),
            *_caveats(seen, told),
            *([unjudged] if unjudged else []),
            *(skipped.warnings() if len(skipped.faults) > n_faults else ()),
        ),
    )
    outcomes = _Outcomes(
        source=source,
        settings=settings,
        filter=seen.filter,
        metric=metric,
        mark=mark,
        dataset=dataset_of(told),
        task=told.task or LmEval.name,
        variant=variant_told(told, seen.prompt_hashes, settings),
    )
    whole = replace(source, sha256=text_sha256(f"{source.sha256}:{told.sha256}"))
    return run_of(facts, outcomes, source=whole, settings=settings, place=place)


def _seen(source: Source, settings: IngestSettings, skipped: Skipped) -> Seen:
    """Go through a samples file once, to see what it is about."""
    seen = Seen(filter=_asked(settings)[1])
    for _, row, metrics in sample_rows(source, skipped):
        if seen.filter is None:
            seen.filter = row.filter
        if row.filter == seen.filter:
            seen.add(row, metrics)
        else:
            seen.n_other[row.filter] += 1
    return seen


def _asked(settings: IngestSettings) -> tuple[str | None, str | None]:
    """Return the metric and the filter that the user asked for: `--score metric,filter`."""
    metric, _, chosen = (settings.score or "").partition(",")
    return metric or None, chosen or None


def _primary(seen: Seen, told: Told, settings: IngestSettings) -> str | None:
    """Return the metric that is the score of a task."""
    asked, _ = _asked(settings)
    if asked is not None:
        return asked if asked in seen.values else None
    fit = [
        name
        for name, values in seen.values.items()
        if not is_lower_better(name, told) and all(v is None or 0 <= v <= 1 for v in values)
    ]
    return next((name for name in (*PREFERRED, *fit) if name in fit), None)


def _mark(
    seen: Seen, metric: str | None, told: Told, settings: IngestSettings
) -> tuple[float | None, str | None]:
    """Return the score from which on a task passes, and what to say where there is none."""
    if is_lower_better(metric, told):
        return None, f"lower values of {metric} are better: pass or fail is not told from it"
    if metric is None:
        names = ", ".join(seen.values)
        return None, f"{UNSCORED}; --score takes one of: {names}" if names else UNSCORED
    mark = pass_mark(seen.values[metric], settings.pass_score)
    return mark, UNJUDGED if mark is None else None


def _caveats(seen: Seen, told: Told) -> Iterator[str]:
    """Yield what a reader should know of a samples file."""
    if told.fault:
        yield f"the results file beside the samples cannot be read: {told.fault}"
    elif told.results is None:
        if told.folder_model:
            yield f"the model, {told.folder_model}, is told by the name of the folder"
        yield ALONE.format("configuration" if told.folder_model else "model, configuration")
    for name, n in seen.n_other.items():
        yield f"filter {seen.filter} is read; rows of the filter {name} left out: {n}"
    if seen.n_answers > 1:
        yield (
            f"each document was answered {seen.n_answers} times, of which lm-eval keeps one score: "
            "there are no repeats"
        )
    if seen.n_without_hash:
        yield f"rows without a doc_hash: {seen.n_without_hash}; their document tells the case"
    for name, n in seen.n_odd.items():
        yield f"metric {name}: values that are no numbers, left out: {n}"
    yield from (
        f"lower values of {name} are better" for name in seen.values if is_lower_better(name, told)
    )
    yield from _extent(seen, told)


def _extent(seen: Seen, told: Told) -> Iterator[str]:
    """Say so where not all documents ran, or not all that ran are in the file."""
    counts = told.of_task("n_samples")
    said = counts if isinstance(counts, dict) else {}
    effective, original = said.get("effective"), said.get("original")
    limit = told.results.config.get("limit") if told.results else None
    if limit is not None:
        of = f": {effective} of {original} documents ran" if original else ""
        yield f"run with limit {limit}{of}"
    if isinstance(effective, int) and effective != seen.n_rows:
        yield f"the results are over {effective} documents, the samples hold {seen.n_rows}"
    for metric in seen.values:
        counted, figure = seen.mean(metric), mean_told(metric, seen.filter, told)
        if counted is not None and figure is not None and abs(counted - figure) > SAME:
            yield f"the results say {metric} {figure:g}, the samples give {counted:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcomes:
    """The tasks of a samples file, read anew whenever they are asked for."""

    source: Source
    settings: IngestSettings
    filter: str | None
    metric: str | None
    mark: float | None
    dataset: str | None
    task: str
    variant: Variant

    def __iter__(self) -> Iterator[Outcome]:
        for place, row, metrics in sample_rows(self.source, Skipped(self.settings)):
            if row.filter == self.filter:
                yield self._outcome(place, row, metrics)

    def _outcome(self, place: str, row: Row, metrics: dict[str, Any]) -> Outcome:
        values = {
            name: value_of(value)
            for name, value in metrics.items()
            if value is None or isinstance(value, (bool, int, float))
        }
        score = values.get(self.metric) if self.metric else None
        case = row.case(self.task)
        is_ungraded = self.mark is not None and score is None
        return Outcome(
            key=f"{place} doc {row.doc_id}",
            case_id=case.case_id,
            case_source=case.source,
            variant=self.variant,
            status="error" if is_ungraded else judged(score, self.mark),
            message=f"{self.metric} has no value" if is_ungraded else None,
            score=score,
            scores=tuple(Score(name, value) for name, value in values.items()),
            dataset=self.dataset,
            inputs=f'{{"doc":{_json(row.doc)},"target":{_json(row.target)}}}',
            outputs=f'{{"output":{_json(only(row.filtered_resps))}}}',
        )


def _json(raw: Raw) -> str:
    return bytes(raw).decode()
