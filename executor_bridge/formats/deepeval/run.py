"""What a test run of deepeval holds, as far as it is read.

After the classes `TestRun`, `LLMApiTestCase`, `ConversationalApiTestCase`, `MetricData` and
`PromptData` of deepeval 1.0 to 4.3; fields that are not listed are ignored.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct

from executor_bridge.meaning import canonical

EXPECTATIONS = "expectations"
"""Name of the verdict on the expectations of a test case, which is no metric of its own."""


class Metric(Struct, rename="camel"):
    """What one metric said; its cost and tokens are those of the judge."""

    name: str = EXPECTATIONS
    score: float | None = None
    threshold: float | None = None
    success: bool | None = None
    reason: str | None = None
    flaky: bool = False
    error: str | None = None
    evaluation_cost: float | None = None
    input_token_count: int | None = None
    output_token_count: int | None = None

    @property
    def wants_less(self) -> bool | None:
        """Whether it passes below its threshold, None where score and verdict do not tell."""
        if self.score is None or self.threshold is None or self.success is None:
            return None
        if self.error or self.score == self.threshold:
            return None
        return self.success is (self.score < self.threshold)


class Case(Struct, rename="camel"):
    """What test cases and conversations have in common, and what either has."""

    name: str
    success: bool | None = None
    metrics_data: list[Metric] | None = None
    expectations_data: Metric | None = None
    evaluation_cost: float | None = None
    input: Any = None
    multimodal_input: Any = None
    expected_output: Any = None
    actual_output: Any = None
    multimodal_actual_output: Any = None
    context: Any = None
    retrieval_context: Any = None
    tools_called: Any = None
    token_cost: float | None = None
    input_token_count: int | None = None
    output_token_count: int | None = None
    completion_time: float | None = None
    turns: list[Any] | None = None
    test_cases: list[Any] = []
    scenario: str | None = None
    expected_outcome: str | None = None
    user_description: str | None = None
    metadata: dict[str, Any] | None = None
    additional_metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    comments: str | None = None
    flaky: bool = False

    @property
    def metrics(self) -> list[Metric]:
        """All that judged it."""
        expectations = [self.expectations_data] if self.expectations_data else []
        return [*(self.metrics_data or []), *expectations]

    @property
    def content(self) -> dict[str, Any]:
        """What makes it the case it is."""
        said = {
            "input": self.input if self.multimodal_input is None else self.multimodal_input,
            "expected_output": self.expected_output,
            "scenario": self.scenario,
            "expected_outcome": self.expected_outcome,
        }
        found = {name: value for name, value in said.items() if value is not None}
        asked = (_asked(turn) for turn in self.turns or self.test_cases)
        return found or {"turns": [said for said in asked if said is not None]}


class Prompt(Struct):
    """A prompt among the hyperparameters."""

    alias: str | None = None
    hash: str | None = None
    version: str | None = None
    text_template: str | None = None
    messages_template: list[Any] | None = None
    model_settings: dict[str, Any] | None = None

    @property
    def text(self) -> str | None:
        """Its text, messages as JSON."""
        if self.text_template is None and self.messages_template:
            return canonical(self.messages_template).decode()
        return self.text_template


class TestRun(Struct, rename="camel"):
    """A test run."""

    test_cases: list[Raw] = []
    conversational_test_cases: list[Raw] = []
    test_file: str | None = None
    identifier: str | None = None
    hyperparameters: dict[str, Any] | None = None
    prompts: list[Prompt] | None = None
    test_passed: int | None = None
    test_failed: int | None = None
    run_duration: float | None = None
    dataset_alias: str | None = None
    dataset_id: str | None = None


class Wrapped(Struct, rename="camel"):
    """A test run as `.latest_test_run.json` has it."""

    test_run_data: TestRun


def _asked(turn: Any) -> Any:
    """Return what a turn puts in: what the user says, or the input of a turn before deepeval 3."""
    if not isinstance(turn, dict):
        return None
    return turn.get("content") if turn.get("role") == "user" else turn.get("input")
