from __future__ import annotations

import pytest

from optimizer.prompts.ports import BudgetExhausted, ExecutorError
from optimizer.prompts.runner.settings import RunnerSettings
from optimizer.prompts.testing.canary import PromptUse, canary_prompt
from optimizer.prompts.testing.metering import Forgetful, Meter
from optimizer.prompts.testing.preflight import preflight
from optimizer.stats.intervals import wilson

PROMPT = "Say good things about {{ text }}."
OUTPUT = 'test_result={"outputs": [prompt, c["n"]]}'


@pytest.fixture
def checked(scripts, cases):
    def check(body: str, *, n: int = 6, budget: int = 100, rate: float = 0.2, **settings: int):
        meter = Meter(scripts.executor(body), Forgetful(), budget=budget)
        found = preflight(
            PROMPT,
            cases(n),
            meter,
            settings=RunnerSettings(**settings),
            max_infrastructure_rate=rate,
            seed=3,
        )
        return found, meter

    return check


def test_tests_that_listen_and_repeat_are_sound(checked) -> None:
    found, meter = checked('write(row(c, "good" in prompt) for c in cases)', repeated_cases=4)
    assert [one.passed for one in found.control] == [True] * 6
    assert len(found.repeated) == 4
    assert (found.flaky, found.n_infrastructure) == ((), 0)
    assert found.noise == wilson(0, 4)
    assert found.canary.use is PromptUse.USED
    assert "outcomes" in found.canary.reason
    assert meter.n_spent == 6 + 4 + 3


def test_a_change_of_outputs_shows_that_the_prompt_is_used(checked) -> None:
    found, _ = checked(f"write(row(c, False, {OUTPUT}) for c in cases)")
    assert found.canary.use is PromptUse.USED
    assert "outputs" in found.canary.reason


@pytest.mark.parametrize(
    "body",
    [
        'write(row(c, test_result={"outputs": c["n"]}) for c in cases)',
        'write(row(c, False, test_result={"outputs": c["n"]}) for c in cases)',
        'write(row(c, c["n"] > 3) for c in cases)',
        'write(row(c, test_result={"outputs": "ok"}) for c in cases)',
    ],
)
def test_tests_that_ignore_the_prompt_are_found_out(checked, body) -> None:
    with pytest.raises(ExecutorError, match=r"it ignores \{prompt_file\}"):
        checked(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("write(row(c, False) for c in cases)", "none of the cases passed before"),
        (
            'write(row(c, test_result={"outputs": os.urandom(8).hex()}) for c in cases)',
            "the same prompt gives something else each time",
        ),
        (
            'write(map(row, cases))\nif "good" not in prompt: sys.exit(1)',
            "with a senseless prompt the tests do not run: executor: exit code 1",
        ),
    ],
)
def test_what_tells_nothing_is_not_taken_for_an_answer(checked, body, reason) -> None:
    found, _ = checked(body)
    assert found.canary.use is PromptUse.UNKNOWN
    assert found.canary.reason.startswith(reason)


def test_without_a_senseless_prompt_nothing_is_said_of_it(checked) -> None:
    found, meter = checked("write(map(row, cases))", canary_cases=0, repeated_cases=0)
    assert found.canary.use is PromptUse.UNKNOWN
    assert (found.noise, meter.n_spent) == (None, 6)


def test_a_test_that_flips_is_named_and_counted(checked) -> None:
    body = """
    replicate = int(os.environ["OPTIMIZER_REPLICATE"])
    write(row(c, "good" in prompt and (c["n"] != 2 or replicate == 0)) for c in cases)
    """
    found, _ = checked(body)
    assert found.flaky == ("c2",)
    assert found.noise == wilson(1, 6)


def test_random_outcomes_are_measured_and_never_taken_for_obedience(checked) -> None:
    body = """
    import random
    draw = random.Random(os.environ["OPTIMIZER_REPLICATE"] + prompt)
    write(row(c, draw.random() < 0.5) for c in cases)
    """
    found, _ = checked(body, n=40, repeated_cases=40, canary_cases=0)
    assert found.noise is not None
    assert found.noise.low < 0.5 < found.noise.high
    assert len(found.flaky) == round(found.noise.estimate * 40)


def test_too_much_broken_infrastructure_stops_with_the_commonest_message(checked) -> None:
    body = """
    said = ["connection refused by\\x1b[2J host"] * 3 + ["time-out"]
    write(
        dict(row(c), task_status="error", error_message=said[c["n"]]) if c["n"] < 4 else row(c)
        for c in cases
    )
    """
    with pytest.raises(ExecutorError) as raised:
        checked(body, rate=0.5)
    assert str(raised.value) == (
        "executor: 4 of 6 tests failed for other reasons than the prompt, expected at most a "
        "share of 0.5; 3 of them: connection refused by\\x1b[2J host"
    )
    found, _ = checked(body.replace("< 4", "< 3"), rate=0.5, canary_cases=0)
    assert found.n_infrastructure == 6
    assert found.noise == wilson(0, 3)


def test_a_budget_below_the_preflight_ends_it(checked) -> None:
    with pytest.raises(BudgetExhausted):
        checked('write(row(c, "good" in prompt) for c in cases)', budget=8)


@pytest.mark.parametrize(
    ("prompt", "kept"),
    [
        ("Read {{ a.b }} and {c}.", ["{{ a.b }}", "{c}"]),
        ("{% for x in xs %}- {{ x }}\n{% endfor %}", ["{% for x in xs %}", "{{ x }}"]),
        ("{{#17.text#}} ${y}", ["{{#17.text#}}", "${y}"]),
        ("no variables", []),
    ],
)
def test_a_senseless_prompt_keeps_the_variables(prompt, kept) -> None:
    text = canary_prompt(prompt, seed=0)
    assert all(one in text for one in kept)
    assert "Read" not in text
    assert canary_prompt(prompt, seed=0) == text != canary_prompt(prompt, seed=1)
