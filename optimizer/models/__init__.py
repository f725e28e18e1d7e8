"""The vocabulary shared by all packages: the published contract, frozen records, errors.

The contract names resolve on first use, so that the commands that need none of them do not pay
for building them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.models.contract import (
        ErrorDistribution,
        IssueSeverity,
        IssueType,
        OptimizationChange,
        OptimizationConfig,
        OptimizationResult,
        OptimizationStrategy,
        Prompt,
        PromptAnalysis,
        PromptIssue,
        PromptSuggestion,
        PromptVersion,
        SuggestionType,
        TestExecutionReport,
    )

__all__ = [
    "ErrorDistribution",
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
    "TestExecutionReport",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("optimizer.models.contract"), name)
