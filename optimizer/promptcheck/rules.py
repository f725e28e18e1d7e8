"""The issues that `analyze` publishes: what some of the linter's rules find, in published types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimizer.models.contract import IssueSeverity, IssueType, PromptIssue
from optimizer.models.lint_settings import LintSettings
from optimizer.promptcheck.findings import capped
from optimizer.promptcheck.lint.base import Found, LintRule, Subject
from optimizer.promptcheck.lint.rules import BY_ID
from optimizer.promptcheck.reading import Reading

PUBLISHED: Mapping[str, IssueType] = {
    "P003": IssueType.POOR_FORMATTING,
    "P004": IssueType.AMBIGUOUS_INSTRUCTIONS,
    "P010": IssueType.TOO_LONG,
    "P011": IssueType.TOO_SHORT,
    "P020": IssueType.VAGUE_LANGUAGE,
    "P012": IssueType.MISSING_STRUCTURE,
    "P022": IssueType.REDUNDANCY,
    "P013": IssueType.POOR_FORMATTING,
    "P014": IssueType.AMBIGUOUS_INSTRUCTIONS,
    "P001": IssueType.AMBIGUOUS_INSTRUCTIONS,
    "P002": IssueType.AMBIGUOUS_INSTRUCTIONS,
}
"""The published type of what a rule finds, in the order that they are reported in."""

_SEVERITIES = (IssueSeverity.CRITICAL, IssueSeverity.WARNING, IssueSeverity.INFO)


def find_issues(reading: Reading, *, declared: Sequence[str] | None) -> list[PromptIssue]:
    """Return the issues of a prompt, critical ones first."""
    issues = [i for rule_id in PUBLISHED for i in issues_of(rule_id, reading, declared=declared)]
    return sorted(issues, key=lambda issue: _SEVERITIES.index(issue.severity))


def issues_of(
    rule_id: str, reading: Reading, *, declared: Sequence[str] | None = None
) -> list[PromptIssue]:
    """Return what one rule finds, as published."""
    rule = BY_ID[rule_id]
    subject = Subject(
        raw=reading.text,
        reading=reading,
        declared=None if declared is None else tuple(declared),
        settings=LintSettings(),
    )
    return capped(_issue(rule, reading, found) for found in rule.check(subject))


def _issue(rule: LintRule, reading: Reading, found: Found) -> PromptIssue:
    return PromptIssue(
        severity=rule.page.severity,
        type=PUBLISHED[rule.rule_id],
        description=found.message,
        location=None if found.start is None else reading.location(found.start),
        suggestion=found.suggestion,
    )
