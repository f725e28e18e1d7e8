"""What every transform is: a page that says what it does, and a plan of edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import ClassVar, Protocol

from optimizer.models.dataclass import dataclass
from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.edits.steps import Step
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.templates import SpanKind


class TransformKind(StrEnum):
    """What a transform may change."""

    S0 = "S0"
    """Wording that a reader takes for the same: the text gets shorter, never longer."""

    S1 = "S1"
    """Layout and order."""

    S2 = "S2"
    """What is demanded or shown."""

    LINT = "lint"
    """Nothing: it asks."""


class AppliedBy(StrEnum):
    """When a transform is applied without being named."""

    DEFAULT = "on"
    EFFICIENCY = "efficiency"
    STRUCTURE = "structure"
    EVIDENCE = "on evidence"
    LINT = "lint only"
    NOBODY = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformPage:
    """What a transform is, for a reader.

    Attributes:
        transform_id: `R01`; never given to another.
        name: In words with dashes.
        kind: What it may change.
        default: When it is applied without being named.
        what: What it does.
        evidence: What is known of its effect, with the source, or that nothing is.
        before: A prompt it does something to, or asks something about.
        after: The same prompt afterwards.
    """

    transform_id: str
    name: str
    kind: TransformKind
    default: AppliedBy
    what: str
    evidence: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What went in and what came out, of a test case.

    Attributes:
        case_id: The case.
        inputs: Value of each variable of the prompt, by name.
        answer: What was answered, or should have been.
    """

    case_id: str
    inputs: Mapping[str, str]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What tests have shown; a transform that needs it does nothing without.

    Attributes:
        n_format_failures: Cases that failed because the answer had the wrong form.
        labels: The only answers allowed; () where unknown or free.
        fields: Keys that an answer in JSON must have, in order; () where it is no JSON.
        is_reasoning: Whether the task needs thinking before the answer; None: the text tells.
        examples: Good answers to show.
        wrong: A bad answer to warn of.
    """

    n_format_failures: int = 0
    labels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    is_reasoning: bool | None = None
    examples: tuple[Example, ...] = ()
    wrong: Example | None = None


NO_LESSONS = Lessons()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a transform would do.

    Attributes:
        steps: In order and without overlaps; () where there is nothing to do.
        refused: Why it does nothing although there may be something to do, or None.
        questions: What a person should answer.
    """

    steps: tuple[Step, ...] = ()
    refused: str | None = None
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a transform may do to the protected spans; by default nothing.

    Attributes:
        adds: Kinds of spans that its own text may contain.
        copies: How often each protected span stands in the text afterwards.
        any_order: Whether whole spans may change places.
    """

    adds: frozenset[SpanKind] = field(default_factory=frozenset)
    copies: int = 1
    any_order: bool = False


NOTHING = Permit()


class Transform(Protocol):
    """Rewrites a prompt text in one way."""

    page: ClassVar[TransformPage]
    permit: ClassVar[Permit]

    def __init__(self, settings: TransformSettings) -> None:
        """Take the settings."""
        ...

    def plan(self, layout: Layout, lessons: Lessons) -> Plan:
        """Return the edits that it would make, in offsets of the layout's text."""
        ...
