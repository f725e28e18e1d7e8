"""Results of promptfoo as one JSON or YAML object: `promptfoo eval -o output.json`.

Written for promptfoo 0.60 to 0.123, results version 2 to 4 (`src/types/index.ts`, class
`OutputFile`; `src/util/output.ts` writes it). `promptfoo export eval` writes the same object.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from msgspec import Raw, Struct

from executor_bridge.amounts import number
from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.clock import Clock, UnusableTimeError
from executor_bridge.formats.promptfoo.cases import told_apart_by
from executor_bridge.formats.promptfoo.columns import Sorted, sorted_into_columns
from executor_bridge.formats.promptfoo.rows import Prompt, Row, promised
from executor_bridge.formats.promptfoo.runs import (
    RED_TEAM,
    WORKFLOW,
    Evaluation,
    Tabled,
    column_numbers,
    runs_of,
    tabled_of,
)
from executor_bridge.formats.promptfoo.variants import Tested, configs
from executor_bridge.lenient import Skipped, decoded
from executor_bridge.outcomes import NO_TIME, file_time
from executor_bridge.yaml_text import as_json
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Source

KNOWN_VERSION = 4
"""The newest version of results that the bridge was written for."""

LEAD_BYTES = 64
"""Bytes of which the first that is no white space tells JSON from YAML."""

MS_PER_S = 1000
GIT = {
    "git_sha": ("git_sha", "gitSha", "git.sha", "git.commit", "commit", "commitSha", "sha"),
    "branch": ("branch", "git_branch", "gitBranch", "git.branch", "ref"),
    "pull_request": ("pull_request", "pullRequest", "pr", "prNumber"),
}
"""What users call commit, branch and pull request in tags and metadata."""


class _Stats(Struct, rename="camel"):
    duration_ms: Any = None


class _TableHead(Struct):
    prompts: list[Prompt] = []


class _Table(Struct):
    head: _TableHead | None = None


class _Results(Struct):
    results: list[Raw]
    version: Any = None
    timestamp: str | None = None
    prompts: list[Prompt] | None = None
    stats: _Stats | None = None
    table: _Table | None = None


class _Config(Struct):
    description: Any = None
    providers: Any = None
    targets: Any = None
    tags: Any = None
    metadata: Any = None
    redteam: Any = None


class _Metadata(Struct, rename="camel"):
    promptfoo_version: str | None = None
    evaluation_created_at: str | None = None
    author: str | None = None


class _File(Struct, rename="camel"):
    results: _Results | list[Raw]
    eval_id: str | None = None
    config: _Config | None = None
    metadata: _Metadata | None = None


class Promptfoo:
    """The bridge of promptfoo's JSON and YAML files."""

    name: ClassVar[str] = "promptfoo"
    wants: ClassVar[str] = "evalId and results.version of promptfoo, in JSON or YAML"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="promptfoo: the JSON or YAML of `promptfoo eval -o` or `promptfoo export eval`",
        versions="results version 2 (with a table), 3 and 4; promptfoo 0.60 to 0.123",
        carried_over=(
            "one run for each prompt under each provider, named by evalId and #p with its column",
            "the prompt's text, the provider, and the parameters of the provider's configuration "
            "are the variant; the label of a prompt is only what it is called",
            "a test by metadata.testCaseId or id, else by description and variables; by its "
            "assertions too where only they differ; rows of one test under one prompt are repeats",
            "success: succeeded; failureReason 1: failed; anything else an error, a timeout where "
            "the evaluation timed out, cancelled where it was aborted; without failureReason a "
            "graded row failed and another is an error",
            "score, named scores and every assertion by its metric or type; --score names one",
            "tokens of the provider, apart from those of graders; cost and latency, 0 as unknown",
            "cached answers without latency; copies of an answer to the same test are left out "
            "and counted",
            "commit, branch and pull request from tags and metadata",
        ),
        lost=(
            "prompts as they were sent, where a test has variables",
            "configuration but for description, tags and parameters; traces; stats and metrics",
            "times of single tests: promptfoo writes none",
        ),
        example='{"evalId": "eval-1-2026-03-01T12:00:00", "config": {"description": "capitals"},\n'
        ' "results": {"version": 3, "timestamp": "2026-03-01T12:00:00Z",\n'
        '  "prompts": [{"raw": "Capital of {{country}}?", "label": "short",\n'
        '               "provider": "openai:gpt-4o-mini"}],\n'
        '  "results": [{"promptIdx": 0, "testIdx": 0, "success": true, "score": 1,\n'
        '    "failureReason": 0, "latencyMs": 412, "cost": 0.0001,\n'
        '    "provider": {"id": "openai:gpt-4o-mini"}, "vars": {"country": "France"},\n'
        '    "testCase": {"vars": {"country": "France"}}, "response": {"output": "Paris"},\n'
        '    "tokenUsage": {"prompt": 9, "completion": 1, "total": 10}}],\n'
        '  "stats": {"successes": 1, "failures": 0}}}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the object is an evaluation, or the results of an old one."""
        if head.shape not in (Shape.OBJECT, Shape.YAML):
            return False
        is_evaluation = head.has("evalId", "results") and "results.version" in head.inner
        return is_evaluation or head.has("version", "results", "stats", "table")

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the columns of a file as runs.

        Raises:
            FormatError: The file is damaged; the error says where.
        """
        text = source
        if bytes(source.content[:LEAD_BYTES]).lstrip()[:1] != b"{":
            text = as_json(source, settings)
            source = replace(text, content=source.content)
        file, results = _opened(text)
        skipped = Skipped(settings)
        head = _head(results)
        texts = _Listed(results.results)
        found = sorted_into_columns(texts, _Places(head).of, skipped, settings)
        tabled = [*_tabled(found, head, file.config)]
        told = _evaluation(file, results, skipped, source, settings)
        runs = runs_of(told, tabled, source=source, settings=settings)
        return skipped.reading(source, runs)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The results of an object."""

    texts: Sequence[Raw]

    def every(self) -> Iterator[tuple[str, Raw]]:
        """Yield the place and text of each."""
        yield from self.some(range(len(self.texts)))

    def some(self, numbers: Sequence[int]) -> Iterator[tuple[str, Raw]]:
        """Yield the place and text of those with these numbers."""
        for n in numbers:
            yield f"results.results[{n}]", self.texts[n]


