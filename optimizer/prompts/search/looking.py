"""A draft beside the prompt in use, each looked at once for all guards."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Draft, Refusal
from optimizer.promptcheck.lint.broken_template import broken_templates
from optimizer.promptcheck.lint.contradictory_format import demanded_formats
from optimizer.promptcheck.reading import Reading, read
from optimizer.promptcheck.templates import SpanKind
from optimizer.prompts.search.leaks import Leaks
from optimizer.prompts.settings import OptimizeSettings


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A text, looked at once for all guards."""

    text: str

    @cached_property
    def reading(self) -> Reading:
        """The text as the rules read it."""
        return read(self.text)

    @cached_property
    def demands(self) -> frozenset[tuple[str, bool]]:
        """The forms of the answer that it always demands, with True, or refuses, with False."""
        return demanded_formats(self.reading)

    @cached_property
    def breaks(self) -> Counter[str]:
        """How its template is broken, in words, with counts."""
        return Counter(found.message for found in broken_templates(self.reading))

    @cached_property
    def scripts(self) -> Counter[str]:
        """Letters of each script outside of what is protected."""
        return Counter(_script(sign) for sign in self.reading.free if sign.isalpha())

    def spans(self, kinds: frozenset[SpanKind]) -> Counter[str]:
        """Return the stretches of some kinds with their counts."""
        return Counter(span.text for span in self.reading.spans if span.kind in kinds)


@dataclass(frozen=True, kw_only=True)
class Looking:
    """A draft against the prompt in use.

    Attributes:
        original: The prompt in use.
        parent: What the draft was made of.
        new: The text of the draft.
        draft: The draft.
        settings: How much may change.
        leaks: What the train cases hold.
        refused: Drafts that were turned down.
    """

    original: Looked
    parent: str
    new: Looked
    draft: Draft
    settings: OptimizeSettings
    leaks: Leaks
    refused: Sequence[Refusal]


def _script(letter: str) -> str:
    """Return the script of a letter as Unicode names it."""
    if letter.isascii():
        return "LATIN"
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0]
