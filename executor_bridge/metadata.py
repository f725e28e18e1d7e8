"""The keys that are read from the metadata of a run or a task; all others are only kept.

A key whose value is of no use is ignored and counted, never an error: metadata is free text of
the executor's, and a key may mean something else there.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec
from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

from executor_bridge.limits import Amount, Count, Rate
from optimizer.models.tasks import Origin, Score


class Metadata(Struct, gc=False):
    """What both a run and a task may say; the task's word counts."""

    prompt: str | None = None
    prompt_variant: str | None = None
    prompt_id: str | None = None
    prompt_sha256: str | None = None
    model: str | None = None
    provider: str | None = None
    parameters: dict[str, Any] | None = None
    unknown_fields: list[str] | None = None


class SaidScore(Struct, gc=False):
    """What one scorer said; see `Score`."""

    name: Annotated[str, Meta(min_length=1)]
    value: float | None = None
    passed: bool | None = None
    reason: str | None = None


class SaidOrigin(Struct, gc=False):
    """What a tool said beyond the common fields; see `Origin`."""

    row_key: str | None = None
    request_id: str | None = None
    tokens_cached: Count | None = None
    judge_tokens: Count | None = None
    judge_cost_usd: Amount | None = None
    censored_ms: Amount | None = None
    cost_source: str | None = None
    scores: list[SaidScore] = []

    def record(self) -> Origin:
        """Return it as a record."""
        return Origin(
            self.row_key,
            self.request_id,
            self.tokens_cached,
            self.judge_tokens,
            self.judge_cost_usd,
            self.censored_ms,
            self.cost_source,
            tuple(Score(s.name, s.value, s.passed, s.reason) for s in self.scores),
        )


class TaskMetadata(Metadata, gc=False):
    """What a task may say."""

    case_id: str | int | None = None
    repeat: Count | None = None
    score: Rate | None = None
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    cached: bool | None = None
    family: str | None = None
    tenant: str | None = None
    task_type: str | None = None
    origin: SaidOrigin | None = None


class RunMetadata(Metadata, gc=False):
    """What a run may say."""

    git_sha: str | None = None
    branch: str | None = None
    pull_request: str | int | None = None
    pairable: bool | None = None


Kind = TypeVar("Kind", bound=Metadata)

EXPECTED = {
    "prompt": "a text",
    "prompt_variant": "a text",
    "prompt_id": "a text",
    "prompt_sha256": "a text",
    "model": "a text",
    "provider": "a text",
    "parameters": "an object",
    "unknown_fields": "a list of field names",
    "case_id": "a text or a whole number",
    "repeat": "a whole number from 0 on",
    "score": "a number from 0 to 1",
    "tokens_in": "a whole number from 0 on",
    "tokens_out": "a whole number from 0 on",
    "cached": "true or false",
    "family": "a text",
    "tenant": "a text",
    "task_type": "a text",
    "origin": "an object: row_key, request_id, tokens_cached, judge_tokens, judge_cost_usd, "
    "censored_ms, cost_source, scores",
    "git_sha": "a text",
    "branch": "a text",
    "pull_request": "a text or a whole number",
    "pairable": "true or false",
}


decode_task_metadata = Decoder(TaskMetadata).decode
decode_metadata = Decoder(list[TaskMetadata]).decode
VALUE_DECODERS: dict[type[Metadata], dict[str, Decoder[Any]]] = {
    kind: {key: Decoder(hint) for key, hint in get_type_hints(kind, include_extras=True).items()}
    for kind in (RunMetadata, TaskMetadata)
}


def usable(raw: Raw, kind: type[Kind], ignored: Counter[str]) -> Kind:
    """Return the keys of metadata that are of use, and count the others by name.

    Raises:
        msgspec.DecodeError: The metadata is no JSON object.
    """
    said = msgspec.json.decode(raw, type=dict[str, Raw] | None)
    found = kind()
    for key, decoder in VALUE_DECODERS[kind].items():
        if said and key in said:
            try:
                setattr(found, key, decoder.decode(said[key]))
            except msgspec.ValidationError:
                ignored[key] += 1
    return found


def ignored_warnings(owner: str, ignored: Counter[str]) -> list[str]:
    """Return a sentence on each key that was ignored.

    Args:
        owner: Whose metadata: `task` or `run`.
        ignored: How many values of each key were.
    """
    return [
        f"{owner} metadata `{key}`: {n} {'value' if n == 1 else 'values'} ignored, "
        f"expected {EXPECTED[key]}"
        for key, n in sorted(ignored.items())
    ]
