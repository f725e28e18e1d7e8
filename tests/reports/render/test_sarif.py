from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimizer.models.errors import ConfigError
from optimizer.models.linting import LintReport
from optimizer.models.terms import GuardStatus
from reports.document import Document, Requirement
from reports.render.gate_sarif import gate_sarif
from reports.render.github import annotation_lines
from reports.render.lint import lint_lines
from reports.render.sarif import sarif

LEVELS = {"error", "warning", "note"}
KEYS = {
    "log": {"$schema", "version", "runs"},
    "run": {"tool", "columnKind", "originalUriBaseIds", "results", "invocations"},
    "driver": {"name", "version", "rules"},
    "rule": {
        "id",
        "name",
        "shortDescription",
        "fullDescription",
        "help",
        "defaultConfiguration",
        "properties",
    },
    "result": {
        "ruleId",
        "ruleIndex",
        "level",
        "message",
        "locations",
        "partialFingerprints",
        "fixes",
    },
    "location": {"physicalLocation", "logicalLocations"},
    "physical": {"artifactLocation", "region"},
    "artifact": {"uri", "uriBaseId"},
    "region": {"startLine", "startColumn", "endLine", "endColumn"},
}
"""What an object may hold, of what the standard allows: it forbids every other name."""

LayOut = Callable[..., Document]
UNMET = Requirement(
    subject="wf.clear", name="success 5 pp prove", status=GuardStatus.FAILED, text="it fell"
)
UNSURE = replace(UNMET, name="cost 10 % detect", status=GuardStatus.INCONCLUSIVE, text="few")
MET = replace(UNMET, name="tokens", status=GuardStatus.PASSED)


def require_allowed(log: dict[str, Any]) -> None:
    """Check that no object holds a name that the standard does not give it."""
    assert set(log) <= KEYS["log"]
    for run in log["runs"]:
        assert set(run) <= KEYS["run"]
        assert set(run["tool"]) == {"driver"}
        assert set(run["tool"]["driver"]) <= KEYS["driver"]
        assert all(set(rule) <= KEYS["rule"] for rule in run["tool"]["driver"]["rules"])
        for result in run["results"]:
            assert set(result) <= KEYS["result"]
            assert set(result["message"]) == {"text"}
            for location in result["locations"]:
                assert set(location) <= KEYS["location"]
                place = location.get("physicalLocation", {})
                assert set(place) <= KEYS["physical"]
                assert set(place.get("artifactLocation", {})) <= KEYS["artifact"]
                assert set(place.get("region", {})) <= KEYS["region"]


def gate_log(
    *asked: Requirement, file: str | None = "run 1.json", line_count: int | None = None
) -> dict[str, Any]:
    document = Document("Gate", None, (), requirements=asked, file=file)
    content: dict[str, Any] = json.loads(
        gate_sarif(document, version="1.2.3", line_count=line_count)
    )
    require_allowed(content)
    return content


def test_a_gate_tells_what_it_did_not_get() -> None:
    [run] = gate_log(MET, UNMET, UNSURE)["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["tokens", "success-5-pp-prove", "cost-10-detect"]
    told = [(one["ruleId"], one["level"], one["message"]["text"]) for one in run["results"]]
    assert told == [
        ("success-5-pp-prove", "error", "wf.clear: it fell"),
        ("cost-10-detect", "warning", "wf.clear: few"),
    ]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    [location] = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "run%201.json"
    assert location["logicalLocations"] == [{"fullyQualifiedName": "wf.clear"}]


def test_what_a_gate_asks_for_keeps_its_fingerprint_whatever_the_figures() -> None:
    def of(asked: Requirement) -> str:
        [result] = gate_log(asked)["runs"][0]["results"]
        [(name, found)] = result["partialFingerprints"].items()
        assert name == "requirement/v1"
        return str(found)

    assert of(UNMET) == of(replace(UNMET, text="it fell further"))
    assert of(UNMET) != of(replace(UNMET, subject="wf.vague"))
    assert of(UNMET) != of(UNSURE)


def test_a_gate_is_about_all_lines_of_a_text_file() -> None:
    def place(line_count: int | None) -> dict[str, Any]:
        [result] = gate_log(UNMET, line_count=line_count)["runs"][0]["results"]
        found: dict[str, Any] = result["locations"][0]["physicalLocation"]
        return found

    assert place(7)["region"] == {"startLine": 1, "endLine": 7}
    assert "region" not in place(None)


def test_a_stored_run_has_no_file_to_show() -> None:
    [result] = gate_log(UNMET, file=None)["runs"][0]["results"]
    assert "physicalLocation" not in result["locations"][0]


def test_every_gate_is_a_log(lay_out: LayOut) -> None:
    for name in ("gate", "gate-empty", "gate-unsure", "baseline_gate", "baseline_gate-invalid"):
        for poison in ("", "\x1b]8;;\u202e\ud800\n"):
            require_allowed(json.loads(gate_sarif(lay_out(name, poison))))


def test_a_report_that_is_not_of_a_gate_is_refused(lay_out: LayOut) -> None:
    with pytest.raises(ConfigError, match="this report has none"):
        gate_sarif(lay_out("comparison"))


@pytest.fixture(scope="module")
def lints() -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).parents[1] / "lints.py"))


