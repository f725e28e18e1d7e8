from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from optimizer.models.optimization import FailureCluster, Shown
from optimizer.prompts.ports import Ask
from optimizer.prompts.search.examples import with_examples
from optimizer.prompts.search.few_shot import FewShotProposer, FewShotSettings
from optimizer.prompts.search.shots import Shot, shot


def render(prompt: str, shots: Sequence[Shot]) -> str | None:
    return prompt + "".join(f"\n{one.case_id}: {one.answer}" for one in shots)


def ask(
    passing: Sequence[Shown] = (),
    failing: Sequence[Shown] = (),
    cluster: FailureCluster | None = None,
    seed: int = 0,
) -> Ask:
    return Ask(
        prompt="P",
        cluster=cluster,
        failing=tuple(failing),
        passing=tuple(passing),
        refused=(),
        seed=seed,
    )


def drawn(proposer: FewShotProposer, *asks: Ask) -> list[tuple[str, ...]]:
    return [one.source_case_ids for each in asks for one in proposer.propose(each)]


def some(case, shown, n: int, status: str = "succeeded", prefix: str = "c") -> list[Shown]:
    return [
        shown(
            case(f"{prefix}{i}", input=f"{prefix} word{i} other{i}", expected="yn"[i % 2]), status
        )
        for i in range(n)
    ]


def test_sets_are_drawn_in_several_sizes_and_orders_and_repeated_by_seed(case, shown) -> None:
    passing = some(case, shown, 8)
    asks = [ask(passing, seed=seed) for seed in range(8)]
    sets = drawn(FewShotProposer(render), *asks)
    assert {len(one) for one in sets} == {1, 2, 4}
    assert len(set(sets)) > 5
    assert drawn(FewShotProposer(render), *asks) == sets


def test_after_enough_sets_for_a_prompt_nothing_more_is_proposed(case, shown) -> None:
    proposer = FewShotProposer(render, FewShotSettings(max_sets=3))
    asks = [ask(some(case, shown, 8), seed=seed) for seed in range(9)]
    assert len(drawn(proposer, *asks)) == 3


def test_passing_cases_come_first_and_failing_ones_only_with_their_expected_answer(
    case, shown
) -> None:
    passing = some(case, shown, 1)
    known = some(case, shown, 2, "failed", "f")
    unknown = [shown(case("u1", input="words"), "failed")]
    settings = FewShotSettings(sizes=(4,))
    (chosen,) = drawn(FewShotProposer(render, settings), ask(passing, [*known, *unknown]))
    assert set(chosen) == {"c0", "f0", "f1"}
    settings = FewShotSettings(sizes=(4,), use_expected=False)
    assert drawn(FewShotProposer(render, settings), ask(passing, known)) == [("c0",)]


def test_a_small_set_covers_the_labels(case, shown) -> None:
    passing = some(case, shown, 10)
    settings = FewShotSettings(sizes=(2,))
    for seed in range(10):
        ((one, other),) = drawn(FewShotProposer(render, settings), ask(passing, seed=seed))
        assert int(one[1:]) % 2 != int(other[1:]) % 2


def test_failures_of_the_kind_to_cure_come_before_other_failures(case, shown) -> None:
    failing = some(case, shown, 6, "failed", "f")
    cluster = FailureCluster(signature="s", failures=tuple(failing[:1]))
    settings = FewShotSettings(sizes=(1,))
    for seed in range(5):
        assert drawn(FewShotProposer(render, settings), ask((), failing, cluster, seed)) == [
            ("f0",)
        ]


def test_examples_that_resemble_each_other_are_shown_once(case, shown) -> None:
    passing = [
        shown(
            case(f"c{i}", input=f"where is my very late parcel today {i}", expected=str(i)),
            "succeeded",
        )
        for i in range(4)
    ]
    settings = FewShotSettings(sizes=(4,), max_similarity=0.7)
    (chosen,) = drawn(FewShotProposer(render, settings), ask(passing))
    assert len(chosen) == 1


