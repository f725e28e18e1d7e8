"""What the linter says of a prompt, in the few words that a version keeps."""

from __future__ import annotations

from collections import Counter

from optimizer.models.sites import PromptSite
from optimizer.promptcheck.lint import vague_term
from optimizer.promptcheck.lint.linter import lint


def named_lint(site: PromptSite) -> tuple[str, ...]:
    """Return the rules that find something, with how often: `P012 x2`."""
    counts = Counter(finding.rule_id for finding in lint(site.text, declared=site.declared))
    return tuple(f"{name} x{n}" if n > 1 else name for name, n in sorted(counts.items()))


def n_vague(text: str) -> int:
    """Return how many findings say that a word is vague."""
    return len(lint(text, rules=(vague_term.RULE,)))
