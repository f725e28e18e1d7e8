"""A prompt as the scores and the rules read it: spans, sentences, words, language."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from optimizer.promptcheck.language import Language, detect
from optimizer.promptcheck.spans import free_text, split_around
from optimizer.promptcheck.templates import Span, Templates, templates
from optimizer.promptcheck.variables import Variable, used_variables

BYTE_ORDER_MARK = "\ufeff"

HEADING = re.compile(r"^#+ [^\n]*", re.MULTILINE)
BULLET = re.compile(r"^[ \t]*+[-*+•]\s", re.MULTILINE)
NUMBERED = re.compile(r"^[ \t]*+\d+(?:[.)]\s|[\u3001\uff0e])", re.MULTILINE)

# Marks outside ASCII: Chinese and fullwidth stops, Arabic and Urdu stops and comma, danda; then
# fullwidth and ideographic commas, colons, brackets, dashes and quotation marks.
_STOPS = r"\u3002\uff01\uff1f\u061f\u06d4\u0964"
_MARKS = (
    _STOPS + r"\uff0c\u3001\uff1b\uff1a\uff08\uff09\u300c-\u300f\u060c\u2013-\u201f\u2026\xab\xbb"
)
_WORD = re.compile(rf"""[^\W\d_](?:[^\s\x00.,;:!?()\[\]{{}}<>"/|{_MARKS}]*[^\W_])?""")
# A sentence ends at its mark, at a blank or wholly protected line, before a list item or heading,
# and behind a heading. Points inside numbers and words end none.
_SENTENCE_END = re.compile(
    rf"""  (?<![.!?])[.!?]++(?=\s|\x00|$) | [{_STOPS}]+ | \n[ \t\x00]*+(?=\n)
        | \n(?=[ \t]*+(?:[-*+•]\s|\d+[.)]\s|\#+\ )) | (?<=:)\n | ^\#+\ [^\n]*\n
    """,
    re.VERBOSE | re.MULTILINE,
)


class Word(NamedTuple):
    """A word of free text, in lower case, and where it starts."""

    text: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of free text; it has at least one word.

    Attributes:
        start: Offset of its first character.
        text: Its characters, protected ones masked.
    """

    start: int
    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A prompt, read once.

    Attributes:
        text: The text with LF line ends and without a byte order mark; offsets count in it.
        free: The same with everything protected masked.
        words: All words of free text in lower case.
        line_starts: Offset of the first character of each line.
    """

    text: str
    templates: Templates
    spans: tuple[Span, ...]
    variables: tuple[Variable, ...]
    free: str
    sentences: tuple[Sentence, ...]
    words: tuple[str, ...]
    language: Language
    line_starts: tuple[int, ...]

    def location(self, offset: int) -> str:
        """Return where an offset is, for a person."""
        line = bisect_right(self.line_starts, offset)
        return f"line {line}, column {offset - self.line_starts[line - 1] + 1}"


def read(text: str) -> Reading:
    """Return a prompt as the scores and the rules read it."""
    text = text.lstrip(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n")
    found = templates(text)
    spans = split_around(text, found)
    free = free_text(text, spans)
    sentences = _sentences(free)
    words = tuple(word.text for sentence in sentences for word in sentence.words)
    return Reading(
        text=text,
        templates=found,
        spans=spans,
        variables=used_variables(found, spans),
        free=free,
        sentences=sentences,
        words=words,
        language=detect(free, words),
        line_starts=(0, *(match.end() for match in re.finditer("\n", text))),
    )


def _sentences(free: str) -> tuple[Sentence, ...]:
    ends = [match.end() for match in _SENTENCE_END.finditer(free)]
    sentences = (
        Sentence(start=start, text=free[start:end], words=_words(free, start, end))
        for start, end in pairwise([0, *ends, len(free)])
    )
    return tuple(sentence for sentence in sentences if sentence.words)


def _words(free: str, start: int, end: int) -> tuple[Word, ...]:
    return tuple(
        Word(match.group().lower(), match.start()) for match in _WORD.finditer(free, start, end)
    )
