"""One result of promptfoo as it is written: an `EvaluateResult`, a test under one prompt.

Field names after promptfoo's `src/types/index.ts`; JSON, YAML and JSONL files hold the same rows.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from executor_bridge.amounts import whole

STRIPPED_TEXT = "[output stripped]"
STRIPPED_OUTPUT = f'"{STRIPPED_TEXT}"'.encode()
STRIPPED_PROMPT = "[prompt stripped]"
VARIABLE = re.compile(r"{{\s*(?P<name>[\w.-]+)\s*}}")
COUNTS = ("testPassCount", "testFailCount", "testErrorCount")
NOTHING = (b"", b"null", b"{}", b"[]")
LONGEST_NOTHING = 4


class Usage(Struct, rename="camel", gc=False):
    """Tokens; `cached` are those that came from a cache."""

    prompt: Any = None
    completion: Any = None
    cached: Any = None
    total: Any = None
    assertions: Any = None


class Assertion(Struct, gc=False):
    """What was asserted."""

    type: str | None = None
    metric: str | None = None


class Grading(Struct, rename="camel", gc=False):
    """What one assertion said, or all of them together."""

    passed: bool | None = field(default=None, name="pass")
    score: Any = None
    reason: Any = None
    named_scores: Any = None
    named_scores_of_python: Any = field(default=None, name="named_scores")
    tokens_used: Any = None
    component_results: list[Grading | None] | None = None
    assertion: Assertion | None = None


class Response(Struct, rename="camel", gc=False):
    """What the provider answered."""

    output: Raw = Raw()
    error: Any = None
    cached: bool | None = None
    cost: Any = None
    latency_ms: Any = None
    token_usage: Usage | None = None


class Provider(Struct, gc=False):
    """What was asked: its id, its label, and in JSONL its configuration."""

    id: str | None = None
    label: str | None = None
    config: Any = None


class Prompt(Struct, gc=False):
    """A prompt: in the head of a file its template, in a row what was made of it."""

    raw: str | None = None
    label: str | None = None
    id: str | None = None
    provider: str | None = None
    config: Any = None
    metrics: dict[str, Any] | None = None


class CaseMetadata(Struct, rename="camel", gc=False):
    """What users say of a test."""

    test_case_id: Any = None
    scenario: Any = None
    dataset: Any = None
    family: Any = None


class TestCase(Struct, gc=False):
    """A test."""

    id: Any = None
    description: str | None = None
    vars: Raw = Raw()
    assertions: Raw = field(default=Raw(), name="assert")
    metadata: CaseMetadata | None = None


class Row(Struct, rename="camel", gc=False):
    """One result. What is only kept stays text."""

    success: bool
    id: str | None = None
    prompt_idx: int | None = None
    test_idx: int | None = None
    test_case: TestCase | None = None
    description: str | None = None
    provider: Provider | str | None = None
    prompt: Prompt | str | None = None
    prompt_id: str | None = None
    vars: Raw = Raw()
    response: Response | None = None
    error: str | None = None
    failure_reason: int | None = None
    score: Any = None
    latency_ms: Any = None
    grading_result: Grading | None = None
    named_scores: dict[str, Any] | None = None
    cost: Any = None
    metadata: Raw = Raw()
    token_usage: Usage | None = None
    trace_id: str | None = None

    @property
    def provider_id(self) -> str | None:
        """What was asked."""
        told = self.provider
        return told.id if isinstance(told, Provider) else told

    @property
    def provider_label(self) -> str | None:
        """What the user calls it."""
        return (self.provider.label or None) if isinstance(self.provider, Provider) else None

    @property
    def rendered(self) -> Prompt:
        """The prompt as it was sent."""
        told = self.prompt
        return told if isinstance(told, Prompt) else Prompt(raw=told, label=told)

    @property
    def case_vars(self) -> Raw:
        """The variables of the test, as they were given."""
        given = self.test_case.vars if self.test_case is not None else self.vars
        return self.vars if is_nothing(given) else given

    @property
    def is_cached(self) -> bool:
        """Whether the answer came from promptfoo's cache."""
        return self.response is not None and self.response.cached is True

    @property
    def answer(self) -> Raw:
        """What came out."""
        return Raw() if self.response is None else self.response.output

    @property
    def said(self) -> CaseMetadata:
        """What the user says of the test."""
        return (self.test_case and self.test_case.metadata) or NO_METADATA


def template_in(row: Row) -> str | None:
    """Return the label of a prompt where it is the template: the variables put in make the prompt.

    promptfoo labels so every prompt to which the user gave no label.
    """
    sent = row.rendered
    if not sent.label or sent.raw is None or is_nothing(row.vars):
        return sent.raw if sent.raw is not None and sent.raw == sent.label else None
    values = msgspec.json.decode(row.vars)

    def value(match: re.Match[str]) -> str:
        found = values.get(match["name"]) if isinstance(values, dict) else None
        return found if isinstance(found, str) else match[0]

    return sent.label if VARIABLE.sub(value, sent.label) == sent.raw else None


def is_nothing(raw: Raw) -> bool:
    """Tell whether JSON text says nothing."""
    view = memoryview(raw)
    return view.nbytes <= LONGEST_NOTHING and bytes(view) in NOTHING


def promised(prompt: Prompt) -> int | None:
    """Return how many results promptfoo counted of a prompt, None where it did not."""
    counts = [whole((prompt.metrics or {}).get(name)) for name in COUNTS]
    return None if counts[0] is None else sum(count or 0 for count in counts)


NO_METADATA = CaseMetadata()
NO_USAGE = Usage()
NO_RESPONSE = Response()
