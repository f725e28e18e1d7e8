from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.optimization import Case, Draft, Refusal
from optimizer.prompts.search.guards import GUARDS, guards
from optimizer.prompts.settings import OptimizeSettings

PROMPT = """\
# Task

Sort the review below by its tone. Respond only in JSON. See https://example.org/tones for more.

<review>{{ review }}</review>

Use `tone` as the name of the field, as in {"tone": "good"}.
"""
GERMAN = "\nSchreibe gemischt, wenn beides vorkommt, und sonst nichts anderes als das Feld.\n"
CASES = (
    Case(
        case_id="c1",
        body=json.dumps(
            {
                "input": "The soup was cold and the waiter laughed at us.",
                "expected": "Table 14, complaint 2291",
            }
        ),
    ),
    Case(case_id="c2", body=json.dumps({"input": "Lovely evening.", "expected": "good"})),
)


def refusal(
    text: str,
    *,
    original: str = PROMPT,
    parent: str | None = None,
    train: tuple[Case, ...] = CASES,
    refused: tuple[Refusal, ...] = (),
    sources: tuple[str, ...] = (),
    **settings,
) -> str | None:
    guard = guards(original, settings=OptimizeSettings(**settings), train=train, refused=refused)
    draft = Draft(text=text, proposer="p", why="w", source_case_ids=sources)
    return guard(draft, original if parent is None else parent)


def changed(old: str, new: str) -> str:
    assert old in PROMPT
    return PROMPT.replace(old, new)


@pytest.mark.parametrize(
    "text",
    [
        PROMPT + "\nSay mixed where both tones are there.\n",
        changed("Sort the review below", "Judge the customer's review below"),
        changed("# Task\n\n", ""),
        changed("Sort", "Sort, by the rules of `tone` and <review>,"),
    ],
)
def test_lets_small_edits_pass(text):
    assert refusal(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the draft is empty"),
        (" \n\t", "the draft is empty"),
        (PROMPT, "the draft changes nothing"),
        (changed("{{ review }}", ""), "loses '{{ review }}'"),
        (changed("{{ review }}", "{{ reviews }}"), "loses '{{ review }}'"),
        (changed("{{ review }}", "{{ review }} {{ review }}"), "adds '{{ review }}', which nobody"),
        (changed("Sort", "Sort {user}"), "adds '{user}'"),
        (changed("Sort", "{% if x %}Sort{% endif %}"), "adds '{% endif %}' and 1 more"),
        (changed("# Task", "<|im_start|>system"), "has 1 chat tokens, the prompt 0"),
        (changed("https://example.org/tones", "the page"), "loses 'https://example.org/tones'"),
        (changed("`tone`", "tone"), "loses '`tone`'"),
        (changed("</review>", ""), "loses '</review>'"),
        (changed('{"tone": "good"}', '{"tone": "fine"}'), 'loses \'{"tone": "good"}\''),
        (changed(" Respond only in JSON.", ""), "no longer demands json"),
        (PROMPT + "\nRespond only in XML.\n", "demands xml, another form"),
        (PROMPT + "\nDo not use JSON.\n", "forbids json, another form"),
        (
            changed("Sort the review below by its tone", "Ordne die Kritik nach ihrem Ton ein")
            + GERMAN * 9,
            "another language",
        ),
        (
            PROMPT + "\n评论是好的还是坏的\n",
            "letters of the draft are CJK",
        ),
        (PROMPT + GERMAN, "what the draft adds is in another language"),
        (PROMPT + "Mind every single word of it. " * 100, "at most 4"),
        (changed("{{ review }}", "{{ review }}") + "{{ open", "breaks the template"),
        (PROMPT + "\nHidden\u202e text.\n", "invisible character U+202E"),
        (PROMPT + "\x1b[31m", "invisible character U+001B"),
        (
            PROMPT + "\nWhere the SOUP was cold, and the waiter is rude, say bad.\n",
            "copies 'the soup was cold and' from the train case 'c1'",
        ),
        (PROMPT + "\nFor rude waiters: table 14, complaint 2291.\n", "'c1' expects"),
    ],
)
def test_refuses_with_a_reason(text, said):
    reason = refusal(text)
    assert reason is not None
    assert said in reason


def test_every_guard_refuses_something_by_itself():
    assert len(set(GUARDS)) == len(GUARDS) == 12


def test_a_list_of_labels_is_in_no_language():
    labels = "\n".join(f"- {name} ware" for name in ("Soft", "Hard", "Firm", "Shop", "Wet", "Bar"))
    assert refusal(f"{PROMPT}\n{labels}\n") is None


def test_an_expected_label_is_no_leak():
    assert refusal(PROMPT + "\nThe tone is good, bad or mixed.\n") is None


def test_examples_declared_as_such_may_hold_their_cases():
    text = PROMPT + "\nExample: The soup was cold and the waiter laughed at us.\n"
    assert refusal(text, sources=("c1",)) is None
    assert "'c1'" in (refusal(text, sources=("c2",)) or "")


def test_what_the_parent_was_allowed_is_no_leak_of_its_children():
    parent = PROMPT + "\nExample: The soup was cold and the waiter laughed at us.\n"
    assert refusal(parent + "\nSay mixed where both are there.\n", parent=parent) is None


def test_what_most_cases_have_in_common_is_their_form():
    cases = tuple(
        Case(case_id=f"c{n}", body=json.dumps({"input": f"A customer wrote this to us: {n}"}))
        for n in range(4)
    )
    assert refusal(PROMPT + "\nEach begins: a customer wrote this to us.\n", train=cases) is None


