from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.prompts.search.edits import Operation, SectionEdit, apply, rewritten, sections
from optimizer.prompts.search.useless import Useless

ADD, REPLACE, DELETE = Operation
TEXTS = st.lists(
    st.sampled_from(
        [
            *("# Head\n", "- one\n", "- two\n", "1. first\n", "para graph\n", "\n", "\r\n"),
            *("```\na\n\nb\n```\n", "word ", '"quoted"', "<tag>", "</tag>", "  \n", "\t- deep\n"),
        ]
    ),
    max_size=14,
).map("".join)


@given(st.one_of(TEXTS, st.text(max_size=60)))
def test_sections_together_are_the_whole_text(text):
    assert "".join(sections(text)) == text
    assert all(sections(text))


@given(st.one_of(TEXTS, st.text(max_size=60)))
def test_no_edits_change_nothing(text):
    assert apply(sections(text), []) == text


@given(TEXTS, st.data())
def test_an_edit_leaves_every_other_section_to_the_letter(text, data):
    parts = sections(text)
    operation = data.draw(st.sampled_from([ADD, REPLACE, DELETE] if parts else [ADD]))
    number = data.draw(st.integers(0 if operation is ADD else 1, len(parts)))
    words = "" if operation is DELETE else "New words here."
    made = apply(parts, [SectionEdit(operation=operation, section=number, text=words)])
    position = 0
    for at, part in enumerate(parts, start=1):
        if operation is ADD and number == at - 1:
            position = made.index(words, position) + len(words)
        if operation is ADD or number != at:
            position = made.index(part.rstrip(), position) + len(part.rstrip())
    assert words in made
    last = parts[-1] if parts else ""
    assert made[len(made.rstrip()) :] == last[len(last.rstrip()) :]


PROMPT = "# Task\n\nSort the mail.\n\n- by day\n- by name\n\nAnswer in JSON.\n"


def test_a_section_is_a_heading_a_paragraph_or_a_list_item():
    assert sections(PROMPT) == (
        "# Task\n\n",
        "Sort the mail.\n\n",
        "- by day\n",
        "- by name\n\n",
        "Answer in JSON.\n",
    )


def test_no_section_ends_inside_code():
    assert sections("```\na\n\n- b\n```\n\nEnd") == ("```\na\n\n- b\n```\n\n", "End")


@pytest.mark.parametrize(
    ("edit", "made"),
    [
        (
            SectionEdit(operation=ADD, section=2, text="Skip spam."),
            "# Task\n\nSort the mail.\n\nSkip spam.\n\n- by day\n- by name\n\nAnswer in JSON.\n",
        ),
        (
            SectionEdit(operation=ADD, section=3, text="- by size\n"),
            "# Task\n\nSort the mail.\n\n- by day\n- by size\n- by name\n\nAnswer in JSON.\n",
        ),
        (
            SectionEdit(operation=ADD, section=0, text="Read this."),
            "Read this.\n\n# Task\n\nSort the mail.\n\n- by day\n- by name\n\nAnswer in JSON.\n",
        ),
        (
            SectionEdit(operation=ADD, section=5, text="Only that."),
            "# Task\n\nSort the mail.\n\n- by day\n- by name\n\nAnswer in JSON.\n\nOnly that.\n",
        ),
        (
            SectionEdit(operation=REPLACE, section=2, text="Sort all mail."),
            "# Task\n\nSort all mail.\n\n- by day\n- by name\n\nAnswer in JSON.\n",
        ),
        (
            SectionEdit(operation=DELETE, section=4),
            "# Task\n\nSort the mail.\n\n- by day\nAnswer in JSON.\n",
        ),
        (
            SectionEdit(operation=DELETE, section=5),
            "# Task\n\nSort the mail.\n\n- by day\n- by name\n",
        ),
    ],
)
def test_edits_read_as_if_written_there(edit, made):
    assert apply(sections(PROMPT), [edit]) == made


def test_edits_take_the_line_ends_of_the_prompt():
    made = apply(sections("One.\r\n\r\nTwo."), [SectionEdit(operation=ADD, section=1, text="a\nb")])
    assert made == "One.\r\n\r\na\r\nb\r\n\r\nTwo."
    assert rewritten("a\nb\n", sections("One.\r\n\r\nTwo.\r\n")) == "a\r\nb\r\n"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([SectionEdit(operation=ADD, section=6, text="x")], "edits section 6, the prompt has 0 to"),
        ([SectionEdit(operation=DELETE, section=0)], "edits section 0, the prompt has 1 to 5"),
        ([SectionEdit(operation=ADD, section=-1, text="x")], "edits section -1"),
        ([SectionEdit(operation=REPLACE, section=1, text=" \n")], "section 1 has no text"),
        (
            [
                SectionEdit(operation=DELETE, section=1),
                SectionEdit(operation=REPLACE, section=1, text="x"),
            ],
            "change the same section",
        ),
    ],
)
def test_says_why_edits_cannot_be_made(edits, said):
    with pytest.raises(Useless, match=said):
        apply(sections(PROMPT), edits)
