"""Why a task did not succeed, read from its status and its message.

A task that timed out by status is a timeout whatever its message says. Otherwise the first
pattern that matches the message decides. Without a match the status does: an errored task is an
`api` failure, a failed one is `unclassified`, because a failed assertion need not say why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


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


PATTERNS: tuple[FailurePattern, ...] = tuple(
    FailurePattern(reason=reason, kind=kind, pattern=pattern)
    for reason, kind, pattern in (
        (
            "rate_limit",
            FailureKind.LLM,
            r"rate.?limit|too many requests|\b429\b|quota exceeded|insufficient_quota|resource.?exhausted|overloaded",
        ),
        (
            "content_filter",
            FailureKind.LLM,
            r"content.?(filter|policy|management)|safety (filter|system|settings)|responsible.?ai|\bmoderation\b|blocked by .*(safety|policy)",
        ),
        (
            "context_length",
            FailureKind.LLM,
            r"context.?(length|window)|maximum (context|tokens)|max(imum)?.?tokens|too many tokens|token limit|prompt is too long",
        ),
        (
            "empty_output",
            FailureKind.LLM,
            r"(empty|no|blank) (output|response|completion)\b|returned nothing",
        ),
        ("refusal", FailureKind.LLM, r"\brefus(al|ed to answer)|model (refused|declined)"),
        (
            "timeout",
            FailureKind.TIMEOUT,
            r"time[sd]?.?out|deadline.?exceeded|\b(408|504)\b|took too long",
        ),
        (
            "authentication",
            FailureKind.API,
            r"unauthori[sz]ed|forbidden|invalid.?api.?key|authentication|permission denied|\b(401|403)\b",
        ),
        (
            "connection",
            FailureKind.API,
            r"connection|connect error|network|\bdns\b|name resolution|unreachable|broken pipe|\bssl\b|\btls\b|socket|econn|refused to connect",
        ),
        (
            "server_error",
            FailureKind.API,
            r"\b5\d\d\b|internal server error|bad gateway|service unavailable|server error",
        ),
        ("not_found", FailureKind.API, r"\b404\b|model.*not found|no such model"),
        (
            "schema",
            FailureKind.VALIDATION,
            r"schema|\bjson\b|\byaml\b|\bxml\b|pars(e|ing) error|could not parse|failed to parse|malformed|decode error|not valid|invalid (format|output|response|value)|missing (field|key)",
        ),
        (
            "assertion",
            FailureKind.VALIDATION,
            r"assert|expected|mismatch|does not (match|contain|equal)|did not (match|contain|equal)|not equal|validation|score .*below|below .*threshold",
        ),
    )
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
    return _classify(status, message or "", tuple(extra))


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
