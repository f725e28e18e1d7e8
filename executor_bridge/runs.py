"""Header and rows of a run, made of what a foreign tool says.

What holds whatever the tool is done here: no latency of an answer from a cache, a latency cut off
by a limit is only a bound, repeats are numbered by content, task ids are unique, failures are
classified, absurd numbers are unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from executor_bridge.amounts import number
from executor_bridge.json_text import ESCAPE, has_lone_surrogate
from executor_bridge.outcomes import Outcome, RunFacts, short_name
from executor_bridge.seen import Seen, TextCounts
from optimizer.models.dataclass import dataclass
from optimizer.models.failures import BY_STATUS, FailurePattern, classify
from optimizer.models.ingest import IngestSettings
from optimizer.models.redaction import redact
from optimizer.models.tasks import (
    Origin,
    Run,
    RunHeader,
    Score,
    Source,
    TaskRow,
    new_row,
    text_sha256,
)


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


def as_text(value: Mapping[str, Any]) -> str:
    """Return an object as JSON text.

    For payloads that stood in the file as they are: their secrets were blanked with its other
    text, so that searching each of them again, which takes most of the time, is spared.
    """
    try:
        return msgspec.json.encode(value, enc_hook=str).decode()
    except OverflowError:  # whole numbers beyond 64 bits
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


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
        repeats: dict[str, TextCounts] = {}
        keys = TextCounts()
        patterns = self.settings.patterns()
        for told in self.outcomes:
            seen.n += 1
            yield self._row(told, repeats, keys, patterns)

    def _row(
        self,
        told: Outcome,
        repeats: dict[str, TextCounts],
        keys: TextCounts,
        patterns: Sequence[FailurePattern],
    ) -> TaskRow:
        case_id, settings = short_name(told.case_id), self.settings
        cases = repeats.get(told.variant.variant_id)
        if cases is None:
            cases = repeats[told.variant.variant_id] = TextCounts()
        n_before = cases.add(case_id)
        repeat = n_before if told.repeat is None else told.repeat
        n_same = keys.add(told.key)
        task_id = f"{told.key}#{n_same + 1}" if n_same else told.key
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
