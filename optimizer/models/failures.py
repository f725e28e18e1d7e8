"""Why a task did not succeed, read from its status and its message.

A task that timed out by status is a timeout whatever its message says. Otherwise the first
pattern that matches the message decides. Without a match the status does: an errored task is an
`api` failure, a failed one is `unclassified`, because a failed assertion need not say why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from optimizer.models.dataclass import dataclass


class FailureKind(StrEnum):
    """The class of a failure."""

    TIMEOUT = "timeout"
    API = "api"
    VALIDATION = "validation"
    LLM = "llm"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePattern:
    """A text that tells what went wrong.

    Attributes:
        reason: Short name of the cause: `rate_limit`.
        kind: The class it belongs to.
        pattern: Regular expression, searched in the message without regard to case.
    """

    reason: str
    kind: FailureKind
    pattern: str


def _any(reason: str, kind: FailureKind, *texts: str) -> FailurePattern:
    return FailurePattern(reason=reason, kind=kind, pattern="|".join(texts))


PATTERNS: tuple[FailurePattern, ...] = (
    _any(
        "rate_limit",
        FailureKind.LLM,
        r"rate.?limit",
        r"too many requests",
        r"\b429\b",
        r"quota exceeded",
        r"insufficient_quota",
        r"resource.?exhausted",
        r"overloaded",
    ),
    _any(
        "content_filter",
        FailureKind.LLM,
        r"content.?(filter|policy|management)",
        r"safety (filter|system|settings)",
        r"responsible.?ai",
        r"\bmoderation\b",
        r"blocked by .*(safety|policy)",
    ),
    _any(
        "context_length",
        FailureKind.LLM,
        r"context.?(length|window)",
        r"maximum (context|tokens)",
        r"max(imum)?.?tokens",
        r"too many tokens",
        r"token limit",
        r"prompt is too long",
    ),
    _any(
        "empty_output",
        FailureKind.LLM,
        r"(empty|no|blank) (output|response|completion)\b",
        r"returned nothing",
    ),
    _any(
        "refusal", FailureKind.LLM, r"\brefusal", r"refused to answer", r"model (refused|declined)"
    ),
    _any(
        "timeout",
        FailureKind.TIMEOUT,
        r"time[sd]?.?out",
        r"deadline.?exceeded",
        r"\b(408|504)\b",
        r"took too long",
    ),
    _any(
        "authentication",
        FailureKind.API,
        r"unauthori[sz]ed",
        r"forbidden",
        r"invalid.?api.?key",
        r"authentication",
        r"permission denied",
        r"\b(401|403)\b",
    ),
    _any(
        "connection",
        FailureKind.API,
        r"connection",
        r"connect error",
        r"refused to connect",
        r"network",
        r"\bdns\b",
        r"name resolution",
        r"unreachable",
        r"broken pipe",
        r"\b(ssl|tls)\b",
        r"socket",
        r"econn",
    ),
    _any(
        "server_error",
        FailureKind.API,
        r"(http|status|code|error)\W{0,3}5\d\d\b",
        r"\b50[0-4]\b",
        r"server error",
        r"bad gateway",
        r"service unavailable",
    ),
    _any("not_found", FailureKind.API, r"\b404\b", r"model.*not found", r"no such model"),
    _any(
        "schema",
        FailureKind.VALIDATION,
        r"schema",
        r"\b(json|yaml|xml)\b",
        r"pars(e|ing) error",
        r"(could not|failed to|cannot) parse",
        r"malformed",
        r"decode error",
        r"not valid",
        r"invalid (format|output|response|value)",
        r"missing (field|key)",
        r"value_error|type_error",
    ),
    _any(
        "assertion",
        FailureKind.VALIDATION,
        r"assert",
        r"expected",
        r"mismatch",
        r"(does|did) not (match|contain|equal)",
        r"not equal",
        r"validation",
        r"score .*below",
        r"below .*threshold",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a failure was.

    Attributes:
        kind: Its class.
        reason: Name of the pattern that matched, or None where the status alone decided.
    """

    kind: FailureKind
    reason: str | None


MESSAGE_CHARS = 2_000
"""What a message is about stands at its beginning; some patterns take long on long texts."""

BY_STATUS: Mapping[str, FailureKind] = {
    "timeout": FailureKind.TIMEOUT,
    "error": FailureKind.API,
    "failed": FailureKind.UNCLASSIFIED,
}


def classify(
    status: str, message: str | None, *, extra: Sequence[FailurePattern] = ()
) -> Failure | None:
    """Return what kind of failure a task was, or None where it is no failure.

    Args:
        status: The task's status; only `failed`, `timeout` and `error` are failures.
        message: What the executor said about it.
        extra: Patterns of the user's, tried before the built-in ones.
    """
    if status not in BY_STATUS:
        return None
    return _classify(status, (message or "")[:MESSAGE_CHARS], tuple(extra))


@lru_cache(maxsize=4096)
def _classify(status: str, message: str, extra: tuple[FailurePattern, ...]) -> Failure:
    if status == "timeout":
        return Failure(kind=FailureKind.TIMEOUT, reason=None)
    for pattern in (*extra, *PATTERNS):
        if message and _compiled(pattern.pattern).search(message):
            return Failure(kind=pattern.kind, reason=pattern.reason)
    return Failure(kind=BY_STATUS[status], reason=None)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
