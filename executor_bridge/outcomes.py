"""What a foreign tool says of a run and its tasks, and the header and rows made of it.

A bridge fills in what its file says and leaves the rest out. What holds whatever the tool is done
here: no latency of an answer from a cache, a latency cut off by a limit is only a bound, repeats
are numbered by content, task ids are unique, failures are classified, absurd numbers are unknown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from executor_bridge.files.redaction import redact
from executor_bridge.json_text import ESCAPE, has_lone_surrogate
from executor_bridge.meaning import canonical, variant
from executor_bridge.metadata import RunMetadata, TaskMetadata
from executor_bridge.seen import Seen
from optimizer.models.failures import BY_STATUS, FailurePattern, classify
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import (
    CaseSource,
    Origin,
    Run,
    RunHeader,
    Score,
    Source,
    TaskRow,
    Variant,
    content_case_id,
    text_sha256,
)

NAME_CHARS = 200
"""A longer name of a case, variant or scorer is cut, and a hash of all of it put behind."""

CUT_CHARS = 160
HASH_CHARS = 16
NORMAL = "normal"

new_row: Callable[[tuple[object, ...]], TaskRow] = partial(tuple.__new__, TaskRow)
"""Makes a row of its values in order, in half the time that calling `TaskRow` takes."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a tool says of one case executed once; None is what it does not say.

    Attributes:
        key: What finds the row again in its file; unique in its run where the tool sees to it.
        case_id: Which case; see `case_of_content` for one without a name.
        case_source: How that is known.
        variant: What was executed.
        status: succeeded, failed, timeout, error or cancelled.
        message: Why it failed, in the tool's words.
        repeat: Which repetition of the case, counted from 0; numbered by order where None.
        score: The primary score, 0 to 1.
        scores: What each scorer said.
        latency_ms: Wall time of the call.
        cached: Whether the answer came from a cache.
        tokens: All tokens of the call; the sum of in and out where None.
        tokens_in: Prompt tokens, those read from the provider's cache included.
        tokens_out: Completion tokens.
        tokens_cached: Prompt tokens that the provider read from its cache.
        cost_usd: Price of the call; never 0 for unknown.
        judge_tokens: Tokens of those who graded.
        judge_cost_usd: Price of grading.
        attempts: How often the executor tried.
        dataset: Data set the case belongs to.
        scenario: normal, boundary, error or custom.
        family: What the case was derived from.
        tenant: On whose behalf.
        task_type: Kind of work.
        request_id: The id of its request or trace.
        created_at: When it began, UTC; when the run began where None.
        finished_at: When it ended, UTC.
        inputs: What was put in: an object, or its JSON text.
        outputs: What came out: an object, or its JSON text.
        metadata: What else is said of it: an object, or its JSON text.
    """

    key: str
    case_id: str
    variant: Variant
    status: str
    case_source: CaseSource = CaseSource.GIVEN
    message: str | None = None
    repeat: int | None = None
    score: float | None = None
    scores: tuple[Score, ...] = ()
    latency_ms: float | None = None
    cached: bool | None = None
    tokens: int | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    cost_usd: float | None = None
    judge_tokens: int | None = None
    judge_cost_usd: float | None = None
    attempts: int = 1
    dataset: str | None = None
    scenario: str = NORMAL
    family: str | None = None
    tenant: str | None = None
    task_type: str | None = None
    request_id: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    inputs: Mapping[str, Any] | str | None = None
    outputs: Mapping[str, Any] | str | None = None
    metadata: Mapping[str, Any] | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a tool says of one run.

    Attributes:
        run_id: Its name; the same file must give the same one.
        workflow_id: What was tested.
        started_at: When it began, UTC; see `file_time` where the tool does not say.
        finished_at: When it ended, UTC; None: at the end of its last task, as far as known.
        duration_s: How long it took in seconds by the tool's own account, or None.
        tool: Name of the bridge.
        tool_version: Version the tool wrote, or None.
        git_sha: Commit under test, or None.
        branch: Branch under test, or None.
        pull_request: Pull request under test, or None.
        pairable: False where its cases are not those of other runs.
        assumed_timezone: Zone given to times that carried none, or None where all did.
        metadata: What else the tool says of the run, plain values only.
        warnings: What a reader should know of how it was read.
        choices: What decided how the file was read beside the settings that all bridges share.
    """

    run_id: str
    workflow_id: str
    started_at: datetime
    finished_at: datetime | None = None
    duration_s: float | None = None
    tool: str
    tool_version: str | None = None
    git_sha: str | None = None
    branch: str | None = None
    pull_request: str | None = None
    pairable: bool = True
    assumed_timezone: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    choices: str = ""


