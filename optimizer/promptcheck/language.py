"""Whether a text is English, as far as the word lists need to know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from string import ascii_letters

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.words import ENGLISH_MARKERS, SHORT_TEXT_MARKERS

MIN_ASCII_SHARE = 0.8  # of the letters; English prompts quoting another script stay above
MIN_MARKER_SHARE = 0.05  # of the words; running English has about 0.25, lists of labels 0.1
SHORT_TEXT_WORDS = 12  # below, one marker or one listed word is enough
MAX_UNSPACED_SHARE = 0.3  # of the letters; above, spaces do not tell how many words there are

# Thai, Lao, Burmese, Khmer, kana, Chinese characters: written without spaces between words.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_ASCII_LETTERS = ascii_letters.encode()
_LETTER = re.compile(r"[^\W\d_]")
_ASCII = bytes(range(128))


class LanguageName(StrEnum):
    """What the gate tells apart."""

    ENGLISH = "english"
    OTHER = "other"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The language of the free text.

    Attributes:
        name: `none` where there is no word to judge by.
        has_spaced_words: Whether words can be counted.
        explanation: Which gate applied, with the counts.
    """

    name: LanguageName
    has_spaced_words: bool
    explanation: str

    @property
    def is_english(self) -> bool:
        """Tell whether the English word lists apply."""
        return self.name is LanguageName.ENGLISH


def detect(free: str, words: Sequence[str]) -> Language:
    """Return the language of a masked text whose words are given in lower case."""
    if not words:
        return Language(
            name=LanguageName.NONE,
            has_spaced_words=False,
            explanation="word lists not applied: no free words",
        )
    n_ascii = _n_ascii_letters(free)
    others = beyond_ascii(free)
    n_letters = n_ascii + len(_LETTER.findall(others))
    n_unspaced = len(_UNSPACED.findall(others))
    is_short = len(words) < SHORT_TEXT_WORDS
    markers = SHORT_TEXT_MARKERS if is_short else ENGLISH_MARKERS
    n_markers = len(list(filter(markers.__contains__, words)))
    needed = 1 if is_short else MIN_MARKER_SHARE * len(words)
    is_english = n_ascii >= MIN_ASCII_SHARE * n_letters and n_markers >= needed
    return Language(
        name=LanguageName.ENGLISH if is_english else LanguageName.OTHER,
        has_spaced_words=n_unspaced <= MAX_UNSPACED_SHARE * n_letters,
        explanation=(
            f"word lists {'' if is_english else 'not '}applied: {n_ascii} of {n_letters} letters "
            f"are ASCII, {n_markers} of {len(words)} words are "
            f"{'known English words' if is_short else 'English function words'}"
        ),
    )


def beyond_ascii(text: str) -> str:
    """Return the characters of a text that are not ASCII, in order."""
    if text.isascii():
        return ""
    encoded = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return encoded.decode("utf-8", "surrogatepass")


def _n_ascii_letters(text: str) -> int:
    encoded = text.encode("ascii", "ignore")
    return len(encoded) - len(encoded.translate(None, _ASCII_LETTERS))
