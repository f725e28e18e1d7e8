"""Runs made of the columns of a promptfoo file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from executor_bridge.formats.promptfoo.columns import Column, Outcomes, Sorted
from executor_bridge.formats.promptfoo.rows import STRIPPED_PROMPT
from executor_bridge.formats.promptfoo.variants import Tested, n_alike, variants_of
from executor_bridge.outcomes import Outcome, RunFacts
from executor_bridge.runs import run_of
from executor_bridge.seen import Seen
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Run, Source, Variant

KEPT_BYTES = 2**25
"""Results of smaller files are decoded once; those of larger ones whenever they are asked for."""

WORKFLOW = "promptfoo"
"""Workflow of an evaluation without a description."""

RED_TEAM = (
    "this is a red-team evaluation: a task succeeded where an attack failed, and an empty answer "
    "counts as success"
)
NOT_TOLD_APART = (
    "columns have the same prompt and provider, and what tells them apart is not in the file: "
    "they are numbered"
)
LEFT_OUT = "were left out of the file by promptfoo's strip settings"
BARE = (
    f"the variables of tests {LEFT_OUT}: tests are known by their position, so that they cannot "
    "be paired with those of other runs"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tabled:
    """One column of promptfoo's table, which becomes a run.

    Attributes:
        number: Its place in the table, from 0.
        tested: Its prompt and provider.
        outcomes: Returns its outcomes, given what was executed.
        n_taken: How many results the file has of it.
        seen: What its numbers are, or None where that is to be found.
        n_promised: How many results promptfoo counted in it, or None.
        pairable: False where its tests are known by their position only.
        metadata: What is worth keeping of it.
        warnings: What a reader should know of it.
    """

    number: int
    tested: Tested
    outcomes: Callable[[Variant], Iterable[Outcome]]
    n_taken: int
    seen: Seen | None = None
    n_promised: int | None = None
    pairable: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a file says of the evaluation as a whole.

    Attributes:
        tool: Name of the bridge.
        name: What run ids begin with.
        workflow: What was tested.
        started_at: When it began, UTC.
        duration_s: How long it took, or None.
        tool_version: Version of promptfoo, or None.
        git: Commit, branch and pull request as far as known, by the fields of `RunFacts`.
        assumed_timezone: Zone given to its time, or None where that carried one.
        metadata: What else is worth keeping.
        warnings: What a reader should know.
    """

    tool: str
    name: str
    workflow: str
    started_at: datetime
    duration_s: float | None = None
    tool_version: str | None = None
    git: Mapping[str, str] = field(default_factory=dict)
    assumed_timezone: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def runs_of(
    told: Evaluation, tabled: Sequence[Tabled], *, source: Source, settings: IngestSettings
) -> Iterator[Run]:
    """Yield a run for each column."""
    variants = variants_of([one.tested for one in tabled])
    if n_alike(variants):
        told = replace(told, warnings=(*told.warnings, NOT_TOLD_APART))
    is_small = len(source.content) <= KEPT_BYTES
    for place, (one, variant) in enumerate(zip(tabled, variants, strict=True), start=1):
        outcomes = one.outcomes(variant)
        yield run_of(
            _facts(told, one, settings),
            list(outcomes) if is_small else outcomes,
            source=source,
            settings=settings,
            place=place,
            seen=one.seen,
        )


def tabled_of(
    found: Sorted, key: Hashable, number: int, tested: Tested, *, n_promised: int | None = None
) -> Tabled:
    """Return a column of results that are JSON text."""
    column = found.columns[key]
    by_position = column.is_bare(tested.template)

    def outcomes(variant: Variant) -> Outcomes:
        return Outcomes(found=found, column=column, variant=variant, by_position=by_position)

    return Tabled(
        number=number,
        tested=tested,
        outcomes=outcomes,
        n_taken=column.n_taken,
        seen=column.seen,
        n_promised=n_promised,
        pairable=not by_position,
        warnings=(*_column_warnings(column, tested), *((BARE,) if by_position else ())),
    )


def column_numbers(keys: Iterable[Hashable], *, first: int = 0) -> dict[Hashable, int]:
    """Return the numbers of columns, in their order.

    Args:
        keys: What tells the columns: the number that promptfoo gave, or something else.
        first: The number of the first column that has none.
    """
    others = []
    given = []
    for key in keys:
        given.append(key) if isinstance(key, int) else others.append(key)
    free = max([first, *(number + 1 for number in given)])
    named: dict[Hashable, int] = {number: number for number in sorted(given)}
    return named | {key: free + n for n, key in enumerate(others)}


def _facts(told: Evaluation, one: Tabled, settings: IngestSettings) -> RunFacts:
    """Return what is said of the run of a column."""
    tested, warnings = one.tested, [*told.warnings]
    if one.n_promised is not None and one.n_promised != one.n_taken:
        warnings.append(
            f"promptfoo counted {_counted(one.n_promised, 'result')} of this prompt and provider, "
            f"the file holds {one.n_taken}"
        )
    return RunFacts(
        run_id=f"{told.name}#p{one.number}",
        workflow_id=settings.workflow or told.workflow,
        started_at=told.started_at,
        duration_s=told.duration_s,
        tool=told.tool,
        tool_version=told.tool_version,
        git_sha=told.git.get("git_sha"),
        branch=told.git.get("branch"),
        pull_request=told.git.get("pull_request"),
        pairable=one.pairable,
        assumed_timezone=told.assumed_timezone,
        metadata={
            **told.metadata,
            **one.metadata,
            "prompt": tested.label,
            "provider": tested.provider_id,
            "provider_label": tested.provider_label,
        },
        warnings=(*warnings, *one.warnings),
    )


def _column_warnings(column: Column, tested: Tested) -> Iterator[str]:
    """Yield what a reader should know of a column of JSON rows."""
    if b'"pluginId"' in bytes(column.first.metadata):
        yield RED_TEAM
    if column.n_cached:
        yield (
            f"{_counted(column.n_cached, 'answer')} came from promptfoo's cache: without latency, "
            "and at the cost of the call that was saved"
        )
    if column.n_copies:
        yield (
            f"{_counted(column.n_copies, 'cached copy', 'cached copies')} of an answer to the same "
            "test left out: a copy is no repeat"
        )
    if column.n_stripped or tested.template == STRIPPED_PROMPT:
        yield f"prompts or answers {LEFT_OUT}"


def _counted(n: int, noun: str, nouns: str | None = None) -> str:
    return f"{n} {noun if n == 1 else nouns or noun + 's'}"
