"""The vocabulary shared by all packages: the published contract, frozen records, errors.

The contract names resolve on first use, so that a command pays for building those alone that it
needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.models.contract import (
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
    )
    from optimizer.models.execution import ErrorDistribution, TestExecutionReport

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

EXECUTION = ("ErrorDistribution", "TestExecutionReport")
"""Names that are in `optimizer.models.execution`; the others are in `optimizer.models.contract`."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "execution" if name in EXECUTION else "contract"
    return getattr(import_module(f"{__name__}.{home}"), name)
