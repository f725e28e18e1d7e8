"""Failures that say the same once numbers, names and quotes are stripped, counted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from optimizer.models.failures import classify
from optimizer.models.optimization import CaseResult, Diagnosis, FailureCluster, Shown

MESSAGE_CHARS = 240
"""What a message is about stands at its beginning; the rest is what was compared."""

SAYS_NOTHING = "nothing was said"
TRACEBACK = "Traceback (most recent call last)"

VARYING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b\w++://\S+|[\w.+-]++@[\w-]+\.\w+"), "<address>"),
    (re.compile(r"\"(?:\\.|[^\"\\])*+\"?|`[^`]*`?|“[^”]*”?|«[^»]*»?"), "<text>"),
    (re.compile(r"(?<!\w)'(?:\\.|[^'\\]|(?<=\w)'(?=\w))*'(?!\w)"), "<text>"),
    (re.compile(r"(?<![\w.~-])(?:[A-Za-z]:)?[\w.~-]*+(?:[/\\][\w.~-]++){2,}+"), "<path>"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<n>"),
    (re.compile(r"(?<!\w)[-+]?[^\W\d]*+\d\w*+(?:[.,:-]\w*\d\w*+)*+%?"), "<n>"),
    (re.compile(r"\b[0-9a-f]{8,}\b", re.IGNORECASE), "<n>"),
)
"""What differs between failures of one kind, in the order in which it is taken out."""

INNERMOST = re.compile(r"[\[{][^\[\]{}]*[\]}]")
REPEATED = re.compile(r"(<\w+>)(?:[\s,;|]*\1)+")
SPACES = re.compile(r"\s+")


FORMAT_WORDS = (
    "json",
    "schema",
    "parse",
    "parser",
    "parsed",
    "parsing",
    "format",
    "malformed",
    "decode",
    "delimiter",
    "xml",
    "yaml",
    "csv",
    "markdown",
    "regex",
    "does not match the pattern",
    "label not found",
    "no label",
    "unknown label",
    "invalid label",
    "not one of",
    "missing key",
    "missing field",
    "required property",
    "required field",
    "extra text",
    "code fence",
)
"""What a message says where the answer had the wrong form; anything else is its content."""

_FORM = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, FORMAT_WORDS))})(?!\w)")


def diagnose(shown: Iterable[Shown]) -> Diagnosis:
    """Return the kinds of failures among results, the most frequent first."""
    n = n_passed = 0
    of_prompt: dict[str, list[Shown]] = defaultdict(list)
    of_others: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        if one.result.infrastructure:
            of_others[signature(one.result)].append(one)
            continue
        n += 1
        n_passed += one.result.passed
        if not one.result.passed:
            of_prompt[signature(one.result)].append(one)
    return Diagnosis(
        n=n,
        n_passed=n_passed,
        clusters=_ordered(of_prompt),
        infrastructure=_ordered(of_others),
    )


def signature(result: CaseResult) -> str:
    """Return what a failure has in common with its like: its reason and its message, stripped."""
    said = _stripped(_telling(result.error_message or ""))
    failure = classify(result.status, said)
    reason = result.status if failure is None else failure.reason or failure.kind.value
    if result.infrastructure and result.failure_kind:
        reason = result.failure_kind
    return f"{reason}: {said or SAYS_NOTHING}"


def is_of_form(cluster: FailureCluster) -> bool:
    """Tell whether failures are about the form of an answer rather than about what it says."""
    return _FORM.search(cluster.signature.casefold()) is not None


def _ordered(found: dict[str, list[Shown]]) -> tuple[FailureCluster, ...]:
    ordered = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    return tuple(FailureCluster(signature=key, failures=tuple(ones)) for key, ones in ordered)


def _telling(message: str) -> str:
    """Return the part of a message that tells what is wrong: of a traceback the last line."""
    if TRACEBACK in message:
        lines = [line for line in message.splitlines() if line.strip()]
        message = lines[-1]
    return message.strip()[:MESSAGE_CHARS]


@lru_cache(maxsize=4096)
def _stripped(message: str) -> str:
    for pattern, name in VARYING:
        message = pattern.sub(name, message)
    while (shorter := INNERMOST.sub("<data>", message)) != message:
        message = shorter
    return SPACES.sub(" ", REPEATED.sub(r"\1", message)).strip().casefold()
