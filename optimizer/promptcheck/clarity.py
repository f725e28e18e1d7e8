"""The three parts of the clarity score: structure, specificity, coherence.

Where the published formulas are mended: words match whole and in free text only; the English
lists are skipped on other languages, and sentence lengths where spaces do not part words.
Headings and lists inside code count for nothing, nor do newlines around the text. A bullet is a
bullet mark, which a lone digit is not. Sentences end as `reading` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck import words
from optimizer.promptcheck.parts import Part, Term
from optimizer.promptcheck.reading import BULLET, HEADING, NUMBERED, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class StructurePoints:
    """What the layout is worth."""

    base: float = 50
    headings: float = 15  # any line that starts with `# `
    bullets: float = 15  # any line that starts with a bullet mark
    many_newlines: float = 10  # more than `few_newlines` inside the text
    some_newlines: float = 5  # at least one
    few_newlines: int = 2
    numbered: float = 10  # any line that starts with `1. `
    long_lines: float = -20  # lines with text are longer than `long_line_chars` on average
    long_line_chars: float = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificityPoints:
    """What the choice of words is worth."""

    base: float = 60
    action_verb: float = 5  # each of the listed verbs that occurs
    action_verbs_cap: float = 20
    vague_term: float = -5  # each of the listed terms that occurs
    vague_terms_cap: float = -30
    number: float = 10  # any digit
    example: float = 10  # any announcement of an example


@dataclass(frozen=True, slots=True, kw_only=True)
class CoherencePoints:
    """What the sentences are worth."""

    base: float = 70
    good_length: float = 15  # mean words per sentence within `good_words`
    good_words: tuple[float, float] = (10, 25)
    bad_length: float = -15  # mean words per sentence outside `bearable_words`
    bearable_words: tuple[float, float] = (5, 40)
    long_sentence: float = -10  # each sentence of more than `long_sentence_words`
    long_sentences_cap: float = -20
    long_sentence_words: int = 35
    transition: float = 5  # each of the listed words that occurs
    transitions_cap: float = 15


STRUCTURE, SPECIFICITY, COHERENCE = StructurePoints(), SpecificityPoints(), CoherencePoints()

_ACTION_VERBS = words.Terms((*words.ACTION_VERBS, *words.SPELLINGS))
_EXAMPLES = words.Terms(words.EXAMPLE_MARKERS)
_TRANSITIONS = words.Terms(words.TRANSITION_WORDS)
_DIGIT = re.compile(r"\d")

WEIGHTS = {"structure": 0.4, "specificity": 0.3, "coherence": 0.3}
"""Share of each part in the clarity score."""


def clarity_parts(reading: Reading) -> tuple[Part, ...]:
    """Return the parts of the clarity score."""
    return (
        Part(name="structure", terms=tuple(_structure(reading))),
        Part(name="specificity", terms=tuple(_specificity(reading))),
        Part(name="coherence", terms=tuple(_coherence(reading))),
    )


def announces_example(reading: Reading) -> bool:
    """Tell whether an English prompt speaks of an example."""
    return reading.language.is_english and _EXAMPLES.occur(reading)


def _structure(reading: Reading) -> Iterator[Term]:
    yield Term(points=STRUCTURE.base, reason="base")
    for points, what, found in (
        (STRUCTURE.headings, "headings", HEADING),
        (STRUCTURE.bullets, "bullets", BULLET),
        (STRUCTURE.numbered, "numbered items", NUMBERED),
    ):
        if n := len(found.findall(reading.free)):
            yield Term(points=points, reason=f"{what} ({n})")
    n_newlines = reading.text.strip().count("\n")
    if n_newlines > STRUCTURE.few_newlines:
        yield Term(points=STRUCTURE.many_newlines, reason=f"newlines ({n_newlines})")
    elif n_newlines:
        yield Term(points=STRUCTURE.some_newlines, reason=f"newlines ({n_newlines})")
    lines = [line for line in reading.text.split("\n") if line.strip()]
    mean_chars = sum(map(len, lines)) / len(lines)
    if mean_chars > STRUCTURE.long_line_chars:
        reason = f"long lines (mean {mean_chars:.0f} characters)"
        yield Term(points=STRUCTURE.long_lines, reason=reason)


def _specificity(reading: Reading) -> Iterator[Term]:
    yield Term(points=SPECIFICITY.base, reason="base")
    if reading.language.is_english:
        yield from _specific_words(reading)
    if announces_example(reading):
        yield Term(points=SPECIFICITY.example, reason="an example")
    if _DIGIT.search(reading.free):
        yield Term(points=SPECIFICITY.number, reason="a number")


def _specific_words(reading: Reading) -> Iterator[Term]:
    if verbs := _ACTION_VERBS.places(reading):
        points = min(SPECIFICITY.action_verbs_cap, SPECIFICITY.action_verb * len(verbs))
        yield Term(points=points, reason=f"action verbs ({', '.join(verbs)})")
    if vague := words.VAGUE.places(reading):
        points = max(SPECIFICITY.vague_terms_cap, SPECIFICITY.vague_term * len(vague))
        yield Term(points=points, reason=f"vague terms ({', '.join(vague)})")


def _coherence(reading: Reading) -> Iterator[Term]:
    yield Term(points=COHERENCE.base, reason="base")
    if reading.language.has_spaced_words:
        yield from _sentence_lengths([len(sentence.words) for sentence in reading.sentences])
    if not reading.language.is_english:
        return
    if transitions := _TRANSITIONS.places(reading):
        points = min(COHERENCE.transitions_cap, COHERENCE.transition * len(transitions))
        yield Term(points=points, reason=f"transition words ({', '.join(transitions)})")


def _sentence_lengths(n_words: list[int]) -> Iterator[Term]:
    mean = sum(n_words) / len(n_words)
    reason = f"sentence length (mean {mean:.1f} words)"
    if COHERENCE.good_words[0] <= mean <= COHERENCE.good_words[1]:
        yield Term(points=COHERENCE.good_length, reason=reason)
    elif not COHERENCE.bearable_words[0] <= mean <= COHERENCE.bearable_words[1]:
        yield Term(points=COHERENCE.bad_length, reason=reason)
    if n_long := sum(n > COHERENCE.long_sentence_words for n in n_words):
        points = max(COHERENCE.long_sentences_cap, COHERENCE.long_sentence * n_long)
        yield Term(points=points, reason=f"long sentences ({n_long})")
