import pytest

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.transforms.applying import Transformed, apply
from optimizer.promptcheck.transforms.base import Lessons, Transform
from optimizer.promptcheck.transforms.delimiters import Delimiters
from optimizer.promptcheck.transforms.order import Order
from optimizer.promptcheck.transforms.overload import Overload
from optimizer.promptcheck.transforms.questions import VagueWords
from optimizer.promptcheck.transforms.repetition import Repetition
from optimizer.promptcheck.transforms.sections import Sections

SETTINGS = TransformSettings()


def done(kind: type[Transform], text: str) -> Transformed:
    return apply(kind(SETTINGS), text)


@pytest.mark.parametrize(
    ("variable", "tag"),
    [
        ("{{text}}", "text"),
        ("{{ user.name | trim }}", "name"),
        ("{{#1720672602189.text#}}", "text"),
        ("{{#sys.query#}}", "query"),
        ("${ticket_body}", "ticket_body"),
        ("{review}", "review"),
    ],
)
def test_a_variable_that_stands_alone_is_tagged(variable: str, tag: str):
    after = done(Delimiters, f"Sum up.\r\n\r\n  {variable}\r\n").text
    assert after == f"Sum up.\r\n\r\n  <{tag}>{variable}</{tag}>\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "Sum up {{text}}.",
        "Text: {{text}}",
        "<doc>\n{{text}}\n</doc>",
        "```\n{{text}}\n```",
        "{{#if a}}\n{{/if}}",
        "{{> partial}}",
        "{{ load() }}",
        "{0}",
        "{{format_instructions}}",
        "See <text> for more.\n{{text}}",
        "{% for x in xs %}\n{{ x }}\n{% endfor %}",
    ],
)
def test_any_other_variable_is_left_alone(text: str):
    assert done(Delimiters, text).text == text


def test_two_variables_do_not_share_a_tag():
    found = done(Delimiters, "{{a.text}}\n\n{{b.text}}")
    assert found.refused == 'two variables would share the tag "text"'


def test_three_paragraphs_are_parted_by_headings():
    text = "Say the mood of the review.\n\nReview: {{review}}\n\nAnswer only with the label."
    assert done(Sections, text).text == (
        "# Task\n\nSay the mood of the review.\n\n# Input\n\nReview: {{review}}\n\n"
        "# Output format\n\nAnswer only with the label."
    )


def test_headings_are_in_the_language_of_the_prompt():
    text = "Ordne den Text ein.\n\nText: {{text}}\n\nAntworte nur mit dem Wort, das passt."
    after = done(Sections, text).text
    assert after.startswith("# Aufgabe\n\nOrdne")
    assert "\n\n# Eingabe\n\nText" in after


@pytest.mark.parametrize(
    "text",
    [
        "Say the mood.\n\nReview: {{review}}",
        "# Mood\n\nSay the mood.\n\nReview: {{review}}\n\nGo.",
        "<a>Say the mood.</a>\n\nReview: {{review}}\n\nGo.",
        "Say the mood.\n\n{% if a %}\n\nReview: {{review}}\n\n{% endif %}",
        "Say the mood.\n\nBe brief.\n\nBe kind.",
    ],
)
def test_a_prompt_that_is_parted_or_short_gets_no_headings(text: str):
    assert done(Sections, text).text == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Say the mood.\n\nReview: {{a}}\n\nBe brief.\n\nText: {{b}}", "take turns"),
        ("말해.\n\n리뷰: {{a}}\n\n짧게.", "the language of the prompt"),
    ],
)
def test_headings_that_would_mislead_are_refused(text: str, reason: str):
    found = done(Sections, text)
    assert found.text == text
    assert reason in (found.refused or "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Use one of: 'good', 'bad' or 'so so'.",
            "Use one of:\n- 'good'\n- 'bad'\n- 'so so'",
        ),
        (
            "Labels: a, b, and c. Be brief.",
            "Labels:\n- a\n- b\n- c\n\nBe brief.",
        ),
        (
            "Options: a, b, c\nBe brief.",
            "Options:\n- a\n- b\n- c\n\nBe brief.",
        ),
        ("类别:好、坏、一般。", "类别:\n- 好\n- 坏\n- 一般"),
    ],
)
def test_options_in_a_sentence_become_a_list(before: str, after: str):
    assert done(Sections, before).text == after


