import json
from collections.abc import Sequence

import pytest

from optimizer.models.contract import OptimizationStrategy as Strategy
from optimizer.models.optimization import Case, CaseResult, FailureCluster, Refusal, Shown
from optimizer.prompts.ports import Ask, Proposer
from optimizer.prompts.search.expectations import expectations
from optimizer.prompts.search.rules import RuleProposer

PROMPT = (
    "I would like you to say the mood of the review.\n\nBe kind.\n\n"
    "Some of it is sad.\n\n{{review}}\n"
)
NO_JSON = "validation: the answer is no json: <text>"


def shown(number: int, expected: object, *, passed: bool = False) -> Shown:
    case_id = f"c{number}"
    body = json.dumps({"id": case_id, "expected": expected})
    status = "succeeded" if passed else "failed"
    return Shown(
        case=Case(case_id=case_id, body=body),
        result=CaseResult(case_id=case_id, replicate=0, status=status),
    )


def labelled(labels: Sequence[object]) -> tuple[Shown, ...]:
    return tuple(shown(number, label) for number, label in enumerate(labels))


def ask(
    signature: str | None = None,
    *,
    failing: tuple[Shown, ...] = (),
    refused: tuple[Refusal, ...] = (),
    prompt: str = PROMPT,
    seed: int = 0,
) -> Ask:
    cluster = FailureCluster(signature=signature, failures=failing) if signature else None
    return Ask(
        prompt=prompt, cluster=cluster, failing=failing, passing=(), refused=refused, seed=seed
    )


def everything(proposer: Proposer, *asks: Ask) -> list[str]:
    texts, last = [], asks[-1]
    for one in asks:
        texts += [draft.text for draft in proposer.propose(one)]
    while drafts := proposer.propose(last):
        texts += [draft.text for draft in drafts]
    return texts


def test_failures_of_form_are_met_with_a_contract_that_names_the_labels():
    failing = labelled(["good", "bad", "good", "bad"])
    first = RuleProposer().propose(ask(NO_JSON, failing=failing))[0]
    assert first.rules == ("R07",)
    assert first.proposer == "rules"
    assert first.text.startswith(PROMPT.rstrip())
    assert first.text.endswith("nothing else:\n- bad\n- good\n")


@pytest.mark.parametrize(
    "signature",
    [
        NO_JSON,
        "validation: label not found in <text>",
        "failed: output does not match the pattern <text>",
        "failed: expecting property name: line <n>, decode error",
        "validation: unable to parse <data>",
        "validation: 'answer' is a required property",
    ],
)
def test_a_signature_about_the_form_is_recognized(signature: str):
    drafts = RuleProposer().propose(ask(signature, failing=labelled(["a b c d e f"])))
    assert drafts[0].rules == ("R07",)


@pytest.mark.parametrize(
    "signature",
    ["failed: expected <text>, got <text>", "failed: wrong total", "failed: information missing"],
)
def test_a_wrong_answer_is_no_failure_of_form(signature: str):
    proposer = RuleProposer()
    failing = labelled(["good", "bad", "good", "bad"])
    asked = ask(signature, failing=failing)
    rules = []
    while drafts := proposer.propose(asked):
        rules += [rule for draft in drafts for rule in draft.rules]
    assert rules
    assert "R07" not in rules


@pytest.mark.parametrize("strategy", list(Strategy))
def test_no_text_is_proposed_twice_and_it_comes_to_an_end(strategy: Strategy):
    texts = everything(RuleProposer(strategy), ask(NO_JSON), ask())
    assert len(texts) == len(set(texts)) > 0
    assert PROMPT not in texts
    assert all(text.count("{{review}}") in (1, 2) for text in texts)


def test_the_strategy_as_a_whole_comes_before_its_parts():
    proposer = RuleProposer(Strategy.EFFICIENCY_FOCUS, max_drafts=1)
    assert proposer.propose(ask())[0].text.startswith("Say the mood")
    structure = RuleProposer(Strategy.STRUCTURE_FOCUS, max_drafts=20).propose(ask())
    assert [draft.rules for draft in structure] == [("R06", "R05"), ("R06",), ("R05",), ("R12",)]


def test_drafts_left_over_are_proposed_at_the_next_ask():
    few = RuleProposer(max_drafts=1)
    assert everything(few, ask()) == [
        draft.text for draft in RuleProposer(max_drafts=20).propose(ask())
    ]


def test_the_same_asks_give_the_same_drafts_whatever_the_seed():
    first = RuleProposer().propose(ask(NO_JSON, seed=1))
    assert first == RuleProposer().propose(ask(NO_JSON, seed=1))
    assert first == RuleProposer().propose(ask(NO_JSON, seed=2))


def test_what_was_turned_down_is_not_proposed_again():
    (draft,) = RuleProposer(max_drafts=1).propose(ask())
    refused = (Refusal(draft=draft, reason="worse"),)
    assert draft.text not in everything(RuleProposer(), ask(refused=refused))


def test_nothing_is_proposed_where_the_rules_find_nothing():
    plain = "Résous étape par étape."
    assert RuleProposer().propose(ask(prompt=plain)) == []


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["good", "bad", "good", "bad"], ("bad", "good")),
        (["good", "good"], ()),
        (["good", "bad", "good"], ()),
        (["one long answer of words", "one long answer of words", "b", "b"], ()),
        (["good", "bad", "good", 3], ()),
        ([], ()),
        (["good"], ()),
        ([str(number // 2) for number in range(26)], ()),
    ],
)
def test_labels_are_short_answers_that_several_cases_expect(
    values: list[object], labels: tuple[str, ...]
):
    assert expectations(labelled(values)).labels == labels


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ([{"b": 1, "a": 2}, {"a": 3, "b": 4}], ("b", "a")),
        (['{"b": 1}', '{"b": 2}'], ("b",)),
        ([{"b": 1}, {"a": 3}], ()),
        ([{"b": 1}, "a"], ()),
    ],
)
def test_keys_are_those_that_every_expected_answer_has(
    values: list[object], fields: tuple[str, ...]
):
    assert expectations(labelled(values)).fields == fields


def test_cases_that_are_no_objects_expect_nothing():
    case = Case(case_id="c", body="[1]")
    one = Shown(case=case, result=CaseResult(case_id="c", replicate=0, status="failed"))
    assert expectations((one, one)).labels == ()