def test_copies_are_found_in_scripts_without_spaces():
    case = Case(
        case_id="c1",
        body=json.dumps({"input": "汤是冷的服务员还嘲笑我们的衣服很难看"}),
    )
    original = "判断评论 {{ review }}。"
    draft = original + "如果汤是冷的服务员还嘲笑我们的衣服"
    assert "train case 'c1'" in (refusal(draft, original=original, train=(case,)) or "")


def test_a_draft_like_a_refused_one_is_refused():
    rule = "Say mixed where both tones are there in the review."
    before = f"{PROMPT}\n{rule}\n"
    turned_down = Refusal(draft=Draft(text=before, proposer="p", why="w"), reason="no better")
    again = PROMPT.replace(
        "# Task\n", "# Task\n\nSay mixed where both tones are there in the review.\n"
    )
    assert refusal(again, refused=(turned_down,)) == (
        "the draft repeats one that was turned down: no better"
    )
    other = PROMPT + "\nNever answer with an empty field.\n"
    assert refusal(other, refused=(turned_down,)) is None


def test_another_order_of_examples_is_another_draft():
    first, second = "Example: good soup.", "Example: bad soup."
    before = Draft(text=f"{PROMPT}\n{first}\n{second}\n", proposer="p", why="w")
    turned_down = (Refusal(draft=before, reason="no better"),)
    again = f"{PROMPT}\n{second}\n{first}\n"
    assert refusal(again, refused=turned_down, sources=("c2",)) is None
    assert refusal(again, refused=turned_down) is not None
    assert refusal(before.text, refused=turned_down, sources=("c2",)) is not None


def test_refused_drafts_that_come_later_count_as_well():
    refused: list[Refusal] = []
    guard = guards(PROMPT, settings=OptimizeSettings(), refused=refused)
    draft = Draft(text=PROMPT + "\nSay mixed.\n", proposer="p", why="w")
    assert guard(draft, PROMPT) is None
    refused.append(Refusal(draft=draft, reason="no better"))
    assert guard(draft, PROMPT) is not None


def test_nothing_is_lost_little_by_little():
    parent = changed("`tone`", "tone")
    assert "loses '`tone`'" in (refusal(parent + "\nMore.\n", parent=parent) or "")


def test_a_prompt_without_a_contract_may_be_given_one():
    original = "Sort {{ review }} by its tone."
    assert refusal(original + " Respond only in JSON.", original=original) is None


def test_a_template_must_stay_one_that_jinja_reads():
    original = "{% if a %}Say {{ a }}.{% endif %} Be brief."
    draft = "{% endif %}Say {{ a }}.{% if a %} Be brief."
    assert "breaks the template" in (refusal(draft, original=original) or "")
    assert refusal(original + " Be kind.", original=original) is None


@pytest.mark.parametrize(
    ("original", "draft", "said"),
    [
        ("Judge {} and {0}.", "Judge {0}.", "loses '{}'"),
        ("Judge {text!r:>10}.", "Judge {text}.", "loses '{text!r:>10}'"),
        ("Judge {text}.", "Judge {text} or {}.", "adds '{}'"),
        ("Judge {text}.", 'Judge {text} as in {"tone": 1}.', "a brace that str.format"),
        ("Judge {text}.", "Judge {text} with a {.", "a brace that str.format"),
    ],
)
def test_a_text_for_format_must_stay_one(original, draft, said):
    assert said in (refusal(draft, original=original) or "")


def test_doubled_braces_may_come_into_a_text_for_format():
    original = "Judge {text}."
    assert refusal(original + ' As in {{"tone": 1}}.', original=original) is None


def test_the_rule_that_repeats_a_prompt_may_repeat_its_variables():
    guard = guards(PROMPT, settings=OptimizeSettings())
    twice = f"{PROMPT}\n{PROMPT}"
    assert guard(Draft(text=twice, proposer="p", why="w", rules=("R12",)), PROMPT) is None
    for text, rules in ((twice, ("R05",)), (f"{twice} {{{{ review }}}}", ("R12",))):
        reason = guard(Draft(text=text, proposer="p", why="w", rules=rules), PROMPT)
        assert "adds '{{ review }}'" in (reason or "")


def test_what_a_template_shows_as_it_is_may_come():
    original = "Judge {{ text }} in one word."
    example = " As in {% raw %}{{ x }} {y}{% endraw %}."
    assert refusal(original + example, original=original) is None
    assert "loses" in (refusal(original, original=original + example, parent="") or "")
    original = "Judge {text} in one word."
    assert refusal(original + " As in {{x}}.", original=original) is None


def test_braces_of_a_text_that_is_not_for_format_may_come():
    original = "Judge {{ text }}."
    assert refusal(original + " Say {} for none.", original=original) is None
    original = 'Judge {text} as {"a": 1}.'
    assert refusal(original + ' Or as {"b": 2}.', original=original) is None


def test_a_prompt_that_jinja_never_read_need_not_become_one():
    original = "{{#if a}}Say {{ a }}.{{/if}} Be brief and do the work."
    assert refusal(original + " Be kind.", original=original) is None


def test_another_script_is_another_language_where_none_is_known():
    original = "Определи тон отзыва {{ review }} и ответь одним словом."
    draft = "Bestimme den Ton der Kritik {{ review }} in einem einzigen Wort."
    assert "LATIN" in (refusal(draft, original=original) or "")


@given(st.text(max_size=80))
def test_any_text_is_let_pass_or_refused_with_a_sentence(text):
    reason = refusal(PROMPT + text)
    assert reason is None or reason.startswith(
        ("the draft ", "1", "2", "3", "4", "5", "6", "7", "8", "9")
    )


@given(st.text(max_size=80))
def test_no_draft_that_passes_has_lost_its_variable(text):
    if refusal(text) is None:
        assert "{{ review }}" in text
