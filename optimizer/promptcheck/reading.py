"""A prompt as the scores and the rules read it: spans, sentences, words, language."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice, pairwise

from optimizer.promptcheck.language import Language, detect
from optimizer.promptcheck.spans import free_text, split_around
from optimizer.promptcheck.templates import Span, Templates, templates
from optimizer.promptcheck.variables import Variable, used_variables
from optimizer.promptcheck.words import word_runs

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
# and behind a heading. Points inside numbers and words end none. The pattern begins with the
# characters it may begin with, so that all others are skipped fast.
_SENTENCE_END = re.compile(
    rf"""[.!?{_STOPS}\n\#]
        (?: (?<=[.!?])(?<![.!?][.!?])[.!?]*+(?=\s|\x00|$)
          | (?<=[{_STOPS}])[{_STOPS}]*
          | (?<=\n)[ \t\x00]*+(?=\n)
          | (?<=\n)(?=[ \t]*+(?:[-*+•]\s|\d+[.)]\s|\#+\ ))
          | (?<=:\n)
          | (?<=^\#)\#*\ [^\n]*\n )
    """,
    re.VERBOSE | re.MULTILINE,
)
# Of ASCII text: what no word holds, as spaces.
_BETWEEN_WORDS = dict.fromkeys(map(ord, '\x00.,;:!?()[]{}<>"/|'), " ")
# Letters that a pattern takes for an ASCII one whatever the case.
_ASCII_ALIKE = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of free text; it has at least one word.

    Attributes:
        start: Offset of its first character.
        text: Its characters, protected ones masked.
        words: Its words in lower case.
    """

    start: int
    text: str
    words: tuple[str, ...]

    def word_start(self, index: int = 0) -> int:
        """Return the offset of one of its words."""
        return self.start + next(islice(_WORD.finditer(self.text), index, None)).start()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A prompt as it is read: every part on demand, and once.

    Attributes:
        text: The text with LF line ends and without a byte order mark; offsets count in it.
    """

    text: str

    @cached_property
    def templates(self) -> Templates:
        """The template constructs."""
        return templates(self.text)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The free and the protected stretches, in order and without gaps."""
        return split_around(self.text, self.templates)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """Each use of a variable."""
        return used_variables(self.templates, self.spans)

    @cached_property
    def free(self) -> str:
        """The text with everything protected masked."""
        return free_text(self.text, self.spans)

    @cached_property
    def lowered(self) -> str:
        """The free text in lower case; every offset stays."""
        free = self.free
        return free.lower() if free.isascii() else free.translate(_ASCII_ALIKE).lower()

    @cached_property
    def lexicon(self) -> frozenset[str]:
        """Every run of letters, digits and underscores in free text, in lower case."""
        return frozenset(word_runs(self.lowered))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of free text that have a word."""
        free = self.free
        ends = [match.end() for match in _SENTENCE_END.finditer(free)]
        pieces = ((start, free[start:end]) for start, end in pairwise([0, *ends, len(free)]))
        return tuple(
            Sentence(start=start, text=piece, words=words)
            for start, piece in pieces
            if (words := tuple(_words(piece)))
        )

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words of free text in lower case."""
        return tuple(_words(self.free))

    @cached_property
    def language(self) -> Language:
        """The language of the free text."""
        return detect(self.free, self.words)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, without their ends."""
        return tuple(self.text.split("\n"))

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of each line."""
        lengths = (len(line) + 1 for line in self.lines[:-1])
        return tuple(accumulate(lengths, initial=0))

    def location(self, offset: int) -> str:
        """Return where an offset is, for a person."""
        line = bisect_right(self.line_starts, offset)
        return f"line {line}, column {offset - self.line_starts[line - 1] + 1}"


def read(text: str) -> Reading:
    """Return a prompt as the scores and the rules read it."""
    return Reading(text=text.lstrip(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n"))


def _words(free: str) -> Iterator[str]:
    """Yield the words of free text in lower case."""
    if not free.isascii():
        yield from (word.lower() for word in _WORD.findall(free))
        return
    for token in free.lower().translate(_BETWEEN_WORDS).split():
        if token.isalpha():
            yield token
        elif word := _WORD.search(token):
            yield word.group()
