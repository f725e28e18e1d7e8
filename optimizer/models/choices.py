"""The choices of the published models, for who needs no model.

These names and values are relied on from outside; import them from `optimizer.models`.
"""

from __future__ import annotations

from enum import StrEnum


class IssueSeverity(StrEnum):
    """How bad an issue is."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class IssueType(StrEnum):
    """What is wrong with a prompt text."""

    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    VAGUE_LANGUAGE = "vague_language"
    MISSING_STRUCTURE = "missing_structure"
    REDUNDANCY = "redundancy"
    POOR_FORMATTING = "poor_formatting"
    AMBIGUOUS_INSTRUCTIONS = "ambiguous_instructions"


class SuggestionType(StrEnum):
    """What could be done about it."""

    ADD_STRUCTURE = "add_structure"
    CLARIFY_INSTRUCTIONS = "clarify_instructions"
    REDUCE_LENGTH = "reduce_length"
    ADD_EXAMPLES = "add_examples"
    IMPROVE_FORMATTING = "improve_formatting"


class OptimizationStrategy(StrEnum):
    """How a prompt is to be rewritten."""

    CLARITY_FOCUS = "clarity_focus"
    EFFICIENCY_FOCUS = "efficiency_focus"
    STRUCTURE_FOCUS = "structure_focus"
    AUTO = "auto"
    LLM_GUIDED = "llm_guided"
    LLM_CLARITY = "llm_clarity"
    LLM_EFFICIENCY = "llm_efficiency"
    HYBRID = "hybrid"
