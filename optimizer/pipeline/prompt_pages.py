"""What is shown of versions of prompts, and what leaves the program as the published records."""

from __future__ import annotations

from dataclasses import asdict

from optimizer.history import queries
from optimizer.history.store import History
from optimizer.models.contract import (
    OptimizationChange,
    OptimizationResult,
    OptimizationStrategy,
    Prompt,
    PromptVersion,
)
from optimizer.models.decisions import AuditEntry
from optimizer.models.versions import Confirmation, Version, VersionDiff, VersionPage
from optimizer.pipeline.select_prompt import only_prompt, select_version, versions_of
from optimizer.promptcheck import analyze
from optimizer.promptcheck.reading import read
from optimizer.prompts.versions.differences import differences
from optimizer.prompts.versions.lifecycle import in_use
from optimizer.scoring_rules import ScoringRules


def page(
    history: History, selector: str, *, rules: ScoringRules, prompt_id: str | None = None
) -> VersionPage:
    """Return a version with what a reader needs beside it.

    Raises:
        SelectionError: There is no such version.
    """
    found = select_version(history, selector, prompt_id=prompt_id)
    known = versions_of(history, found.prompt_id)
    parent = _parent(known, found)
    used = in_use(known)
    return VersionPage(
        version=found,
        diff=side_by_side(parent, found) if parent else None,
        in_use=used.version if used else None,
        is_high_quality=_is_high_quality(found.confirmation, rules),
    )


def difference(
    history: History, before: str, after: str, *, prompt_id: str | None = None
) -> VersionDiff:
    """Return two versions side by side; they may be of two prompts.

    Raises:
        SelectionError: There is no such version.
    """
    return side_by_side(
        select_version(history, before, prompt_id=prompt_id),
        select_version(history, after, prompt_id=prompt_id),
    )


def side_by_side(before: Version, after: Version) -> VersionDiff:
    """Return two versions with what was kept, removed and added."""
    pieces = differences(before.text, after.text)
    return VersionDiff(before=before, after=after, pieces=pieces)


def steps(history: History, prompt_id: str | None) -> tuple[list[Version], list[AuditEntry]]:
    """Return the versions of a prompt and what the audit log says of it.

    Raises:
        SelectionError: It is not stored, or none was named and several are.
    """
    versions = versions_of(history, prompt_id or only_prompt(history))
    return versions, queries.audit(history, subject=versions[0].prompt_id)


def published(history: History, found: Version) -> PromptVersion:
    """Return a version as the published record, with the static analysis of its text."""
    parent = _parent(versions_of(history, found.prompt_id), found)
    file, _, pointer = found.prompt_id.partition("#")
    return PromptVersion(
        prompt_id=found.prompt_id,
        version=found.version,
        prompt=Prompt(
            id=found.prompt_id,
            workflow_id=found.workflow_id or file,
            node_id=pointer or file,
            node_type="llm" if pointer else "file",
            text=found.text,
            variables=sorted({one.name for one in read(found.text).variables}),
            extracted_at=found.created_at,
        ),
        analysis=analyze(found.text, prompt_id=found.prompt_id, analyzed_at=found.created_at),
        optimization_result=_result(found, parent) if found.optimization_id and parent else None,
        parent_version=found.parent,
        created_at=found.created_at,
        metadata={
            "state": str(found.state),
            "bump": found.bump,
            "why_bump": found.why_bump,
            "confirmation": found.confirmation and asdict(found.confirmation),
            "lineage": asdict(found.lineage),
            "lint_before": list(found.lint_before),
            "lint_after": list(found.lint_after),
            "prompt_sha256": found.prompt_sha256,
        },
    )


def _result(found: Version, parent: Version) -> OptimizationResult:
    """Return what an optimization did: points of held-out pass rate, 0 where none is confirmed."""
    look = found.confirmation
    strategies = {str(one): one for one in OptimizationStrategy}
    return OptimizationResult(
        prompt_id=found.prompt_id,
        original_prompt=parent.text,
        optimized_prompt=found.text,
        strategy=strategies.get(found.lineage.strategy or "", OptimizationStrategy.AUTO),
        improvement_score=100 * (look.estimate or 0.0) if look and look.is_better else 0.0,
        confidence=_confidence(look),
        changes=[
            OptimizationChange(rule_id=rule, description=found.lineage.why or rule)
            for rule in found.lineage.rules
        ],
        metadata={
            "improvement_unit": "percentage points of held-out pass rate",
            "verified": look is not None and look.is_better,
            "low": look.low if look else None,
            "high": look.high if look else None,
        },
        optimized_at=found.created_at,
    )


def _is_high_quality(look: Confirmation | None, rules: ScoringRules) -> bool | None:
    """Say what the published rule says of a confirmed gain; None where none is."""
    if look is None or not look.is_better or look.low is None:
        return None
    return rules.is_high_quality(_confidence(look), 100 * look.low)


def _confidence(look: Confirmation | None) -> float:
    """Return one less the one-sided p-value of a confirmed gain, 0 where none is confirmed."""
    if look is None or not look.is_better or look.p_value is None:
        return 0.0
    return 1 - look.p_value / 2


def _parent(known: list[Version], found: Version) -> Version | None:
    return next((one for one in known if one.version == found.parent), None)