def test_examples_keep_to_their_share_of_tokens(case, shown) -> None:
    passing = [
        shown(case("long", input="word " * 500, expected="y"), "succeeded"),
        shown(case("short", input="brief", expected="n"), "succeeded"),
    ]
    settings = FewShotSettings(sizes=(4,), max_tokens=50)
    for seed in range(4):
        assert drawn(FewShotProposer(render, settings), ask(passing, seed=seed)) == [("short",)]


def test_nothing_is_proposed_where_no_case_can_be_shown_or_rendered(case, shown) -> None:
    assert drawn(FewShotProposer(render), ask([shown(case("c", expected="y"), "succeeded")])) == []
    proposer = FewShotProposer(lambda prompt, shots: None)
    assert drawn(proposer, ask(some(case, shown, 4))) == []


def test_a_draft_says_what_it_shows(case, shown) -> None:
    (draft,) = FewShotProposer(render, FewShotSettings(sizes=(1,))).propose(
        ask(some(case, shown, 1))
    )
    assert draft.why == "shows 1 example: c0"
    assert draft.rules == ("R10",)
    assert draft.text == "P\nc0: y"


def test_a_passing_case_is_shown_with_what_was_put_out(case, shown) -> None:
    theirs = "an answer that is longer than any label would be"
    one = case("c", inputs={"a": "x", "b": 3}, expected=theirs)
    outputs = json.dumps({"reply": "ours"})
    assert shot(shown(one, "succeeded", outputs=outputs)) == Shot(
        case_id="c", inputs={"a": "x", "b": "3"}, answer="ours"
    )
    assert shot(shown(one, "failed", outputs=outputs)).answer == theirs
    assert shot(shown(one, "succeeded", outputs="plain text")).answer == "plain text"
    assert shot(shown(one, "succeeded", outputs=json.dumps({"a": 1, "b": 2}))).answer == (
        '{"a": 1, "b": 2}'
    )
    assert shot(shown(one, "succeeded")).answer == theirs


def test_a_label_is_shown_without_what_was_put_out_after_it(case, shown) -> None:
    one = case("c", text="Great!", scenario="normal", expected="good")
    found = shot(shown(one, "succeeded", outputs=json.dumps({"text": "good\n\nReview: next"})))
    assert found == Shot(case_id="c", inputs={"text": "Great!"}, answer="good")


def test_a_flat_case_is_read_by_its_other_fields(case, shown) -> None:
    one = shown(case("c", review="Great!", label="good", scenario="normal"), "failed")
    assert shot(one) == Shot(case_id="c", inputs={"review": "Great!"}, answer="good")


def test_examples_are_put_where_the_prompt_waits_for_the_answer() -> None:
    shots = [Shot(case_id="c1", inputs={"input": "Great!"}, answer="good")]
    assert with_examples("Say the mood.\n\nReview: {review}\nMood:", shots) == (
        "Say the mood.\n\nReview: Great!\nMood: good\n\nReview: {review}\nMood:"
    )


def test_only_what_the_prompt_is_given_is_shown() -> None:
    shots = [Shot(case_id="c1", inputs={"review": "Great!", "source": "x"}, answer="good")]
    text = with_examples("Say the mood of the review.\n\n{{ review }}\n", shots)
    assert text is not None
    assert "Great!" in text
    assert "source" not in text


def test_examples_that_would_break_the_template_are_not_shown() -> None:
    shots = [Shot(case_id="c1", inputs={"review": "I saw {{ this }}"}, answer="good")]
    assert with_examples("Say the mood.\n\nReview: {{ review }}\nMood:", shots) is None


def test_a_real_draft_keeps_every_variable_of_the_prompt(case, shown) -> None:
    passing = [
        shown(case(f"c{i}", review=f"Word{i}!", label="good"), "succeeded") for i in range(3)
    ]
    prompt = "Say the mood.\n\nReview: {review}\nMood:"
    asked = replace(ask(passing), prompt=prompt)
    (draft,) = FewShotProposer(settings=FewShotSettings(sizes=(2,))).propose(asked)
    assert draft.text.count("{review}") == 1
    assert len(draft.source_case_ids) == 2
    assert all(f"Word{name[1:]}!" in draft.text for name in draft.source_case_ids)