def run_of(
    facts: RunFacts,
    outcomes: Iterable[Outcome],
    *,
    source: Source,
    settings: IngestSettings,
    place: int = 1,
    seen: Seen | None = None,
) -> Run:
    """Return a run made of what a tool says.

    Args:
        facts: Of the run.
        outcomes: Of its tasks. A list is turned into rows at once; anything else is gone through
            once now and again whenever the rows are asked for, so that long files need not be
            kept in memory.
        source: The file.
        settings: How files are read.
        place: Where in the file the run stands, counted from 1.
        seen: What the outcomes are together, where that is known: then they are not gone through
            now.
    """
    rows = _Rows(facts=facts, outcomes=outcomes, settings=settings)
    tasks: Iterable[TaskRow] = rows
    if isinstance(outcomes, list):
        tasks = list(rows)
    elif seen is None:
        for _ in rows:
            pass
    seen = seen or rows.seen
    finished_at = max(facts.started_at, facts.finished_at or seen.last_at or facts.started_at)
    header = RunHeader(
        run_id=short_name(facts.run_id),
        workflow_id=short_name(facts.workflow_id),
        started_at=facts.started_at,
        finished_at=finished_at,
        duration_s=facts.duration_s,
        n_tasks=seen.n,
        content_sha256=text_sha256(
            f"{source.sha256}:{facts.run_id}:{_choices(settings)}{facts.choices}"
        ),
        place=place,
        tool=facts.tool,
        tool_version=facts.tool_version,
        git_sha=facts.git_sha,
        branch=facts.branch,
        pull_request=facts.pull_request,
        pairable=facts.pairable,
        assumed_timezone=facts.assumed_timezone,
        metadata=_text(facts.metadata, settings) or "{}",
        warnings=(*facts.warnings, *seen.warnings(settings.score)),
    )
    return Run(header=header, tasks=tasks)


def look(told: Outcome, seen: Seen) -> None:
    """Take the numbers and the times of an outcome into account, as a row of it would."""
    seen.n += 1
    seen.rate(told.score)
    latency_ms = seen.amount("latency", told.latency_ms or None)
    seen.amount("cost", told.cost_usd)
    seen.amount("judge cost", told.judge_cost_usd)
    seen.count("tokens", told.tokens)
    seen.count("tokens in", told.tokens_in)
    seen.count("tokens out", told.tokens_out)
    seen.count("cached tokens", told.tokens_cached)
    seen.count("judge tokens", told.judge_tokens)
    last = _end_of(told, latency_ms)
    if last is not None and (seen.last_at is None or last > seen.last_at):
        seen.last_at = last


def file_time(source: Source) -> datetime:
    """Return when a file was last changed, for a tool that does not say when it ran."""
    if source.modified_at is None:
        raise ValueError(f"{source.path}: the time it was received must be given")
    return source.modified_at


NO_TIME = "when it ran is not recorded: the file's own time is taken"
"""Warning of a run whose times are those of its file."""


