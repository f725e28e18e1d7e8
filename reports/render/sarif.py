"""SARIF 2.1.0: findings of the linter as code hosts and editors read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.models.contract import IssueSeverity
from optimizer.models.linting import FixSafety, LintReport, LintRulePage, PlacedFinding
from reports.render.sarif_log import ROOT, artifact_of, log_of
from reports.text import plain

LEVELS: Mapping[IssueSeverity, str] = {
    IssueSeverity.CRITICAL: "error",
    IssueSeverity.WARNING: "warning",
    IssueSeverity.INFO: "note",
}
FINGERPRINT = "promptLines/v1"


def sarif(report: LintReport, *, version: str) -> str:
    """Render what the linter found as SARIF.

    Args:
        report: What it found.
        version: Of this program.
    """
    driver = {
        "name": "optimizer lint",
        "version": version,
        "rules": [_rule(page) for page in report.rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder linted from."}}},
        "results": [_result(placed, report) for placed in report.findings],
        "invocations": [
            {
                "executionSuccessful": not report.unreadable,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": plain(reason)}}
                    for reason in report.unreadable
                ],
            }
        ],
    }
    return log_of(run)


def _rule(page: LintRulePage) -> dict[str, Any]:
    return {
        "id": page.rule_id,
        "name": "".join(word.capitalize() for word in page.name.split("-")),
        "shortDescription": {"text": page.what},
        "fullDescription": {"text": page.why},
        "help": {"text": f"{page.what} {page.why}\n\nEvidence: {page.evidence}"},
        "defaultConfiguration": {"level": LEVELS[page.severity]},
        "properties": {"fix": page.fix.value},
    }


def _result(placed: PlacedFinding, report: LintReport) -> dict[str, Any]:
    finding = placed.finding
    ids = [page.rule_id for page in report.rules]
    artifact = artifact_of(placed.path)
    said = f"{finding.message} {finding.suggestion or ''}".strip()
    result = {
        "ruleId": finding.rule_id,
        "ruleIndex": ids.index(finding.rule_id),
        "level": LEVELS[finding.severity],
        "message": {"text": plain(said)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": artifact,
                    "region": _region(placed),
                },
                "logicalLocations": [{"fullyQualifiedName": plain(placed.prompt_id)}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: placed.fingerprint},
    }
    is_cure = report.rules[ids.index(finding.rule_id)].fix is not FixSafety.NONE
    if placed.fix and is_cure:
        result["fixes"] = [_fix(placed, artifact)]
    return result


def _fix(placed: PlacedFinding, artifact: Mapping[str, str]) -> dict[str, Any]:
    return {
        "description": {"text": plain(placed.finding.suggestion or placed.finding.message)},
        "artifactChanges": [
            {
                "artifactLocation": artifact,
                "replacements": [
                    {
                        "deletedRegion": {
                            "startLine": edit.line,
                            "startColumn": edit.column,
                            "endLine": edit.end_line,
                            "endColumn": edit.end_column,
                        },
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in placed.fix
                ],
            }
        ],
    }


def _region(placed: PlacedFinding) -> dict[str, int]:
    region = {"startLine": placed.line, "startColumn": placed.column}
    if placed.finding.start is None:
        return region
    return region | {"endLine": placed.end_line, "endColumn": placed.end_column}
