from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from optimizer.models.errors import ConfigError
from optimizer.models.terms import GuardStatus
from reports.document import Document, Requirement
from reports.render.junit import junit

LayOut = Callable[..., Document]


def suite(document: Document) -> ElementTree.Element:
    root = ElementTree.fromstring(junit(document))
    (only,) = root
    assert root.tag == "testsuites"
    assert only.get("name") == "optimizer gate"
    assert {key: only.get(key) for key in root.attrib} == root.attrib
    return only


def requirement(status: GuardStatus, **more: object) -> Requirement:
    facts = {"subject": "wf.clear", "name": "success 5 pp prove", "text": "the reason"}
    return Requirement(status=status, **(facts | more))


def outcome(status: GuardStatus) -> ElementTree.Element | None:
    case = suite(Document("Gate", None, (), requirements=(requirement(status),))).find("testcase")
    assert case is not None
    return next((child for child in case if child.tag != "system-out"), None)


@pytest.mark.parametrize(
    ("status", "tag"),
    [
        (GuardStatus.FAILED, "failure"),
        (GuardStatus.INVALID, "error"),
        (GuardStatus.INCONCLUSIVE, "skipped"),
    ],
)
def test_a_status_is_told_by_an_element_with_its_reason(status: GuardStatus, tag: str) -> None:
    told = outcome(status)
    assert told is not None
    assert (told.tag, told.get("message"), told.text) == (tag, "the reason", "the reason")


def test_what_passed_has_no_such_element() -> None:
    assert outcome(GuardStatus.PASSED) is None


def test_the_counts_agree_with_the_cases(lay_out: LayOut) -> None:
    found = suite(lay_out("baseline_gate-thresholds"))
    assert found.attrib == {
        "name": "optimizer gate",
        "tests": "4",
        "failures": "2",
        "errors": "0",
        "skipped": "1",
    }
    assert [case.get("name") for case in found.iter("testcase")] == [
        "success 5 pp prove",
        "latency 10 % detect",
        "latency_p95 10 % prove",
        "success_rate",
    ]
    assert {case.get("classname") for case in found.iter("testcase")} == {"sentiment.clear"}


def test_only_the_guardrail_on_success_names_the_cases_that_fail_now(lay_out: LayOut) -> None:
    first, second = list(suite(lay_out("baseline_gate")).iter("testcase"))[:2]
    assert "newly failing: review-039" in (first.findtext("system-out") or "")
    assert "newly failing" not in (second.findtext("system-out") or "")


def test_a_gate_that_judged_nothing_has_no_case(lay_out: LayOut) -> None:
    assert suite(lay_out("gate-empty")).get("tests") == "0"


def test_a_report_that_is_not_of_a_gate_is_refused(lay_out: LayOut) -> None:
    with pytest.raises(ConfigError, match="this report has none"):
        junit(lay_out("comparison"))


@pytest.mark.parametrize(
    "poison", ["\x1b[2J\x00\x08\ufffe\ud800", "]]> </testcase><x y='\"&", "a\n\r\nb\t\u202e"]
)
def test_hostile_text_stays_text(lay_out: LayOut, poison: str) -> None:
    for name in ("gate", "baseline_gate", "baseline_gate-invalid"):
        clean, hostile = suite(lay_out(name)), suite(lay_out(name, poison))
        assert [e.tag for e in hostile.iter()] == [e.tag for e in clean.iter()]
        junit(lay_out(name, poison)).encode("utf-8")


@pytest.mark.parametrize("case", ["gate", "baseline_gate-thresholds"])
def test_looks_as_a_person_saw_it(lay_out: LayOut, golden: type, case: str) -> None:
    golden(f"{case}.junit.xml", junit(lay_out(case)))
