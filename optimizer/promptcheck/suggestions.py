"""What to try, most urgent first: the issues of a prompt gathered by their cure."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.contract import (
    IssueSeverity,
    IssueType,
    PromptIssue,
    PromptSuggestion,
    SuggestionType,
)
from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.clarity import announces_example
from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.scores import Scores

CLARIFY_PRIORITY = 9
STRUCTURE_PRIORITY = 8
LENGTH_PRIORITY = 7
EXAMPLES_PRIORITY = 7
FORMAT_PRIORITY = 6

EXAMPLES_BELOW = 70.0
"""Specificity below which an English prompt without an example is advised to give one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cure:
    issue_type: IssueType
    type: SuggestionType
    priority: int
    advice: str


_CURES = (
    _Cure(
        issue_type=IssueType.AMBIGUOUS_INSTRUCTIONS,
        type=SuggestionType.CLARIFY_INSTRUCTIONS,
        priority=CLARIFY_PRIORITY,
        advice="Make the instructions unambiguous",
    ),
    _Cure(
        issue_type=IssueType.VAGUE_LANGUAGE,
        type=SuggestionType.CLARIFY_INSTRUCTIONS,
        priority=CLARIFY_PRIORITY,
        advice="Say exactly what is meant",
    ),
    _Cure(
        issue_type=IssueType.TOO_SHORT,
        type=SuggestionType.CLARIFY_INSTRUCTIONS,
        priority=CLARIFY_PRIORITY,
        advice="Spell out the task",
    ),
    _Cure(
        issue_type=IssueType.MISSING_STRUCTURE,
        type=SuggestionType.ADD_STRUCTURE,
        priority=STRUCTURE_PRIORITY,
        advice="Add headings or lists",
    ),
    _Cure(
        issue_type=IssueType.TOO_LONG,
        type=SuggestionType.REDUCE_LENGTH,
        priority=LENGTH_PRIORITY,
        advice="Shorten the prompt",
    ),
    _Cure(
        issue_type=IssueType.REDUNDANCY,
        type=SuggestionType.REDUCE_LENGTH,
        priority=LENGTH_PRIORITY,
        advice="Remove what is said twice",
    ),
    _Cure(
        issue_type=IssueType.POOR_FORMATTING,
        type=SuggestionType.IMPROVE_FORMATTING,
        priority=FORMAT_PRIORITY,
        advice="Break the text into lines",
    ),
)


def suggest(
    reading: Reading, issues: Sequence[PromptIssue], scores: Scores
) -> list[PromptSuggestion]:
    """Return what to try for a prompt with these issues and scores, most urgent first."""
    suggestions = [*_for_critical(issues), *_for_issues(issues), *_for_examples(reading, scores)]
    return sorted(suggestions, key=lambda suggestion: -suggestion.priority)


def _for_critical(issues: Sequence[PromptIssue]) -> list[PromptSuggestion]:
    critical = [issue for issue in issues if issue.severity is IssueSeverity.CRITICAL]
    if not critical:
        return []
    return [
        PromptSuggestion(
            type=SuggestionType.CLARIFY_INSTRUCTIONS,
            description=f"Repair before anything else: {_facts(critical)}",
            priority=CLARIFY_PRIORITY,
        )
    ]


def _for_issues(issues: Sequence[PromptIssue]) -> list[PromptSuggestion]:
    suggestions = []
    for cure in _CURES:
        curable = [
            issue
            for issue in issues
            if issue.type is cure.issue_type and issue.severity is not IssueSeverity.CRITICAL
        ]
        if curable:
            description = f"{cure.advice}: {_facts(curable)}"
            suggestions.append(
                PromptSuggestion(type=cure.type, description=description, priority=cure.priority)
            )
    return suggestions


def _for_examples(reading: Reading, scores: Scores) -> list[PromptSuggestion]:
    is_specific = scores.part("specificity").score >= EXAMPLES_BELOW
    if is_specific or not reading.language.is_english or announces_example(reading):
        return []
    return [
        PromptSuggestion(
            type=SuggestionType.ADD_EXAMPLES,
            description="Show an example of a good answer: the prompt announces none.",
            priority=EXAMPLES_PRIORITY,
        )
    ]


def _facts(issues: Sequence[PromptIssue]) -> str:
    """Return what the first issue says, and how many more there are."""
    more = f" (and {len(issues) - 1} more)" if issues[1:] else ""
    return issues[0].description + more
