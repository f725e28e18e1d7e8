"""Findings of the linter, its rules and the scores of prompts."""

from __future__ import annotations

from typing import Any

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import (
    Edit,
    FixSafety,
    LintFinding,
    LintReport,
    LintRulePage,
    PlacedEdit,
    PlacedFinding,
    PromptScores,
)
from reports.gallery.lint import lint
from reports.gallery.lint_rules import lint_rules
from reports.gallery.lint_scores import lint_scores
from reports.gallery.lint_statistics import lint_statistics


def page(**more: Any) -> LintRulePage:
    facts: dict[str, Any] = {
        "rule_id": "P020",
        "name": "vague-term",
        "severity": IssueSeverity.WARNING,
        "what": "A word that says less than it seems to.",
        "why": "What it leaves open, the model guesses.",
        "bad": "Extract the names, dates, etc. from this letter:\n{{ letter }}",
        "good": "Extract the names and dates from this letter:\n{{ letter }}",
        "fix": FixSafety.NONE,
        "evidence": "Models guess 41 % of unstated requirements.",
    }
    return LintRulePage(**(facts | more))


SPACE = page(
    rule_id="P030",
    name="trailing-space",
    severity=IssueSeverity.INFO,
    what="Spaces at the end of a line.",
    fix=FixSafety.SAFE,
)


def placed(**more: Any) -> PlacedFinding:
    facts: dict[str, Any] = {
        "path": "prompts/triage 1.md",
        "prompt_id": "prompts/triage 1.md",
        "finding": LintFinding(
            rule_id="P020",
            severity=IssueSeverity.WARNING,
            message='"etc" is vague; it occurs once.',
            start=26,
            end=29,
            suggestion="Say which: 100%, or how many.",
        ),
        "line": 2,
        "column": 7,
        "end_line": 2,
        "end_column": 10,
        "fingerprint": "0123456789abcdef",
    }
    return PlacedFinding(**(facts | more))


def spaces(**more: Any) -> PlacedFinding:
    finding = LintFinding(
        rule_id="P030",
        severity=IssueSeverity.INFO,
        message="Spaces at the end of the line.",
        start=30,
        end=32,
        suggestion="Remove them.",
        edits=(Edit(start=30, end=32, text=""),),
    )
    fix = (PlacedEdit(line=3, column=11, end_line=3, end_column=13, text=""),)
    facts = {"finding": finding, "line": 3, "column": 11, "end_line": 3, "end_column": 13}
    return placed(**(facts | {"fix": fix} | more))


def report(*findings: PlacedFinding, **more: Any) -> LintReport:
    facts: dict[str, Any] = {
        "findings": findings,
        "rules": (page(), SPACE) if findings else (),
        "n_files": 2,
        "n_prompts": 3,
    }
    return LintReport(**(facts | more))


NESTED = spaces(path="app.yml", prompt_id="app.yml#/model_config/pre_prompt", fix=())
FOUND = report(placed(), spaces(), NESTED, n_ignored=1, n_known=4, n_fixed=2)
SCORES = PromptScores(
    prompt_id="prompts/triage 1.md",
    overall=67.4,
    clarity=61.5,
    efficiency=76.24,
    explanation=("structure 60: 50 base +10 newlines (5)", "token 70: 70 length"),
)

CASES = {
    "lint": (lint, (FOUND,)),
    "lint-clean": (lint, (report(),)),
    "lint-empty": (lint, (report(n_files=0, n_prompts=0, unreadable=("a.md: gone",)),)),
    "lint_rules": (lint_rules, ((page(),),)),
    "lint_rules-list": (lint_rules, ((page(), SPACE),)),
    "lint_rules-empty": (lint_rules, ((),)),
    "lint_statistics": (lint_statistics, (FOUND,)),
    "lint_statistics-clean": (lint_statistics, (report(),)),
    "lint_statistics-empty": (lint_statistics, (report(n_files=0, n_prompts=0),)),
    "lint_scores": (lint_scores, ((SCORES,),)),
    "lint_scores-empty": (lint_scores, ((),)),
}
