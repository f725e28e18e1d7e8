"""Critical: two demands on the form of the answer that cannot both be met.

A demand is an instruction to answer in a format, as in "respond only in JSON", a refusal one as
in "do not use JSON". Whatever may hold on some occasions only is left out: sentences with a
condition or about somebody else's answer, and text inside a template's `{% if %}`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from optimizer.models.contract import IssueSeverity
from optimizer.models.dataclass import dataclass
from optimizer.models.linting import FixSafety, LintRulePage
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.lint.base import Found, LintRule
from optimizer.promptcheck.reading import Reading, Sentence
from optimizer.promptcheck.templates import SpanKind

# Of these at most one can be the form of the whole answer. Markdown may hold any of them.
_FORMAT = r"[*_]{0,2}(?P<format>json|xml|yaml|csv|plain[\s-]+text)\b"
_ANSWER = r"(?:respond|reply|answer|output|return)"
_ADVERB = r"(?:only|strictly|exclusively|always|just|purely|in|with|as|using|valid|raw|pure|a|an)"
_OBJECT = r"(?:\s+(?:your|the|all)\s+(?:final\s+)?(?:answers?|responses?|repl(?:y|ies)|outputs?))?"
# What may follow the format, so that "XML tags" and "JSON strings" are no answer formats.
_END = (
    r"[*_]{0,2}(?:\s+(?:format|output|responses?|objects?|only|at\s+all))*\s*(?:[.,;:!()\n\x00]|$)"
)
_FOLLOWED = rf"(?={_END}|[*_]{{0,2}}\s+(?:object\s+)?(?:with|that|containing|matching|according)\b)"


def _format(group: str) -> str:
    """Return the pattern of a format under a group name of its own."""
    return _FORMAT.replace("format", group)


_DEMANDED = re.compile(
    rf"""(?: (?:^\W*|[,;:]\s*|\b(?:and|must|should|please|always|only)\s+)
             (?:only\s+|always\s+)?{_ANSWER}{_OBJECT}(?:\s+{_ADVERB}){{0,4}}\s+{_format("named")}
           | ^\W*(?:your|the|all)\s+(?:answers?|responses?|outputs?)\s+(?:must|should|has\s+to)
             \s+be(?:\s+{_ADVERB}){{0,4}}\s+{_format("named_last")}
           | ^\W*only\s+(?:valid\s+)?{_format("named_alone")}
           | ^\W*(?:valid\s+)?{_format("named_first")}(?=\s+only\b)
         ){_FOLLOWED}""",
    re.IGNORECASE | re.VERBOSE,
)
_REFUSED = re.compile(
    rf"""(?:\b(?:do\s+not|don['\u2019]t|never)\s+(?:ever\s+)?(?:use|write|produce|{_ANSWER}){_OBJECT}
           (?:\s+{_ADVERB}){{0,4}}\s+|^\W*no\s+){_FORMAT}(?={_END})""",
    re.IGNORECASE | re.VERBOSE,
)
_FORMAT_WORDS = frozenset({"json", "xml", "yaml", "csv", "plain"})
_NEGATION = re.compile(r"\b(?:not|never|no|cannot|without)\b|n['\u2019]t\b", re.IGNORECASE)
_NOT_ALWAYS = re.compile(
    r"\b(?:if|when|whenever|where|unless|otherwise|else|except|until|while|for|in\s+case|either|or"
    r"|users?|customers?|they|tools?|apis?|clients?|servers?|services?|first|then|next|finally"
    r"|step|previous|previously|example|examples)\b",
    re.IGNORECASE,
)
_BEFORE_WORDS = "\x00 \t\n,;:.*_-•#>()"
_OPENS = re.compile(r"\{%[-+]?\s*+(?:if|unless|case)\b")
_CLOSES = re.compile(r"\{%[-+]?\s*+end(?:if|unless|case)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contract:
    """One demand on the form of the answer."""

    format: str
    wanted: bool
    start: int
    text: str


def contradictory_demands(reading: Reading) -> Iterator[Found]:
    """Yield the first pair of demands that exclude each other."""
    if reading.lexicon.isdisjoint(_FORMAT_WORDS) or not reading.language.is_english:
        return
    contracts = list(_contracts(reading))
    for index, later in enumerate(contracts):
        for earlier in contracts[:index]:
            if _exclude_each_other(earlier, later):
                yield _found(reading, earlier, later)
                return


def demanded_formats(reading: Reading) -> frozenset[tuple[str, bool]]:
    """Return the formats that a prompt always demands, each with True, or refuses, with False."""
    if not reading.language.is_english:
        return frozenset()
    return frozenset((contract.format, contract.wanted) for contract in _contracts(reading))


RULE = LintRule(
    page=LintRulePage(
        rule_id="P004",
        name="contradictory-format",
        severity=IssueSeverity.CRITICAL,
        what="Two demands on the form of the answer that cannot both be met.",
        why="Whichever the model obeys, a reader of the answer expects the other.",
        bad="List the names in the letter. Respond only in JSON. Answer in plain text.",
        good="List the names in the letter. Respond only in JSON.",
        fix=FixSafety.NONE,
        evidence="Logic: no answer meets both. How often models go wrong is not measured here.",
    ),
    check=lambda subject: contradictory_demands(subject.reading),
)


def _contracts(reading: Reading) -> Iterator[_Contract]:
    """Yield the first demand for and the first refusal of each format."""
    branches = _branches(reading)
    seen: set[tuple[str, bool]] = set()
    for sentence in _about_formats(reading):
        inside = any(start <= sentence.word_start() < end for start, end in branches)
        if inside or _NOT_ALWAYS.search(sentence.text):
            continue
        for contract in _contracts_in(sentence):
            if (contract.format, contract.wanted) not in seen:
                seen.add((contract.format, contract.wanted))
                yield contract


def _about_formats(reading: Reading) -> Iterator[Sentence]:
    """Yield the sentences that name a format."""
    numbers = set()
    for name in _FORMAT_WORDS & reading.lexicon:
        start = reading.lowered.find(name)
        while start >= 0:
            numbers.add(bisect_right(reading.bounds, start) - 1)
            start = reading.lowered.find(name, start + 1)
    return (reading.sentence(number, ()) for number in sorted(numbers))


def _contracts_in(sentence: Sentence) -> Iterator[_Contract]:
    for pattern, wanted in ((_DEMANDED, True), (_REFUSED, False)):
        match = pattern.search(sentence.text)
        if match is None or (wanted and _NEGATION.search(sentence.text[: match.end()])):
            continue
        named = next(name for name in match.groupdict().values() if name)
        text = match.group().lstrip(_BEFORE_WORDS)
        yield _Contract(
            format=" ".join(named.lower().replace("-", " ").split()),
            wanted=wanted,
            start=sentence.start + match.end() - len(text),
            text=text,
        )


def _branches(reading: Reading) -> list[tuple[int, int]]:
    """Return the stretches of the text that a template may leave out."""
    branches, opened = [], []
    for span in reading.templates.spans:
        if span.kind is not SpanKind.STATEMENT:
            continue
        if _OPENS.match(span.text):
            opened.append(span.start)
        elif opened and _CLOSES.match(span.text):
            start = opened.pop()
            if not opened:
                branches.append((start, span.end))
    return [*branches, *((start, len(reading.text)) for start in opened[:1])]


def _exclude_each_other(one: _Contract, other: _Contract) -> bool:
    if one.format == other.format:
        return one.wanted != other.wanted
    return one.wanted and other.wanted


def _found(reading: Reading, earlier: _Contract, later: _Contract) -> Found:
    return Found(
        message=(
            f"{quoted(later.text)} contradicts {quoted(earlier.text)} "
            f"({reading.location(earlier.start)})."
        ),
        suggestion="Keep one demand on the form of the answer.",
        start=later.start,
        end=later.start + len(later.text),
    )
