"""A prompt as the scores and the rules read it: spans, sentences, words, language."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, count, islice, pairwise

from optimizer.promptcheck.language import Language, detect
from optimizer.promptcheck.spans import free_text, split_around
from optimizer.promptcheck.templates import MASK, Span, Templates, templates
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
    def spaced(self) -> str:
        """The free text in lower case with every stretch of white space as one space."""
        return " ".join(self.lowered.split())

    @cached_property
    def lexicon(self) -> frozenset[str]:
        """Every run of letters, digits and underscores in free text, in lower case."""
        return frozenset(word_runs(self.lowered))

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Offsets between which the sentences of free text stand, wordless ones included."""
        ends = (match.end() for match in _SENTENCE_END.finditer(self.free))
        return (0, *ends, len(self.free))

    @cached_property
    def stream(self) -> tuple[str | int, ...]:
        """All words of free text in lower case; behind each sentence stands its number."""
        free = self.free
        if not free.isascii():
            pieces = (_WORD.findall(free[start:end]) for start, end in pairwise(self.bounds))
            return tuple(
                token
                for number, words in enumerate(pieces)
                for token in (*(word.lower() for word in words), number)
            )
        spaced = self.lowered.translate(_BETWEEN_WORDS)
        sentences = (spaced[start:end] for start, end in pairwise(self.bounds))
        tokens = f" {MASK} ".join([*sentences, ""]).split()
        numbers = count()
        return tuple(
            [
                word
                for token in tokens
                if (
                    word := token
                    if token.isalpha()
                    else next(numbers)
                    if token == MASK
                    else _word_in(token)
                )
                is not None
            ]
        )

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words of free text in lower case."""
        return tuple([token for token in self.stream if token.__class__ is str])

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of free text that have a word."""
        sentences, words = [], []
        for token in self.stream:
            if isinstance(token, str):
                words.append(token)
            elif words:
                sentences.append(self.sentence(token, tuple(words)))
                words = []
        return tuple(sentences)

    def sentence(self, number: int, words: tuple[str, ...]) -> Sentence:
        """Return the sentence of a number, whose words are given."""
        start, end = self.bounds[number : number + 2]
        return Sentence(start=start, text=self.free[start:end], words=words)

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


def _word_in(token: str) -> str | None:
    """Return the word in a stretch without spaces, stops and brackets: there is one at most."""
    match = _WORD.search(token)
    return match and match.group()
