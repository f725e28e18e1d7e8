import pytest

from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.transforms.applying import apply
from optimizer.promptcheck.transforms.duplicates import Duplicates
from optimizer.promptcheck.transforms.filler import Filler
from optimizer.promptcheck.transforms.verbose import Verbose
from optimizer.promptcheck.transforms.whitespace import Whitespace

SETTINGS = TransformSettings()
REMINDER = "Answer with the label only."


def rewritten(kind: type, text: str) -> str:
    done = apply(kind(SETTINGS), text)
    assert done.refused is None
    return done.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a  b", "a b"),
        ("a \nb", "a\nb"),
        ("a\t \nb", "a\nb"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("a\n \n\t\nb", "a\n\nb"),
        ("\n\na", "a"),
        ("\ufeff\r\n\r\na  b\r\n\r\n\r\nc\r\n", "\ufeffa b\r\n\r\nc\r\n"),
        ("a  {{ x }}  b", "a {{ x }} b"),
        ("第一  行\n\n\n\n第二", "第一 行\n\n第二"),
        ("# T\na   \nb \nc", "# T\na   \nb\nc"),
    ],
)
def test_white_space_that_nobody_reads_goes(before: str, after: str):
    assert rewritten(Whitespace, before) == after


@pytest.mark.parametrize(
    "text",
    [
        "  indented\n    more",
        "```\na  b\n\n\n\nc   \n```",
        "`a  b`",
        '"a  b"',
        "| a   | b |\n|-----|---|",
        "name:    Ann\ncity:    Bonn",
        "-   an item\n    goes on",
        "- a bullet  \nbroken hard",
        "Review: {review}\nMood: ",
        "Mood:\n\n\n",
        "Example:\na  b",
        "<example>\na  b\n\n\n\nc\n</example>",
        "> quoted  text",
        "a\u00a0\u00a0b",
    ],
)
def test_white_space_that_means_something_stays(text: str):
    assert rewritten(Whitespace, text) == text


def test_a_repeated_line_goes_and_the_first_one_stays():
    text = f"{REMINDER}\n- Be brief.\n{REMINDER}\nGo on."
    assert rewritten(Duplicates, text) == f"{REMINDER}\n- Be brief.\nGo on."


@pytest.mark.parametrize(
    "text",
    [
        f"{REMINDER}\nBe brief.\n{REMINDER}",
        f"{REMINDER}\nBe brief.\n  {REMINDER}\nGo.",
        "Be brief.\nGo on.\nBe brief.\nGo.",
        "Use {x} in the answer.\nNow.\nUse {x} in the answer.\nGo.",
        f"{{% if a %}}\n{REMINDER}\n{{% else %}}\n{REMINDER}\n{{% endif %}}\nGo.",
        f"<a>\n{REMINDER}\n</a>\n<b>\n{REMINDER}\n</b>\nGo.",
        f"Example:\n{REMINDER}\n{REMINDER}\n{REMINDER}\nGo.",
        f"```\n{REMINDER}\n{REMINDER}\n```\nGo.",
        "Text: it was very good.\nText: it was very good.\nGo.",
        "The answer is in the\norder that the user\nwants. It is in the\norder that the user\nhas.",
        f"# Calm users\n{REMINDER}\n# Angry users\n{REMINDER}\nGo.",
        f"If they ask:\n{REMINDER}\nIf they order:\n{REMINDER}\nGo.",
        "| it is very good. | a |\n| it is very good. | a |\nGo.",
    ],
)
def test_a_repeated_line_stays_where_it_may_be_meant(text: str):
    assert rewritten(Duplicates, text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("List the names in order to sort them.", "List the names to sort them."),
        ("In order to sort, list the names.", "To sort, list the names."),
        ("# IN ORDER TO SORT\nList the names.", "# TO SORT\nList the names."),
        ("In the event that you fail, list {x} prior to that.", None),
        ("Due to the fact that it is late, you are able to go.", None),
    ],
)
def test_a_wordy_phrase_gets_short(before: str, after: str | None):
    done = rewritten(Verbose, before)
    assert len(done) < len(before)
    assert after is None or done == after


@pytest.mark.parametrize(
    "text",
    [
        'The user says "in order to" and you list it.',
        "Avoid the phrase in order to in what you write.",
        "Example:\nYou did it in order to win.",
        "<example>\nYou did it in order to win.\n</example>",
        "`in order to` with {{ in_order_to }} and the rest.",
        "An in-order to-do list for the user.",
        "Er sagte in order to und nicht mehr, der Text ist nicht auf Deutsch.",
        "You sort the names in order\nto list them.",
    ],
)
def test_a_wordy_phrase_stays_in_data_and_other_languages(text: str):
    assert rewritten(Verbose, text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I would like you to list the names.", "List the names."),
        ("- Please note that the list is long.", "- The list is long."),
        ("Basically, list the names.", "List the names."),
        ("This is, basically, the list.", "This is the list."),
        ("This is the list, basically.", "This is the list."),
        ("But basically, you list the names.", "But you list the names."),
        ("Please kindly list the names.", "Please list the names."),
        ("You list the names. kindly list the rest.", "You list the names. list the rest."),
        ("I want you to list. I want you to sort the rest.", "List. Sort the rest."),
    ],
)
def test_a_phrase_that_says_nothing_goes(before: str, after: str):
    assert rewritten(Filler, before) == after


@pytest.mark.parametrize(
    "text",
    [
        "What I would like you to do is list the names.",
        "I want you to not list the names.",
        "I want you to, if you can, list the names.",
        "Reply kindly with the list.",
        "Please note that {x} is the list.",
        "Report at the end of the day with the list.",
        "Never write the word basically in the answer.",
        "It must just be only some very actually simply good list for you.",
        'Say "I want you to go" with the list.',
    ],
)
def test_a_phrase_stays_where_the_sentence_needs_it(text: str):
    assert rewritten(Filler, text) == text
