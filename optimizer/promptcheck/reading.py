"""A prompt as the scores and the rules read it: spans, sentences, words, language."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate, islice, pairwise

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.language import Language, beyond_ascii, detect
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
_RARE_SPACE = re.compile(r"[\t\x0b\x0c\x1c-\x1f]")
# Letters that a pattern takes for an ASCII one whatever the case.
_ASCII_ALIKE = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}


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
        for letter, alike in () if free.isascii() else _ASCII_ALIKE.items():
            free = free.replace(letter, alike)
        return free.lower()

    @cached_property
    def spaced(self) -> str:
        """The free text in lower case with every stretch of white space as one space."""
        if not self.lowered.isascii() or _RARE_SPACE.search(self.lowered):
            return " ".join(self.lowered.split())
        spaced = self.lowered.replace("\n", " ")
        while "  " in spaced:
            spaced = spaced.replace("  ", " ")
        return spaced

    @cached_property
    def lexicon(self) -> frozenset[str]:
        """Every run of letters, digits and underscores in free text, in lower case, and more."""
        tokens = self._words_in.keys()
        odd = [token for token in tokens if not token.isalpha()]
        odd += () if self.free.isascii() else self._lines_beyond_ascii
        return frozenset([*tokens, *word_runs(" ".join(odd))])

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Offsets between which the sentences of free text stand, wordless ones included."""
        return (0, *[match.end() for match in _SENTENCE_END.finditer(self.free)], len(self.free))

    @cached_property
    def stream(self) -> tuple[str, ...]:
        """All words of free text in lower case, and a mask behind each sentence."""
        return tuple(filter(None, map(self._words_in.__getitem__, self._tokens)))

    @cached_property
    def _words_in(self) -> Mapping[str, str]:
        """The word in each of the tokens, or an empty text."""
        return {
            token: token if token.isalpha() else _word_in(token)
            for token in frozenset(self._tokens)
        }

    @cached_property
    def _tokens(self) -> list[str]:
        """The stretches of text between spaces and stops; a mask ends each sentence.

        In a sentence that is not ASCII, they are its words.
        """
        bounds = pairwise(self.bounds)
        if self.free.isascii():
            spaced = self.lowered.translate(_BETWEEN_WORDS)
            return f" {MASK} ".join([*(spaced[start:end] for start, end in bounds), ""]).split()
        sentences = [self.free[start:end] for start, end in bounds]
        return [token for sentence in sentences for token in (*_tokens(sentence), MASK)]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words of free text in lower case."""
        return tuple([word for word in self.stream if word is not MASK])

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of free text that have a word."""
        sentences, number, first = [], 0, 0
        for index, word in enumerate(self.stream):
            if word is MASK:
                if first < index:
                    sentences.append(self.sentence(number, self.stream[first:index]))
                number, first = number + 1, index + 1
        return tuple(sentences)

    def sentence(self, number: int, words: tuple[str, ...]) -> Sentence:
        """Return the sentence of a number, counted from 0, whose words are given."""
        start, end = self.bounds[number : number + 2]
        return Sentence(start=start, text=self.free[start:end], words=words)

    @cached_property
    def language(self) -> Language:
        """The language of the free text."""
        return detect(self.free, self.words)

    @cached_property
    def beyond_ascii(self) -> str:
        """The characters of the text that are not ASCII, in order."""
        return beyond_ascii(self.text)

    @property
    def _lines_beyond_ascii(self) -> list[str]:
        return [line for line in self.lowered.split("\n") if not line.isascii()]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, without their ends."""
        return tuple(self.text.split("\n"))

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of each line."""
        lengths = [len(line) + 1 for line in self.lines[:-1]]
        return tuple(accumulate(lengths, initial=0))

    def location(self, offset: int) -> str:
        """Return where an offset is, for a person."""
        line = bisect_right(self.line_starts, offset)
        return f"line {line}, column {offset - self.line_starts[line - 1] + 1}"


def read(text: str) -> Reading:
    """Return a prompt as the scores and the rules read it."""
    return Reading(text=text.lstrip(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n"))


def _tokens(sentence: str) -> list[str]:
    if sentence.isascii():
        return sentence.lower().translate(_BETWEEN_WORDS).split()
    return [word.lower() for word in _WORD.findall(sentence)]


def _word_in(token: str) -> str:
    """Return the word in a stretch without spaces, stops and brackets: there is one at most."""
    if token == MASK:
        return MASK
    if not token.isascii():
        return token
    match = _WORD.search(token)
    return match.group() if match else ""
