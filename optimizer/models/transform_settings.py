"""Settings of the transforms."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings


class TransformSettings(Settings):
    """From when on a transform finds something to do."""

    min_duplicate_words: Annotated[int, Field(ge=1)] = 4
    """Words that a repeated line must have to be taken out."""

    min_paragraphs: Annotated[int, Field(ge=2)] = 3
    """Paragraphs from which on headings part a prompt."""

    min_options: Annotated[int, Field(ge=2)] = 3
    """Options from which on a list in running text becomes a bulleted one."""

    max_option_words: Annotated[int, Field(ge=1)] = 4
    """Words that an option of such a list may have."""

    max_rules: Annotated[int, Field(ge=1)] = 15
    """Instructions from which on a prompt is said to hold too many."""

    max_repeated_chars: Annotated[int, Field(ge=1)] = 2000
    """Length up to which a prompt may be repeated."""

    max_examples: Annotated[int, Field(ge=1)] = 8
    """Examples that one prompt may be given."""

    max_filled_chars: Annotated[int, Field(ge=1)] = 1000
    """Length up to which a prompt may be shown filled, once for each example."""
