"""The seven published issue types; the critical findings have files of their own.

Thresholds are the documented ones. Mended: tagged sections count as structure, so that they are
not called missing; a repeated word sequence lies within one sentence; a prompt is ambiguous only
if it has none of many instruction verbs, not merely none of the twenty that raise the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from optimizer.models.contract import IssueSeverity, IssueType, PromptIssue
from optimizer.promptcheck import words
from optimizer.promptcheck.clarity import VAGUE
from optimizer.promptcheck.contract_rules import contradictory_contracts
from optimizer.promptcheck.findings import capped, quoted, times
from optimizer.promptcheck.reading import BULLET, HEADING, NUMBERED, Reading
from optimizer.promptcheck.template_rules import broken_templates
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.variable_rules import variable_issues

MAX_CHARS = 2000  # longer is too long
MIN_CHARS = 20  # shorter is too short
STRUCTURE_FROM_CHARS = 200  # longer needs headings, bullets or numbers
FORMATTING_FROM_CHARS = 500  # longer needs newlines
MIN_NEWLINES = 2  # that many
MAX_REPEATED_TRIGRAMS = 2  # more are redundant

_INSTRUCTION_VERB = words.pattern(
    (*words.ACTION_VERBS, *words.SPELLINGS, *words.OTHER_INSTRUCTION_VERBS)
)


def find_issues(reading: Reading, *, declared: Sequence[str] | None) -> list[PromptIssue]:
    """Return the issues of a prompt, critical ones first."""
    issues = [issue for rule in RULES for issue in capped(rule(reading))]
    if declared is not None:
        issues += variable_issues(reading, declared)
    return sorted(issues, key=lambda issue: _SEVERITIES.index(issue.severity))


def _too_long(reading: Reading) -> Iterator[PromptIssue]:
    if (n := len(reading.text.strip())) > MAX_CHARS:
        yield PromptIssue(
            severity=IssueSeverity.WARNING,
            type=IssueType.TOO_LONG,
            description=f"The prompt has {n} characters, more than {MAX_CHARS}.",
            suggestion="Cut what no test case needs, or move data out of the prompt.",
        )


def _too_short(reading: Reading) -> Iterator[PromptIssue]:
    if (n := len(reading.text.strip())) < MIN_CHARS:
        yield PromptIssue(
            severity=IssueSeverity.WARNING,
            type=IssueType.TOO_SHORT,
            description=f"The prompt has {n} characters, fewer than {MIN_CHARS}.",
            suggestion="Say what is given, what to do with it and what to answer.",
        )


def _vague_language(reading: Reading) -> Iterator[PromptIssue]:
    if not reading.language.is_english:
        return
    for term, offsets in words.found_terms(VAGUE, reading.free).items():
        yield PromptIssue(
            severity=IssueSeverity.WARNING,
            type=IssueType.VAGUE_LANGUAGE,
            description=f'"{term}" is vague; it occurs {times(len(offsets))}.',
            location=reading.location(offsets[0]),
            suggestion=f'Say what "{term}" stands for here: which, how many, or when.',
        )


def _missing_structure(reading: Reading) -> Iterator[PromptIssue]:
    n = len(reading.text.strip())
    if n <= STRUCTURE_FROM_CHARS or any(span.kind is SpanKind.TAG for span in reading.spans):
        return
    if not any(mark.search(reading.free) for mark in (HEADING, BULLET, NUMBERED)):
        yield PromptIssue(
            severity=IssueSeverity.INFO,
            type=IssueType.MISSING_STRUCTURE,
            description=f"{n} characters without a heading, a bullet or a numbered item.",
            suggestion="Part the prompt by headings, and write separate demands as a list.",
        )


def _redundancy(reading: Reading) -> Iterator[PromptIssue]:
    first: dict[tuple[str, str, str], tuple[int, int]] = {}
    repeated: dict[tuple[str, str, str], tuple[int, int]] = {}
    for n, sentence in enumerate(reading.sentences):
        w = sentence.words
        for i, trigram in enumerate(zip(w, w[1:], w[2:], strict=False)):
            if first.setdefault(trigram, (n, i)) != (n, i):
                repeated.setdefault(trigram, (n, i))
    if len(repeated) > MAX_REPEATED_TRIGRAMS:
        trigram, (n, i) = next(iter(repeated.items()))
        yield PromptIssue(
            severity=IssueSeverity.INFO,
            type=IssueType.REDUNDANCY,
            description=(
                f"{len(repeated)} sequences of three words occur again; "
                f"the first is {quoted(' '.join(trigram))}."
            ),
            location=reading.location(reading.sentences[n].word_start(i)),
            suggestion="Say it once, unless the repetition is meant to stress it.",
        )


def _poor_formatting(reading: Reading) -> Iterator[PromptIssue]:
    text = reading.text.strip()
    if len(text) > FORMATTING_FROM_CHARS and text.count("\n") < MIN_NEWLINES:
        yield PromptIssue(
            severity=IssueSeverity.INFO,
            type=IssueType.POOR_FORMATTING,
            description=f"{len(text)} characters with {text.count(chr(10))} newlines.",
            suggestion="Break the text into paragraphs: task, input, answer.",
        )


def _ambiguous_instructions(reading: Reading) -> Iterator[PromptIssue]:
    if reading.language.is_english and not _INSTRUCTION_VERB.search(reading.free):
        yield PromptIssue(
            severity=IssueSeverity.WARNING,
            type=IssueType.AMBIGUOUS_INSTRUCTIONS,
            description="No verb says what to do.",
            suggestion="Start with the task as a command: classify, extract, summarize.",
        )


_SEVERITIES = (IssueSeverity.CRITICAL, IssueSeverity.WARNING, IssueSeverity.INFO)

Rule = Callable[[Reading], Iterator[PromptIssue]]

RULES: tuple[Rule, ...] = (
    broken_templates,
    contradictory_contracts,
    _too_long,
    _too_short,
    _vague_language,
    _missing_structure,
    _redundancy,
    _poor_formatting,
    _ambiguous_instructions,
)
"""Every rule that needs nothing but the text, in the order it reports."""
