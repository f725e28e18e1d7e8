from __future__ import annotations

import pytest

from optimizer.models.terms import GuardStatus
from reports.document import Document, Items, Requirement, Verdict
from reports.render.github import document_annotations, step_summary
from reports.render.markdown import LARGEST_BYTES, markdown
from reports.tones import Tone

VERDICT = Verdict(Tone.GOOD, "PASSED: all is well.")


def test_the_summary_of_a_step_is_the_markdown_within_its_limit() -> None:
    found = Document("Gate", VERDICT, (Items(tuple(f"é-{i:06}" for i in range(90_000))),))
    text = step_summary(found)
    assert text == markdown(found)
    assert len(text.encode()) <= LARGEST_BYTES


def asked(status: GuardStatus, name: str = "success", text: str = "it fell") -> Requirement:
    return Requirement(subject="wf.clear", name=name, status=status, text=text)


def annotated(*requirements: Requirement, file: str | None = None) -> list[str]:
    found = Document("Gate", VERDICT, (), requirements=requirements, file=file)
    return document_annotations(found, title="optimizer gate").splitlines()


def test_what_a_gate_did_not_get_is_an_error_and_what_is_unsettled_a_warning() -> None:
    assert annotated(
        asked(GuardStatus.PASSED),
        asked(GuardStatus.INCONCLUSIVE, "cost"),
        asked(GuardStatus.FAILED, "success 5 pp: prove", "100 % worse"),
        file="runs/a,b.json",
    ) == [
        "::error file=runs/a%2Cb.json,title=success 5 pp%3A prove::wf.clear: 100 %25 worse",
        "::warning file=runs/a%2Cb.json,title=cost::wf.clear: it fell",
    ]


def test_a_gate_that_passed_is_one_notice() -> None:
    assert annotated(asked(GuardStatus.PASSED)) == [
        "::notice title=optimizer gate::PASSED: all is well."
    ]


def test_more_than_github_shows_are_counted() -> None:
    many = [asked(GuardStatus.FAILED, f"rule {i}") for i in range(25)]
    shown = annotated(*many)
    assert len(shown) == 10
    assert shown[-1] == "::error title=and more::16 more requirements unmet"


@pytest.mark.parametrize(
    ("tone", "kind"), [(Tone.BAD, "warning"), (Tone.GOOD, "notice"), (Tone.WARN, "notice")]
)
def test_a_comparison_fails_nothing(tone: Tone, kind: str) -> None:
    found = Document("t", Verdict(tone, "REGRESSED: it fell."), ())
    said = document_annotations(found, title="optimizer compare")
    assert said == f"::{kind} title=optimizer compare::REGRESSED: it fell.\n"


def test_no_text_starts_a_command_of_its_own() -> None:
    [only] = annotated(asked(GuardStatus.FAILED, "a::b,c\n", "x\r\n::add-mask::y\x1b%0A"))
    assert only == ("::error title=a%3A%3Ab%2Cc::wf.clear: x ::add-mask::y\\x1b%250A")
