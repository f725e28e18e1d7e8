"""The suite as pytest tests: one test for each case and repeat, under one prompt.

The prompt's name is in the environment variable `PROMPT_VARIANT`; `run_pytest.py` sets it.
"""

import os
from collections.abc import Callable

import pytest
from client import complete
from suite import REPEATS, Json, grade, read_cases, read_prompts

TEMPLATE = read_prompts()[os.environ["PROMPT_VARIANT"]]


@pytest.mark.parametrize("repeat", REPEATS)
@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case["case_id"])
def test_sentiment(case: Json, repeat: int, record_property: Callable[[str, object], None]) -> None:
    """Pass when the first label of the reply is the expected one."""
    reply = complete("pytest", TEMPLATE.replace("{review}", case["text"]))
    record_property("repeat", repeat)
    record_property("tokens_in", reply["usage"]["prompt_tokens"])
    record_property("tokens_out", reply["usage"]["completion_tokens"])
    _, failure = grade(reply["choices"][0]["text"], case["expected"])
    assert failure is None, failure
