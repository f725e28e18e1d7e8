from __future__ import annotations

import pytest

from executor_bridge.judging import UNJUDGED, pass_mark
from executor_bridge.verdicts import is_judged, unjudged
from optimizer.models.tasks import Score


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        ([], ()),
        ([True, True], ()),
        ([False, False], (UNJUDGED,)),
        (
            [True, False, True],
            ("1 of 3 tasks were judged by nobody: succeeded means that they ran",),
        ),
    ],
)
def test_tasks_that_nobody_judged_are_counted(judged, said):
    assert unjudged(judged) == said


def test_a_score_judges_only_with_a_mark():
    scores = [Score("s", 0.4)]
    assert not is_judged(scores, None, None)
    assert is_judged(scores, None, 0.5)
    assert is_judged([Score("v", 1.0, passed=True)], None, None)


def test_a_mark_without_any_score_judges_nothing():
    assert pass_mark([None, None], 0.5) is None
    assert pass_mark([None, 0.2], 0.5) == 0.5