class _Places:
    """Finds the column of a row: rows of old files do not say."""

    def __init__(self, head: Sequence[Prompt]) -> None:
        self._named: dict[tuple[str | None, str | None], list[int]] = defaultdict(list)
        for n, prompt in enumerate(head):
            self._named[prompt.label or prompt.raw, prompt.provider].append(n)
        self._met: Counter[Hashable] = Counter()

    def of(self, row: Row) -> Hashable:
        """Return the number of a row's column; label and provider where the head has none.

        Where several have the same label and provider, the rows of a test are dealt out in turn.
        """
        if row.prompt_idx is not None:
            return row.prompt_idx
        label, provider = row.rendered.label, row.provider_label or row.provider_id
        places = self._named.get((label, provider))
        if not places:
            return label, provider
        turn = 0
        if len(places) > 1:
            key = (label, provider, told_apart_by(row))
            turn = self._met[key] % len(places)
            self._met[key] += 1
        return places[turn]


def _opened(source: Source) -> tuple[_File, _Results]:
    """Return the envelope and the results in it; old files are results without an envelope."""
    file = decoded(source.content, _File, source)
    if isinstance(file.results, _Results):
        return file, file.results
    return file, decoded(source.content, _Results, source)


def _head(results: _Results) -> Sequence[Prompt]:
    """Return the prompts, each with its provider."""
    if results.prompts is not None:
        return results.prompts
    table = results.table
    return table.head.prompts if table is not None and table.head is not None else []


