from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from optimizer.history.store import temporary_history
from optimizer.models.completions import Answer
from optimizer.prompts.llm.remembered import Remembered

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def history():
    with temporary_history(NOON) as history:
        yield history


class Counting:
    def __init__(self) -> None:
        self.asked = []

    def __call__(self, question) -> Answer:
        self.asked.append(question)
        return Answer(
            text=f"answer {len(self.asked)} \u6f22\u5b57",
            model="small-1",
            finish_reason="stop",
            tokens_in=10,
            cost_usd=0.001,
        )


def remembered(history, source, optimization_id="o1") -> Remembered:
    return Remembered(
        lambda: nullcontext(history), source, optimization_id=optimization_id, now=lambda: NOON
    )


def test_a_resumed_optimization_is_given_the_answers_it_paid_for(history, question):
    first, second = Counting(), Counting()
    paid = [remembered(history, first)(question.again(n)) for n in range(2)]
    again = [remembered(history, second)(question.again(n)) for n in range(2)]
    assert again == paid
    assert second.asked == []


def test_another_question_or_another_optimization_is_asked(history, question):
    source = Counting()
    remembered(history, source)(question)
    remembered(history, source)(replace(question, seed=8))
    remembered(history, source)(question.again(1))
    remembered(history, source, "o2")(question)
    assert len(source.asked) == 4


def test_an_answer_of_no_use_is_kept_as_well_since_it_was_paid_for(history, question):
    cut = Answer(text="", finish_reason="length", tokens_out=4096)
    remembered(history, lambda _: cut)(question)
    assert remembered(history, Counting())(question) == cut