@pytest.fixture
def found(lints: dict[str, Any]) -> LintReport:
    report: LintReport = lints["FOUND"]
    return report


@pytest.fixture
def log(found: LintReport) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(sarif(found, version="1.2.3"))
    return content


def test_a_log_has_what_the_standard_requires(log: dict[str, Any]) -> None:
    require_allowed(log)
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    assert driver["version"] == "1.2.3"
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    assert [type(i["executionSuccessful"]) for i in run["invocations"]] == [bool]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS


def test_a_result_names_its_rule_and_its_place(log: dict[str, Any]) -> None:
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in LEVELS
        assert result["message"]["text"]
        assert result["partialFingerprints"] == {"promptLines/v1": "0123456789abcdef"}
        [location] = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert place["region"]["startLine"] >= 1
        assert place["region"]["startColumn"] >= 1
    first = run["results"][0]["locations"][0]["physicalLocation"]
    assert first["artifactLocation"]["uri"] == "prompts/triage%201.md"
    assert first["region"] == {"startLine": 2, "startColumn": 7, "endLine": 2, "endColumn": 10}


def test_a_fix_replaces_its_region(log: dict[str, Any]) -> None:
    fixes = [result.get("fixes") for result in log["runs"][0]["results"]]
    assert fixes[0] is None
    assert fixes[2] is None
    [[change]] = [fix["artifactChanges"] for fix in fixes[1]]
    assert change["artifactLocation"]["uri"] == "prompts/triage%201.md"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 3, "startColumn": 11, "endLine": 3, "endColumn": 13},
            "insertedContent": {"text": ""},
        }
    ]


def test_a_path_elsewhere_is_no_relative_one(lints: dict[str, Any]) -> None:
    log = json.loads(sarif(lints["report"](lints["placed"](path="/tmp/ä.md")), version="1"))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "file:///tmp/%C3%A4.md"}


def test_what_could_not_be_read_is_told(lints: dict[str, Any]) -> None:
    log = json.loads(sarif(lints["report"](unreadable=("a.md: gone",)), version="1"))
    [invocation] = log["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"]
    [told] = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "a.md: gone"


def test_annotations_escape_what_would_end_them(found: LintReport, lints: dict[str, Any]) -> None:
    first, *_ = annotation_lines(found).splitlines()
    assert first == (
        "::warning file=prompts/triage 1.md,line=2,col=7,endLine=2,title=P020::"
        '"etc" is vague; it occurs once. Say which: 100%25, or how many.'
    )
    hostile = lints["report"](lints["placed"](path="a,b:c\n::error::x"))
    [only] = annotation_lines(hostile).splitlines()
    assert only.startswith("::warning file=a%2Cb%3Ac %3A%3Aerror%3A%3Ax,line=2")


def test_lines_are_harmless_in_a_terminal(lints: dict[str, Any]) -> None:
    hostile = lints["report"](lints["placed"](path="a\x1b[2J\u202e.md"))
    text = lint_lines(hostile, color=False)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_lines_end_with_how_much_there_is(found: LintReport) -> None:
    assert lint_lines(found, color=False).splitlines() == [
        'prompts/triage 1.md:2:7: P020 warning: "etc" is vague; it occurs once.',
        "prompts/triage 1.md:3:11: P030 info: Spaces at the end of the line. [*]",
        "app.yml:3:11: P030 info: Spaces at the end of the line. [*] (/model_config/pre_prompt)",
        "Found 3 problems (1 warning, 2 info) in 3 prompts in 2 files.",
        "Fixed 2 problems.",
        "[*] 2 fixable with --fix.",
        "Not shown: 1 ignored by comments, 4 known before.",
    ]
    assert "\x1b[33mP020 warning\x1b[0m" in lint_lines(found, color=True)