def _tabled(found: Sorted, head: Sequence[Prompt], config: _Config | None) -> Iterator[Tabled]:
    """Yield the columns with what the head and the configuration say of them."""
    numbers = column_numbers(found.columns, first=len(head))
    prompts = [head[n] if 0 <= n < len(head) else Prompt() for n in numbers.values()]
    firsts = [found.columns[key].first for key in numbers]
    asked = [
        (
            first.provider_id or prompt.provider,
            first.provider_label,
            prompt.raw or first.rendered.label,
        )
        for first, prompt in zip(firsts, prompts, strict=True)
    ]
    providers = config and (config.providers or config.targets)
    settings = configs(providers, asked)
    for key, prompt, first, (provider_id, label, _), own in zip(
        numbers, prompts, firsts, asked, settings, strict=True
    ):
        tested = Tested(
            template=prompt.raw,
            label=prompt.label or first.rendered.label or prompt.raw or "",
            prompt_id=prompt.id or first.prompt_id or None,
            provider_id=provider_id,
            provider_label=label,
            config={**own, **_dict(prompt.config)},
        )
        yield tabled_of(found, key, numbers[key], tested, n_promised=promised(prompt))


def _evaluation(
    file: _File, results: _Results, skipped: Skipped, source: Source, settings: IngestSettings
) -> Evaluation:
    """Return what the file says of the evaluation as a whole."""
    config, metadata = file.config or _Config(), file.metadata or _Metadata()
    clock = Clock(settings.assume_timezone)
    started_at = _started(clock, (metadata.evaluation_created_at, results.timestamp), source)
    duration_ms = number(results.stats and results.stats.duration_ms)
    warnings = [
        *(() if started_at else (NO_TIME,)),
        *_version_warnings(results.version),
        *((RED_TEAM,) if config.redteam else ()),
        *skipped.warnings(),
    ]
    description = config.description if isinstance(config.description, str) else None
    return Evaluation(
        tool=Promptfoo.name,
        name=file.eval_id or f"eval-{source.sha256[:16]}",
        workflow=description or _tag_text(config.tags) or WORKFLOW,
        started_at=started_at or file_time(source),
        duration_s=None if duration_ms is None else duration_ms / MS_PER_S,
        tool_version=metadata.promptfoo_version,
        git=_git(config),
        assumed_timezone=clock.zone_name if clock.n_naive else None,
        metadata={
            "evalId": file.eval_id,
            "description": description,
            "tags": config.tags or None,
            "author": metadata.author,
            "results_version": results.version,
        },
        warnings=tuple(warnings),
    )


def _started(clock: Clock, candidates: Sequence[str | None], source: Source) -> datetime | None:
    """Return the first time that is one, None where none is given."""
    for text in candidates:
        if text:
            try:
                return clock.utc(datetime.fromisoformat(text))
            except UnusableTimeError as error:
                fault = Fault(place="results.timestamp", found=text, expected=str(error))
                raise FormatError(source.path, (fault,)) from error
            except ValueError:
                continue
    return None


def _version_warnings(version: object) -> Iterator[str]:
    found = number(version)
    if found is not None and found > KNOWN_VERSION:
        yield (
            f"promptfoo results version {version} is newer than known ({KNOWN_VERSION}): what is "
            "understood was read"
        )


def _tag_text(tags: object) -> str | None:
    """Return tags as a text, None where there are none."""
    if isinstance(tags, dict):
        return ", ".join(f"{name}={value}" for name, value in sorted(tags.items())) or None
    return None


def _git(config: _Config) -> dict[str, str]:
    """Return what tags and metadata say of commit, branch and pull request."""
    said: dict[str, Any] = {}
    for told in (config.metadata, config.tags):
        if isinstance(told, dict):
            said |= told
            said |= {f"git.{k}": v for k, v in _dict(told.get("git")).items()}
    found = {
        field: next((str(said[name]) for name in names if said.get(name)), "")
        for field, names in GIT.items()
    }
    return {field: value for field, value in found.items() if value}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
