"""What the audit log says of versions of prompts."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.history.audit import AuditLine
from optimizer.models.versions import Confirmation, Version
from optimizer.pipeline.lifecycle import Who
from optimizer.prompts.versions.lifecycle import Step


def recorded_line(version: Version, who: Who) -> AuditLine:
    """Return the line that a version was made."""
    detail: Mapping[str, object] = {
        "version": version.version,
        "state": str(version.state),
        "parent": version.parent,
        "bump": version.bump,
        "why_bump": version.why_bump,
        "reason": version.lineage.why,
        "prompt_sha256": version.prompt_sha256,
        "optimization_id": version.optimization_id,
    }
    return who.line("prompt.recorded", version.prompt_id, detail)


def looked_line(look: Confirmation, version: Version, who: Who) -> AuditLine:
    """Return the line that held-out cases were looked at."""
    detail: Mapping[str, object] = {
        "version": version.version,
        "optimization_id": look.optimization_id,
        "seq": look.seq,
        "alpha": look.alpha,
        "verdict": look.verdict,
        "holdout_sha256": look.holdout_sha256,
    }
    return who.line("prompt.looked", version.prompt_id, detail)


def moved_line(step: Step, who: Who) -> AuditLine:
    """Return the line that a version took a step."""
    detail: Mapping[str, object] = {
        "version": step.version,
        "from": str(step.before),
        "to": str(step.after),
        "reason": step.reason,
    }
    return who.line("prompt.moved", step.prompt_id, detail)
