from __future__ import annotations

from collections.abc import Callable

import pytest

from optimizer.models.contract import PromptAnalysis
from optimizer.models.execution import ErrorDistribution, TestExecutionReport
from optimizer.models.optimization import Diagnosis
from optimizer.prompts.search.choosing import (
    Answer,
    Choice,
    ChoosingSettings,
    Grounds,
    choose_strategy,
    is_at_least,
)
from optimizer.prompts.search.diagnosis import diagnose
from optimizer.scoring_rules.settings import ScoringSettings
from optimizer.stats.intervals import wilson

FORM, CONTENT = "reply is not valid JSON", "the date is missing"


@pytest.fixture
def diagnosis(case, shown) -> Callable[..., Diagnosis]:
    def made(passed: int, form: int = 0, content: int = 0) -> Diagnosis:
        results = [shown(case(f"p{i}"), "succeeded") for i in range(passed)]
        results += [shown(case(f"f{i}"), "failed", FORM) for i in range(form)]
        results += [shown(case(f"c{i}"), "failed", CONTENT) for i in range(content)]
        return diagnose(results)

    return made


def chosen(diagnosis: Diagnosis, **more: object) -> Choice:
    grounds = Grounds(diagnosis=diagnosis, **more)
    return choose_strategy(grounds, ChoosingSettings(), ScoringSettings())


def report(n: int, n_passed: int, **more: object) -> TestExecutionReport:
    figures = {
        "avg_response_time_ms": 900.0,
        "total_tokens": 1000,
        "avg_tokens_per_request": 100.0,
        "total_cost": 0.1,
        "cost_per_request": 0.01,
        **more,
    }
    return TestExecutionReport(
        workflow_id="w",
        run_id="r",
        total_tests=n,
        successful_tests=n_passed,
        failed_tests=n - n_passed,
        success_rate=n_passed / n,
        **figures,
    )


def test_failures_of_form_call_for_structure(diagnosis) -> None:
    found = chosen(diagnosis(10, form=9, content=1), has_model=True)
    assert (found.strategy, found.is_sure) == ("structure_focus", True)
    assert found.why == (
        "9 of 10 failures are of the answer's form; "
        'the most frequent says "schema: reply is not valid json"'
    )


def test_wrong_content_calls_for_a_model_or_else_for_examples(diagnosis) -> None:
    found = diagnosis(10, content=9)
    assert chosen(found, has_model=True).strategy == "llm_guided"
    assert chosen(found).strategy == "few_shot"
    assert chosen(found).is_sure


def test_wrong_content_and_vague_words_call_for_clarity(diagnosis) -> None:
    found = chosen(diagnosis(10, content=9), n_vague=3, has_model=True)
    assert found.strategy == "clarity_focus"
    assert found.why.endswith("the linter finds 3 vague instructions")


def test_too_few_failures_to_tell_are_said_to_be_and_both_ways_are_tried(diagnosis) -> None:
    found = chosen(diagnosis(10, form=3, content=2), has_model=True)
    assert (found.strategy, found.is_sure) == ("hybrid", False)
    assert "too few failures to tell which kind leads" in found.why
    without = chosen(diagnosis(10, form=3, content=2))
    assert (without.strategy, without.is_sure) == ("structure_focus", False)


def test_costs_above_their_bound_with_a_fine_pass_rate_call_for_efficiency(diagnosis) -> None:
    found = chosen(
        diagnosis(48, content=2),
        report=report(50, 48, avg_response_time_ms=7000.0, cost_per_request=0.25),
        baseline_tokens=80.0,
    )
    assert (found.strategy, found.is_sure) == ("efficiency_focus", True)
    assert found.why == (
        "48 of 50 tests pass, but a call takes 7000 ms on average, at most 5000 are accepted; "
        "a call costs 0.25 USD on average, at most 0.1 are accepted; "
        "a request takes 100 tokens, earlier versions 80"
    )


def test_a_low_pass_rate_comes_before_costs(diagnosis) -> None:
    found = chosen(
        diagnosis(20, content=20), report=report(40, 20, cost_per_request=0.25), has_model=True
    )
    assert found.strategy == "llm_guided"


def test_nothing_is_chosen_of_too_few_tests(diagnosis) -> None:
    found = chosen(diagnosis(3, form=2))
    assert found.strategy is None
    assert found.why == "not enough data: 5 of 10 tests"


def test_nothing_is_chosen_where_nothing_fails(diagnosis) -> None:
    assert chosen(diagnosis(40)) == Choice(
        strategy=None, why="all 40 tests pass: nothing fails", is_sure=True
    )


def test_the_published_answer_is_told_with_rival_causes_of_timeouts(diagnosis) -> None:
    found = chosen(
        diagnosis(30, form=10),
        analysis=PromptAnalysis(
            prompt_id="p", overall_score=75, clarity_score=75, efficiency_score=75
        ),
        report=report(
            40, 30, error_distribution=ErrorDistribution(timeout_errors=6, validation_errors=4)
        ),
    )
    assert found.strategy == "structure_focus"
    assert found.published.strategy == "clarity_focus"
    assert found.published.rival_causes[0].startswith("a slow or overloaded model")


@pytest.mark.parametrize(
    ("n_passed", "n", "expected"),
    [(39, 40, Answer.YES), (10, 40, Answer.NO), (32, 40, Answer.INSUFFICIENT)],
)
def test_an_interval_answers_yes_or_no_or_not_at_all(n_passed, n, expected) -> None:
    assert is_at_least(wilson(n_passed, n, level=0.95), 0.8) is expected
