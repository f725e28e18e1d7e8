"""What a foreign tool says of a run and its tasks; `runs` makes header and rows of it.

A bridge fills in what its file says and leaves the rest out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

import msgspec

from executor_bridge.meaning import canonical, variant
from executor_bridge.metadata import RunMetadata, TaskMetadata
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import (
    CaseSource,
    Score,
    Source,
    Variant,
    content_case_id,
    text_sha256,
)

NAME_CHARS = 200
"""A longer name of a case, variant or scorer is cut, and a hash of all of it put behind."""

CUT_CHARS = 160
HASH_CHARS = 16
NORMAL = "normal"


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


def short_name(name: str) -> str:
    """Return a name that can be shown: one that is too long is cut and told apart by a hash."""
    if len(name) <= NAME_CHARS:
        return name
    return f"{name[:CUT_CHARS]}#{text_sha256(name)[:HASH_CHARS]}"
