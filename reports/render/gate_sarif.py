"""SARIF 2.1.0: what a gate asked for and did not get, as code hosts read it."""

from __future__ import annotations

import hashlib
import re
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

LEVELS_TOLD = (
    "Where it was not met, or could not be judged, that is an error; where there were too few "
    "tests to tell, a warning."
)
HELP = (
    "A result tells what was measured, with its interval and what was asked. "
    "`optimizer gate --help` tells how to ask for something else."
)

NOT_IN_IDS = re.compile(r"[^\w.]+")

FINGERPRINT = "requirement/v1"


def gate_sarif(
    document: Document, *, version: str | None = None, line_count: int | None = None
) -> str:
    """Render what a gate asked for and did not get as SARIF.

    A result keeps its fingerprint from run to run, as long as the same is asked of the same
    workflow and variant: code hosts show it as one finding that comes and goes.

    Args:
        document: Of the gate.
        version: Of this program.
        line_count: Of the file that was judged; None where it is no text.

    Raises:
        ConfigError: The document is not of a gate.
    """
    if document.requirements is None:
        raise ConfigError("output: SARIF holds what a gate asked for, this report has none")
    names = {_rule_id(asked): asked.name for asked in document.requirements}
    rules = list(names)
    unmet = [asked for asked in document.requirements if asked.status in LEVELS]
    place = None if document.file is None else _place(document.file, line_count)
    driver = {"name": "optimizer gate"} | ({} if version is None else {"version": version})
    run = {
        "tool": {"driver": driver | {"rules": [_rule(*one) for one in names.items()]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder judged in."}}},
        "results": [_unmet(asked, rules, place) for asked in unmet],
    }
    return log_of(run)


def _unmet(
    asked: Requirement, rules: Sequence[str], place: Mapping[str, Any] | None
) -> dict[str, Any]:
    rule = _rule_id(asked)
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": plain(asked.subject)}]}
    if place is not None:
        location["physicalLocation"] = place
    same = hashlib.sha256(f"{asked.subject}\0{asked.name}".encode("utf-8", "replace"))
    return {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": LEVELS[asked.status],
        "message": {"text": plain(f"{asked.subject}: {asked.text}")},
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: same.hexdigest()},
    }


def _place(file: str, line_count: int | None) -> dict[str, Any]:
    """Return all of a file as a place."""
    place: dict[str, Any] = {"artifactLocation": artifact_of(file)}
    return place | ({"region": {"startLine": 1, "endLine": line_count}} if line_count else {})


def _rule(rule_id: str, name: str) -> dict[str, Any]:
    asked = plain(f"What the gate asks for: {name}.")
    return {
        "id": rule_id,
        "shortDescription": {"text": asked},
        "fullDescription": {"text": f"{asked} {LEVELS_TOLD}"},
        "help": {"text": f"{asked} {LEVELS_TOLD}\n\n{HELP}"},
    }


def _rule_id(asked: Requirement) -> str:
    return NOT_IN_IDS.sub("-", plain(asked.name))
