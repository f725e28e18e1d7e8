from datetime import UTC, datetime

import pytest

from optimizer.models import OptimizationResult
from optimizer.models.contract import OptimizationStrategy as Strategy
from optimizer.promptcheck.transforms.base import Example, Lessons
from optimizer.promptcheck.transforms.rewriting import (
    UNVERIFIED,
    WITHOUT_MODEL,
    as_result,
    rewrite,
)

WORDY = (
    "I would like you to classify the review  in order to sort it.\n\n\n\n"
    "Give an appropriate answer.\n\n{{review}}\n"
)


def test_efficiency_shortens_and_says_by_how_much():
    done = rewrite(WORDY, Strategy.EFFICIENCY_FOCUS)
    assert done.text == (
        "Classify the review to sort it.\n\nGive an appropriate answer.\n\n{{review}}\n"
    )
    assert done.rules == ("R03", "R04", "R01")
    assert done.estimated_tokens_before == len(WORDY) / 4
    assert done.estimated_tokens_after == len(done.text) / 4 < done.estimated_tokens_before
    assert not done.questions


def test_clarity_asks_instead_of_making_up_what_is_meant():
    done = rewrite(WORDY, Strategy.CLARITY_FOCUS)
    assert "appropriate" in done.text
    assert "specific" not in done.text
    assert done.questions[0].startswith('What does "appropriate" stand for')
    assert "<review>{{review}}</review>" in done.text
    assert "# Task" not in done.text


def test_structure_parts_the_prompt_and_leaves_its_wording():
    done = rewrite(WORDY, Strategy.STRUCTURE_FOCUS)
    assert done.text.startswith("# Task\n\nI would like you to")
    assert done.rules == ("R01", "R06", "R05")


def test_a_contract_and_examples_come_only_with_evidence():
    lessons = Lessons(
        n_format_failures=2,
        labels=("good", "bad"),
        examples=(Example(case_id="c", inputs={"review": "Fine."}, answer="good"),),
    )
    without = rewrite(WORDY, Strategy.STRUCTURE_FOCUS)
    done = rewrite(WORDY, Strategy.STRUCTURE_FOCUS, lessons=lessons)
    assert not {"R07", "R10"} & set(without.rules)
    assert {"R07", "R10"} <= set(done.rules)
    assert not {"R07", "R10"} & set(
        rewrite(WORDY, Strategy.EFFICIENCY_FOCUS, lessons=lessons).rules
    )


@pytest.mark.parametrize(("strategy", "stands_for"), WITHOUT_MODEL.items())
def test_a_strategy_that_asks_a_model_comes_down_to_rules(strategy: Strategy, stands_for: Strategy):
    assert rewrite(WORDY, strategy) == rewrite(WORDY, stands_for)


def test_auto_names_no_transforms_by_itself():
    with pytest.raises(ValueError, match="strategy auto: names no transforms, expected clarity"):
        rewrite(WORDY, Strategy.AUTO)


def test_a_refusal_is_told_with_its_transform():
    done = rewrite("{{a.text}}\n\n{{b.text}}", Strategy.CLARITY_FOCUS)
    assert [(one.transform_id, one.reason) for one in done.refused] == [
        ("R05", 'two variables would share the tag "text"')
    ]


def test_the_published_result_claims_nothing():
    at = datetime(2026, 1, 2, tzinfo=UTC)
    done = rewrite(WORDY, Strategy.EFFICIENCY_FOCUS)
    result = as_result(
        done,
        prompt_id="p",
        original=WORDY,
        strategy=Strategy.EFFICIENCY_FOCUS,
        optimized_at=at,
    )
    assert (result.improvement_score, result.confidence) == (0.0, 0.0)
    assert result.metadata["verification"] == UNVERIFIED
    assert result.metadata["token_estimate"] == "4 characters each"
    assert [change.rule_id for change in result.changes] == [
        change.rule_id for change in done.changes
    ]
    assert OptimizationResult.model_validate_json(result.model_dump_json()) == result


def test_a_change_says_where_it_is_and_what_it_was():
    (change,) = rewrite("Be kind.\nSort in order to list.", Strategy.EFFICIENCY_FOCUS).changes
    assert (change.rule_id, change.location) == ("R03", "line 2, column 6")
    assert (change.before, change.after) == ("in order to", "to")


def test_a_hundred_thousand_characters_are_rewritten():
    text = (WORDY * 1000)[:100_000]
    assert len(rewrite(text, Strategy.EFFICIENCY_FOCUS).text) < len(text)
