"""Variables against their declaration: lost or misspelled is critical, unannounced a warning."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from optimizer.models.contract import IssueSeverity, IssueType, PromptIssue
from optimizer.promptcheck.findings import capped, quoted
from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.variables import Variable

MISSPELLING_CUTOFF = 0.7  # difflib's similarity, 0 to 1; `review` and `reviews` have 0.92
MAX_CANDIDATES = 100  # undeclared names compared; more would only cost time

SUPPLIED_BY_DIFY = ("context", "histories", "query", "sys", "env", "conversation")
"""Names and first parts of names that Dify fills without declaration."""

_DELIMITERS = "{}#$% \t\r\n"


def variable_issues(reading: Reading, declared: Sequence[str]) -> list[PromptIssue]:
    """Return the declared variables the text lacks, then those it uses without declaration.

    A name that reads as a misspelling of a lost variable is reported with that, not for itself.
    """
    uses = _unannounced(reading, declared)
    lost = {name: _resembling(name, list(uses)) for name in _missing(reading, declared)}
    misspellings = set(lost.values())
    undeclared = (use for name, use in uses.items() if name not in misspellings)
    return [
        *capped(_lost(reading, name, uses.get(other or "")) for name, other in lost.items()),
        *capped(_undeclared(reading, use) for use in undeclared),
    ]


def _lost(reading: Reading, name: str, misspelling: Variable | None) -> PromptIssue:
    description = f"Declared variable {quoted(name)} is not in the text"
    suggestion = f"Put {quoted(name)} where its value belongs, or declare it no longer."
    if misspelling:
        other = quoted(misspelling.name)
        description += f"; {other} looks like a misspelling of it"
        suggestion = f"Rename {other} to {quoted(name)}."
    return PromptIssue(
        severity=IssueSeverity.CRITICAL,
        type=IssueType.AMBIGUOUS_INSTRUCTIONS,
        description=f"{description}.",
        location=reading.location(misspelling.start) if misspelling else None,
        suggestion=suggestion,
    )


def _undeclared(reading: Reading, use: Variable) -> PromptIssue:
    return PromptIssue(
        severity=IssueSeverity.WARNING,
        type=IssueType.AMBIGUOUS_INSTRUCTIONS,
        description=f"Variable {quoted(use.name)} is used but not declared.",
        location=reading.location(use.start),
        suggestion=f"Declare {quoted(use.name)}, or remove it from the text.",
    )


def _missing(reading: Reading, declared: Sequence[str]) -> list[str]:
    used = {name for variable in reading.variables for name in (variable.name, variable.root)}
    return [name for name in _plain(declared) if name not in used]


def _unannounced(reading: Reading, declared: Sequence[str]) -> dict[str, Variable]:
    """Return the first use of each name that nothing declares and that can be nothing else.

    A single brace in code is taken for code, and so is one in a prompt with double braces.
    """
    announced = set(_plain(declared))
    uses: dict[str, Variable] = {}
    has_double = any(v.kind in (SpanKind.EXPRESSION, SpanKind.DIFY) for v in reading.variables)
    for variable in reading.variables:
        if variable.kind is SpanKind.BRACE and (variable.in_code or has_double):
            continue
        if variable.kind is SpanKind.DIFY and variable.name.split(".")[0] in SUPPLIED_BY_DIFY:
            continue
        if variable.name not in announced and variable.root not in announced:
            uses.setdefault(variable.name, variable)
    return uses


def _plain(declared: Sequence[str]) -> list[str]:
    names = (name.strip(_DELIMITERS) for name in declared)
    return list(dict.fromkeys(name for name in names if name))


def _resembling(name: str, candidates: Sequence[str]) -> str | None:
    """Return the candidate that is most like a name, whatever the case."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates[:MAX_CANDIDATES]}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=MISSPELLING_CUTOFF)
    return by_folded[close[0]] if close else None
