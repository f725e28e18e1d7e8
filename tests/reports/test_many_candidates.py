from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optimizer.models.case_changes import CaseArm, CaseChange, CaseOutcome, CaseText
from optimizer.models.verdicts import ComparisonSet
from reports.gallery.comparison import comparison, laid_out
from reports.render.files import render

NAN = float("nan")


@pytest.fixture
def one(case_arguments: Callable[[str], dict[str, tuple[Any, ...]]]) -> Any:
    return case_arguments("comparison")["comparison"][0].comparisons[0]


def candidates(one: Any, n: int, **more: Any) -> ComparisonSet:
    arm = one.candidate
    return ComparisonSet(
        comparisons=tuple(
            replace(one, candidate=replace(arm, label=f"v{i} 変種"), **more) for i in range(n)
        )
    )


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_five_thousand_candidates_are_a_report_of_bounded_size(one: Any, suffix: str) -> None:
    text = render(comparison(candidates(one, 5_000)), suffix)
    assert len(text) < 3_000_000
    assert "5,000 candidates" in text
    assert "4,800 candidates more with --json" in text or suffix == ".md"


def test_no_more_candidates_have_their_cases_fetched_than_are_laid_out(one: Any) -> None:
    assert len(laid_out(candidates(one, 5_000))) == 20


def test_twenty_candidates_with_thousands_of_cases_stay_below_three_megabytes(one: Any) -> None:
    arm = CaseArm(n=1, n_passed=1, score=NAN, latency_ms=NAN, cost_usd=None, tokens=float("inf"))
    cases = tuple(
        CaseOutcome(
            case_id=f"case-{i}",
            change=CaseChange.PASSING,
            arms=(arm, arm),
            input=CaseText(text="x" * 500, n_chars=500),
        )
        for i in range(1_000)
    )
    text = render(comparison(candidates(one, 20, cases=cases)), ".html")
    assert len(text.encode()) < 3_000_000
    assert not re.search(r"\b(nan|inf)\b", text)