def variant_of(
    label: str,
    *,
    prompt: str | None = None,
    prompt_id: str | None = None,
    prompt_sha256: str | None = None,
    provider: str | None = None,
    model: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Variant:
    """Return a variant: its identity is the hash of prompt, provider, model and parameters.

    Make each variant of a file once and use it for all its tasks.
    """
    told = TaskMetadata(
        prompt=prompt,
        prompt_id=prompt_id,
        prompt_sha256=prompt_sha256,
        provider=provider,
        model=model,
        parameters=dict(parameters) if parameters else None,
    )
    return variant(told, RunMetadata(), label=short_name(label))


def case_of_content(content: object, *, dataset: str | None = None) -> str:
    """Return the identity of a case that has no name: a hash of what makes it up."""
    return content_case_id(dataset, canonical(content))


def as_text(value: Mapping[str, Any]) -> str:
    """Return an object as JSON text.

    For payloads that stood in the file as they are: their secrets were blanked with its other
    text, so that searching each of them again, which takes most of the time, is spared.
    """
    try:
        return msgspec.json.encode(value, enc_hook=str).decode()
    except OverflowError:  # whole numbers beyond 64 bits
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


def short_name(name: str) -> str:
    """Return a name that can be shown: one that is too long is cut and told apart by a hash."""
    if len(name) <= NAME_CHARS:
        return name
    return f"{name[:CUT_CHARS]}#{text_sha256(name)[:HASH_CHARS]}"


def number(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    if value is None:
        return None
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        try:
            value = float(value)
        except OverflowError:
            return None
    return value if math.isfinite(value) else None


def whole(value: object) -> int | None:
    """Return a count as a whole number, None where it is none."""
    if value is None or type(value) is int:
        return value
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def known(value: object) -> float | None:
    """Return an amount that was measured: None for 0, which tools write for unknown."""
    if not value:
        return None
    return value if type(value) is float and math.isfinite(value) else number(value) or None


def _choices(settings: IngestSettings) -> str:
    """Return the settings that change what is read of a file, as a text."""
    return settings.model_dump_json(include={"score", "pass_score", "workflow"})


@dataclass(slots=True, kw_only=True)
class _Rows:
    """The task rows of a run, made anew whenever they are asked for."""

    facts: RunFacts
    outcomes: Iterable[Outcome]
    settings: IngestSettings
    seen: Seen = field(default_factory=Seen)

    def __iter__(self) -> Iterator[TaskRow]:
        seen = self.seen
        seen.n, seen.last_at = 0, None
        seen.n_scored = 0
        seen.n_dropped.clear()
        repeats: dict[str, dict[str, int]] = {}
        keys: dict[str, int] = {}
        patterns = self.settings.patterns()
        for told in self.outcomes:
            seen.n += 1
            yield self._row(told, repeats, keys, patterns)

    def _row(
        self,
        told: Outcome,
        repeats: dict[str, dict[str, int]],
        keys: dict[str, int],
        patterns: Sequence[FailurePattern],
    ) -> TaskRow:
        case_id, settings = short_name(told.case_id), self.settings
        cases = repeats.setdefault(told.variant.variant_id, {})
        n_before = cases.get(case_id, 0)
        cases[case_id] = n_before + 1
        repeat = n_before if told.repeat is None else told.repeat
        n_same = keys[told.key] = keys.get(told.key, 0) + 1
        task_id = told.key if n_same == 1 else f"{told.key}#{n_same}"
        kind = reason = None
        if told.status in BY_STATUS:
            failure = classify(told.status, told.message, extra=patterns)
            if failure is not None:
                kind, reason = failure.kind.value, failure.reason
        seen = self.seen
        if settings.score is not None:
            seen.scorers.update((score.name, None) for score in told.scores)
        latency_ms = seen.amount("latency", told.latency_ms or None)
        is_cut_off = told.status == "timeout"
        tokens_in = seen.count("tokens in", told.tokens_in)
        tokens_out = seen.count("tokens out", told.tokens_out)
        tokens = seen.count("tokens", told.tokens)
        if tokens is None and tokens_in is not None and tokens_out is not None:
            tokens = tokens_in + tokens_out
        created_at, finished_at = self._times(told, latency_ms)
        origin = Origin(
            told.key,
            told.request_id,
            seen.count("cached tokens", told.tokens_cached),
            seen.count("judge tokens", told.judge_tokens),
            seen.amount("judge cost", told.judge_cost_usd),
            latency_ms if is_cut_off and not told.cached else None,
            scores=tuple([_finite(score) for score in told.scores]),
        )
        values = (
            short_name(task_id),
            case_id,
            told.case_source,
            repeat,
            told.variant,
            told.dataset or None,
            told.scenario,
            told.status,
            kind,
            reason,
            told.message or None,
            seen.rate(told.score),
            None if told.cached or is_cut_off else latency_ms,
            tokens,
            tokens_in,
            tokens_out,
            seen.amount("cost", told.cost_usd),
            told.cached,
            told.attempts,
            told.family,
            told.tenant,
            told.task_type,
            created_at,
            finished_at,
            _text(told.inputs, settings),
            _text(told.outputs, settings),
            _text(told.metadata, settings),
            None,
            origin,
        )
        return new_row(values)

    def _times(self, told: Outcome, latency_ms: float | None) -> tuple[datetime, datetime | None]:
        """Return when a task began and ended, and remember the last end."""
        created_at = told.created_at or self.facts.started_at
        last = _end_of(told, latency_ms) or created_at
        if self.seen.last_at is None or last > self.seen.last_at:
            self.seen.last_at = last
        return created_at, told.finished_at


def _end_of(told: Outcome, latency_ms: float | None) -> datetime | None:
    """Return when a task ended, or at least began, as far as is said."""
    if told.finished_at is not None or told.created_at is None or latency_ms is None:
        return told.finished_at or told.created_at
    return told.created_at + timedelta(milliseconds=latency_ms)


def _finite(score: Score) -> Score:
    """Return a score whose value is a number or unknown: NaN is how tools write unscored."""
    name, value = short_name(score.name), number(score.value)
    if name is score.name and value is score.value:
        return score
    return Score(name, value, score.passed, score.reason)


def _text(value: Mapping[str, Any] | str | None, settings: IngestSettings) -> str | None:
    """Return a payload as JSON text, None where there is nothing in it."""
    if not value or value == "{}":
        return None
    if isinstance(value, str):
        return ESCAPE.sub(_whole_escape, value) if has_lone_surrogate(value) else value
    text = as_text(value)
    if settings.redact:
        text = redact(text.encode(), settings.redact_patterns).content.decode()
    return text


def _whole_escape(match: re.Match[str]) -> str:
    """Return an escape, that of half a surrogate pair as that of the replacement character."""
    return r"\ufffd" if match["lone"] else match[0]
