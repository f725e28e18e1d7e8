"""SARIF 2.1.0: what a gate asked for and did not get, as code hosts read it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from optimizer.models.errors import ConfigError
from optimizer.models.terms import GuardStatus
from reports.document import Document, Requirement
from reports.render.sarif_log import ROOT, artifact_of, log_of
from reports.text import plain

LEVELS: Mapping[GuardStatus, str] = {
    GuardStatus.FAILED: "error",
    GuardStatus.INVALID: "error",
    GuardStatus.INCONCLUSIVE: "warning",
}
"""How bad it is that something was not met; what was is no result."""

FINGERPRINT = "requirement/v1"


def gate_sarif(document: Document) -> str:
    """Render what a gate asked for and did not get as SARIF.

    A result keeps its fingerprint from run to run, as long as the same is asked of the same
    workflow and variant: code hosts show it as one finding that comes and goes.

    Raises:
        ConfigError: The document is not of a gate.
    """
    if document.requirements is None:
        raise ConfigError("output: SARIF holds what a gate asked for, this report has none")
    rules = list(dict.fromkeys(_rule_id(asked) for asked in document.requirements))
    unmet = [asked for asked in document.requirements if asked.status in LEVELS]
    run = {
        "tool": {"driver": {"name": "optimizer gate", "rules": [_asked_rule(n) for n in rules]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder judged in."}}},
        "results": [_unmet(asked, rules, document.file) for asked in unmet],
    }
    return log_of(run)


def _unmet(asked: Requirement, rules: Sequence[str], file: str | None) -> dict[str, Any]:
    rule = _rule_id(asked)
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": plain(asked.subject)}]}
    if file is not None:
        location["physicalLocation"] = {"artifactLocation": artifact_of(file)}
    same = hashlib.sha256(f"{asked.subject}\0{asked.name}".encode("utf-8", "replace"))
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": LEVELS[asked.status],
        "message": {"text": plain(f"{asked.subject}: {asked.text}")},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: same.hexdigest()},
    }


def _asked_rule(name: str) -> dict[str, Any]:
    return {"id": name, "shortDescription": {"text": f"What the gate asks for: {name}."}}


def _rule_id(asked: Requirement) -> str:
    return plain(asked.name).replace(" ", "-")
