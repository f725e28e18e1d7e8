"""Variables of a prompt against their declaration: those lost, and those nobody announced."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from operator import attrgetter

from optimizer.models.linting import Edit
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, Subject
from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.variables import Variable

MISSPELLING_CUTOFF = 0.7  # difflib's similarity, 0 to 1; `review` and `reviews` have 0.92
MAX_CANDIDATES = 100  # undeclared names compared; more would only cost time

SUPPLIED_BY_DIFY = ("context", "histories", "query", "sys", "env", "conversation")
"""Names and first parts of names that Dify fills without declaration."""

_DELIMITERS = "{}#$% \t\r\n"


def lost_variables(subject: Subject) -> Iterator[Found]:
    """Yield the declared variables that the text lacks, misspelled ones with their place."""
    uses = _unannounced(subject)
    for name, misspelling in _lost(subject, uses).items():
        yield _lost_variable(subject.reading, name, uses.get(misspelling or ""))


def undeclared_variables(subject: Subject) -> Iterator[Found]:
    """Yield the variables used without declaration, less those that misspell a lost one."""
    uses = _unannounced(subject)
    misspellings = set(_lost(subject, uses).values())
    for name, use in uses.items():
        if name not in misspellings:
            yield _undeclared(subject.reading, use)


def _lost(subject: Subject, uses: Mapping[str, Variable]) -> dict[str, str | None]:
    return {name: _resembling(name, list(uses)) for name in _missing(subject)}


def _lost_variable(reading: Reading, name: str, misspelling: Variable | None) -> Found:
    message = f"Declared variable {quoted(name)} is not in the text"
    if misspelling is None:
        return Found(
            message=f"{message}.",
            suggestion=f"Put {quoted(name)} where its value belongs, or declare it no longer.",
        )
    other = quoted(misspelling.name)
    return Found(
        message=f"{message}; {other} looks like a misspelling of it.",
        suggestion=f"Rename {other} to {quoted(name)}.",
        start=misspelling.start,
        end=end_of(reading, misspelling),
        edits=tuple(_renamings(reading, misspelling.name, name)),
    )


def _renamings(reading: Reading, name: str, to: str) -> Iterator[Edit]:
    """Yield the edits that rename each use of a variable."""
    whole = re.compile(rf"(?<![\w.\-]){re.escape(name)}(?![\w\-])")
    ends: set[int] = set()
    for variable in reading.variables:
        end = end_of(reading, variable)
        if variable.name == name and end not in ends:
            ends.add(end)
            for match in whole.finditer(reading.text, variable.start, end):
                yield Edit(start=match.start(), end=match.end(), text=to)


def end_of(reading: Reading, variable: Variable) -> int:
    """Return the offset behind the construct that a variable stands in."""
    if variable.kind is SpanKind.BRACE:
        return reading.text.index("}", variable.start) + 1
    constructs = reading.templates.spans
    return constructs[bisect_left(constructs, variable.start, key=attrgetter("start"))].end


def _undeclared(reading: Reading, use: Variable) -> Found:
    return Found(
        message=f"Variable {quoted(use.name)} is used but not declared.",
        suggestion=f"Declare {quoted(use.name)}, or remove it from the text.",
        start=use.start,
        end=end_of(reading, use),
    )


def _missing(subject: Subject) -> list[str]:
    uses = subject.reading.variables
    used = {name for variable in uses for name in (variable.name, variable.root)}
    return [name for name in _plain(subject.declared or ()) if name not in used]


def _unannounced(subject: Subject) -> dict[str, Variable]:
    """Return the first use of each name that nothing declares and that can be nothing else.

    A single brace in code is taken for code, and so is one in a prompt with double braces.
    """
    uses: dict[str, Variable] = {}
    if subject.declared is None:
        return uses
    announced, variables = set(_plain(subject.declared)), subject.reading.variables
    has_double = any(v.kind in (SpanKind.EXPRESSION, SpanKind.DIFY) for v in variables)
    for variable in variables:
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
