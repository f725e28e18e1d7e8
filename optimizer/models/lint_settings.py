"""Settings of the linter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from optimizer.models.choices import IssueSeverity
from optimizer.models.settings import Field, Settings

Count = Annotated[int, Field(ge=1)]


class LintSettings(Settings):
    """Which rules the linter holds prompts against, and where their bounds are."""

    select: tuple[str, ...] = ()
    """Rules to use: ids, names or beginnings of ids. Default: all."""

    ignore: tuple[str, ...] = ()
    """Rules not to use: ids, names or beginnings of ids."""

    per_file_ignores: Mapping[str, tuple[str, ...]] = {}
    """Rules not to use in some files: `{ "prompts/old/*" = ["P02"] }`."""

    severity: Mapping[str, IssueSeverity] = {}
    """Severity of a rule in place of its own: `{ P006 = "warning" }`."""

    fail_on: IssueSeverity = IssueSeverity.WARNING
    """A finding at least as bad makes the exit code 1: `critical`, `warning` or `info`."""

    baseline: Path | None = None
    """File of findings that are known and not reported. Default: none."""

    declared: Mapping[str, tuple[str, ...]] = {}
    """Variables that a prompt is declared to use, by its id: `{ "triage.md" = ["ticket"] }`."""

    max_chars: Count = 2000
    """A prompt with more characters is too long."""

    min_chars: Count = 20
    """A prompt with fewer characters is too short."""

    structure_from_chars: Count = 200
    """A prompt with more characters needs a heading, a list or a tag."""

    newlines_from_chars: Count = 500
    """A prompt with more characters needs newlines."""

    min_newlines: Count = 2
    """That many."""

    max_repeated_trigrams: Annotated[int, Field(ge=0)] = 2
    """More sequences of three words that occur again are too many."""

    max_rules: Count = 15
    """A list with more instructions is too long to be obeyed."""

    min_duplicate_words: Count = 4
    """A line with fewer words may occur twice."""

    format_from_chars: Count = 200
    """A prompt with more characters should say what the answer looks like."""

    min_task_words: Count = 20
    """Words of instructions behind the data from which they are better put before it."""
