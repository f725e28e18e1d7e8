"""What the linter says of a prompt, in the few words that a version keeps."""

from __future__ import annotations

from collections import Counter

from optimizer.models.contract import IssueType
from optimizer.models.sites import PromptSite
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.rules import find_issues


def named_lint(site: PromptSite) -> tuple[str, ...]:
    """Return the rules that find something, with how often: `P004 x2`."""
    issues = find_issues(read(site.text), declared=site.declared)
    counts = Counter(issue.type.value for issue in issues)
    return tuple(f"{name} x{n}" if n > 1 else name for name, n in sorted(counts.items()))


def n_vague(text: str) -> int:
    """Return how many findings say that something is vague."""
    found = find_issues(read(text), declared=None)
    return sum(issue.type is IssueType.VAGUE_LANGUAGE for issue in found)
