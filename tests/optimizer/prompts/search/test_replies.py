from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.prompts.search.edits import Operation, SectionEdit
from optimizer.prompts.search.replies import read_reply
from optimizer.prompts.search.useless import Useless

TAGGED = """\
Sure! Here it is.
<diagnosis-7f3a01>The format
is not named.</diagnosis-7f3a01>
<edit-7f3a01 op="ADD" section="2">
Answer in one word.
</edit-7f3a01>
<edit-7f3a01 op=delete section=3></edit-7f3a01>
<edit-7f3a01 op="DELETE" section="4"/>
Hope that helps."""
EDITS = (
    SectionEdit(operation=Operation.ADD, section=2, text="Answer in one word."),
    SectionEdit(operation=Operation.DELETE, section=3),
    SectionEdit(operation=Operation.DELETE, section=4),
)
JSON = json.dumps(
    {
        "diagnosis": "The format\nis not named.",
        "edits": [
            {"op": "ADD", "section": 2, "text": "Answer in one word."},
            {"op": "delete", "section": "3"},
            {"operation": "DELETE", "section": 4, "text": None},
        ],
    }
)


@pytest.mark.parametrize(
    "answer",
    [
        TAGGED,
        JSON,
        f"```json\n{JSON}\n```",
        f"Let me think {{about}} it: {JSON} Done.",
        f'<think>Maybe {{"edits": [{{"op": "ADD"}}]}}</think>\n{JSON}',
        f"<think>Try <edit-7f3a01 op=ADD section=1>no</edit-7f3a01></think>{TAGGED}",
    ],
)
def test_reads_edits_in_tags_or_json_whatever_stands_around(answer):
    reply = read_reply(answer, "7f3a01")
    assert reply.edits == EDITS
    assert reply.diagnosis == "The format is not named."
    assert reply.prompt is None


@given(st.text())
def test_a_whole_prompt_comes_back_exactly(prompt):
    answer = f"Text ``` before.\n<prompt-7f3a01>\n{prompt}\n</prompt-7f3a01>\nand after ```"
    if "7f3a01" not in prompt:
        assert read_reply(answer, "7f3a01").prompt == prompt


def test_tags_and_fences_of_a_prompt_are_no_end_of_it():
    prompt = "```\nUse <side_info> and </prompt>.\n```\n\n```Summarise\nthe text\n"
    answer = f"```\nthinking\n```\n<prompt-7f3a01>\n{prompt}\n</prompt-7f3a01>"
    assert read_reply(answer, "7f3a01").prompt == prompt


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("I am a helpful assistant.", "neither edits nor a prompt"),
        ("{" * 5000, "neither edits nor a prompt"),
        ("[" * 100_000, "neither edits nor a prompt"),
        ('{"task": "classify", "label": "x"}', "neither edits nor a prompt"),
        ('{"edits": []}', "neither edits nor a prompt"),
        ('{"edits": ["ADD"]}', "neither edits nor a prompt"),
        ('{"edits": [{"op": "MOVE", "section": 1}]}', "the edit 'MOVE'"),
        ('{"edits": [{"op": "ADD", "section": "two"}]}', "section 'two'"),
        ('{"edits": [{"op": "ADD"}]}', "section ''"),
        ("<edit-other op=ADD section=1>x</edit-other>", "neither edits nor a prompt"),
        (json.dumps({"edits": [{"op": "DELETE", "section": 1}] * 21}), "21 edits, at most 20"),
    ],
)
def test_says_why_an_answer_cannot_be_read(answer, said):
    with pytest.raises(Useless, match=said):
        read_reply(answer, "7f3a01")


@given(st.text(max_size=200))
def test_any_answer_is_read_or_useless(answer):
    with contextlib.suppress(Useless):
        read_reply(answer, "7f3a01")
