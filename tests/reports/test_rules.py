from __future__ import annotations

import pytest

from optimizer.models.rules import Outcome, RuleCheck, Unit
from reports.parts.rules import beyond, fired, required, worst


def check(
    rule: str, margin: float, *, settled: bool | None = True, n: int | None = 10
) -> RuleCheck:
    return RuleCheck(
        rule=rule,
        setting=f"min_{rule}",
        unit=Unit.RATE,
        fires_below=True,
        threshold=0.8,
        outcome=Outcome.FIRED if margin < 0 else Outcome.QUIET,
        value=0.8 + margin,
        margin=margin,
        settled=settled,
        n=n,
    )


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ((check("quiet", 0.1), check("fired", -0.1)), "fired"),
        ((check("unsure", -0.3, settled=False), check("sure", -0.1)), "sure"),
        ((check("quiet", 0.01), check("unsure", 0.1, settled=False)), "unsure"),
        ((check("near", -0.1), check("far", -0.2)), "far"),
    ],
)
def test_the_worst_rule_is_the_surest_then_the_furthest(
    checks: tuple[RuleCheck, ...], expected: str
) -> None:
    for order in (checks, checks[::-1]):
        found = worst(order)
        assert found is not None
        assert found.rule == expected


def test_there_is_no_worst_of_no_rules() -> None:
    assert worst(()) is None


def test_settled_and_measured_rules_come_first() -> None:
    found = fired(
        (check("unsure", -0.1, settled=False), check("static", -0.1, n=None), check("sure", -0.1))
    )
    assert [c.rule for c in found] == ["sure", "static", "unsure"]


def test_a_rule_says_how_far_it_is_beyond_its_threshold() -> None:
    assert beyond(check("success_rate", -0.058)) == "success_rate is 5.8 pp below its threshold"


def test_a_rule_says_what_it_asks_for() -> None:
    assert required(check("success_rate", 0.1)) == "≥ 80.0 %"