@pytest.mark.parametrize(
    "text",
    [
        "Labels: a or b.",
        "- Labels: a, b, c.",
        "Labels: {x}, {y}, {z}.",
        "Options: first you take the long way round, then go, then stop.",
        "Labels a, b, c.",
        "`Labels: a, b, c`",
    ],
)
def test_what_is_no_list_of_options_stays(text: str):
    assert done(Sections, text).text == text


def test_the_data_goes_before_the_question_and_the_contract_last():
    text = "Answer only with one word.\n\nYou read mail.\n\nMail: {{mail}}\n\nWho wrote the mail?"
    assert done(Order, text).text == (
        "You read mail.\n\nMail: {{mail}}\n\nWho wrote the mail?\n\nAnswer only with one word."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Mail: {{m}}\n\nA.\n\nRead the mail above.\n\nGo with it.", "points to"),
        ("Mail: {{m}}\n\n# A\n\nRead the mail.\n\n# B\n\nGo with the mail.", "headings"),
        ("<a>\n\nMail: {{m}}\n\n</a>\n\nRead the mail.\n\nGo with the mail.", "tags"),
        ("Text: {{m}}\n\nLies den Text.\n\nNenne das Wort und nicht mehr.", "English"),
    ],
)
def test_paragraphs_that_hang_together_are_not_moved(text: str, reason: str):
    found = done(Order, text)
    assert found.text == text
    assert reason in (found.refused or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Solve the problem step by step.", "needs thinking"),
        ("<|im_start|>user Name the word.", "chat tokens"),
        ("Name the word. " * 200, "2999 characters, more than 2000"),
        ("Name the word.\n```\nopen", "copy"),
    ],
)
def test_a_prompt_that_is_long_or_thinks_is_not_repeated(text: str, reason: str):
    found = done(Repetition, text)
    assert found.text == text
    assert reason in (found.refused or "") or "a protected stretch" in (found.refused or "")


def test_a_repeated_prompt_has_everything_twice_and_is_not_repeated_again():
    text = "Name the word in {{ list }} with `x`.\r\n"
    after = done(Repetition, text).text
    assert after == "Name the word in {{ list }} with `x`.\r\n\r\n" + text
    assert done(Repetition, after).text == after


def test_a_reasoning_task_is_what_the_caller_says_it_is():
    thinking = apply(Repetition(SETTINGS), "Name the word.", Lessons(is_reasoning=True))
    plain = apply(Repetition(SETTINGS), "Solve the sum.", Lessons(is_reasoning=False))
    assert thinking.refused
    assert plain.changes


def test_vague_words_are_asked_about_and_never_replaced():
    found = done(VagueWords, "List the various things, etc. and things as needed.")
    assert found.text.startswith("List the various things")
    assert found.questions[1] == (
        'What does "things" stand for (line 1, column 18, 2 times): which, how many, or when?'
    )
    assert not done(VagueWords, "Liste die Dinge etc. auf, die nicht passen.").questions


def test_more_than_fifteen_instructions_are_asked_about():
    rules = "\n".join(f"- Mention rule {number} of the list." for number in range(16))
    assert done(Overload, rules).questions == (
        "The prompt has 16 instructions, more than 15: which of them could go, or go into a "
        "prompt of their own?",
    )
    assert not done(Overload, rules.rpartition("\n")[0]).questions


def test_items_that_are_data_are_no_instructions():
    data = "\n".join(f"- Apple {number} of the orchard." for number in range(40))
    assert not done(Overload, f"Count the apples of the list.\n{data}").questions


def test_sentences_that_demand_count_as_instructions_once():
    text = "You must go. " * 10 + "\n" + "\n".join(f"- You must see {n}." for n in range(6))
    assert "16 instructions" in done(Overload, text).questions[0]
