"""The published models of prompts: their text, its analysis, its rewriting, its versions.

These names, fields and messages are relied on from outside; import them from `optimizer.models`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from optimizer.models.choices import (
    IssueSeverity,
    IssueType,
    OptimizationStrategy,
    SuggestionType,
)
from optimizer.models.published import Published, Rate, Score

__all__ = [
    "IssueSeverity",
    "IssueType",
    "OptimizationChange",
    "OptimizationConfig",
    "OptimizationResult",
    "OptimizationStrategy",
    "Prompt",
    "PromptAnalysis",
    "PromptIssue",
    "PromptSuggestion",
    "PromptVersion",
    "SuggestionType",
]

MAX_PROMPT_CHARS = 100_000


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty or blank")
    return text


NotBlank = Annotated[str, AfterValidator(_not_blank)]


class Prompt(Published):
    """A prompt as it stands in a workflow."""

    id: NotBlank
    workflow_id: NotBlank
    node_id: NotBlank
    node_type: NotBlank
    text: Annotated[NotBlank, Field(max_length=MAX_PROMPT_CHARS)]
    role: str = "system"
    variables: list[NotBlank] = Field(default_factory=list)
    context: dict[str, Any] = Field(default_factory=dict)
    extracted_at: datetime = Field(default_factory=datetime.now)


class PromptIssue(Published):
    """One finding in a prompt text."""

    severity: IssueSeverity
    type: IssueType
    description: str
    location: str | None = None
    suggestion: str | None = None


class PromptSuggestion(Published):
    """One thing to try, 10 the most urgent."""

    type: SuggestionType
    description: str
    priority: Annotated[int, Field(ge=1, le=10)]


class PromptAnalysis(Published):
    """Static scores of a prompt text, 0 to 100, and what was found in it."""

    prompt_id: str
    overall_score: Score
    clarity_score: Score
    efficiency_score: Score
    issues: list[PromptIssue] = Field(default_factory=list)
    suggestions: list[PromptSuggestion] = Field(default_factory=list)
    metadata: dict[str, Any] = Field(default_factory=dict)
    analyzed_at: datetime = Field(default_factory=datetime.now)


class OptimizationChange(Published):
    """One edit of a prompt text."""

    rule_id: str
    description: str
    location: str | None = None
    before: str | None = None
    after: str | None = None


class OptimizationResult(Published):
    """A rewritten prompt and how it came about."""

    prompt_id: str
    original_prompt: str
    optimized_prompt: str
    strategy: OptimizationStrategy
    improvement_score: Annotated[float, Field(allow_inf_nan=False)]
    confidence: Rate
    changes: list[OptimizationChange] = Field(default_factory=list)
    metadata: dict[str, Any] = Field(default_factory=dict)
    optimized_at: datetime = Field(default_factory=datetime.now)


class PromptVersion(Published):
    """A prompt at one point of its history; a version without a parent is the baseline."""

    prompt_id: str
    version: Annotated[str, Field(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]
    prompt: Prompt
    analysis: PromptAnalysis
    optimization_result: OptimizationResult | None = None
    parent_version: str | None = None
    created_at: datetime = Field(default_factory=datetime.now)
    metadata: dict[str, Any] = Field(default_factory=dict)

    def get_version_number(self) -> tuple[int, int, int]:
        """Return the version as (major, minor, patch)."""
        major, minor, patch = map(int, self.version.split("."))
        return major, minor, patch

    def is_baseline(self) -> bool:
        """Tell whether this is the first version."""
        return self.parent_version is None


class OptimizationConfig(Published):
    """What a caller asks of an optimization."""

    strategies: Annotated[list[OptimizationStrategy], Field(min_length=1)] = Field(
        default_factory=lambda: [OptimizationStrategy.AUTO]
    )
    min_confidence: Rate = 0.6
    max_iterations: Annotated[int, Field(ge=1)] = 3
    score_threshold: Score = 80.0
    analysis_rules: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)
