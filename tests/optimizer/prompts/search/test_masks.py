from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.prompts.search.masks import mask, unmask
from optimizer.prompts.search.useless import Useless

PIECES = st.sampled_from(
    [
        "{{ name }}",
        "{{#1720672602189.text#}}",
        "{% if x %}",
        "{% endif %}",
        "${user}",
        "{review}",
        "{# note #}",
        "<|im_start|>",
        "[[V1]]",
        "[[V",
        "[[V_2]]",
        "```json\n{x}\n```\n",
        "`{y}`",
        '{"a": "{b}"}',
        "sk-abcdefghijklmnop1234",
        "<side_info>",
        "</prompt>",
        "plain text. ",
        "\r\n",
        "\n\n",
        "\u6f22\u5b57",
        "\u0634\u0631\u062d ",
    ]
)
PROMPTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join)


@given(PROMPTS)
def test_comes_back_exactly(text):
    masked = mask(text)
    assert unmask(masked.text, masked) == text


@given(PROMPTS)
def test_tokens_are_unlike_anything_in_the_prompt(text):
    assert mask(text).prefix not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Say {{ x }} and {{ x }}.", "Say [[V1]] and [[V1]]."),
        ("{{#17.text#}} {b} ${c}", "[[V1]] [[V2]] [[V3]]"),
        ("{% if a %}yes{% endif %}", "[[V1]]yes[[V2]]"),
        ('Quote "{review}".', 'Quote "[[V1]]".'),
        ("<|im_start|>system", "[[V1]]system"),
        ("Keep [[V1]] and {x}.", "Keep [[V1]] and [[V_1]]."),
        ("Key: sk-abcdefghijklmnop1234", "Key: [[V1]]"),
        ("no variables", "no variables"),
    ],
)
def test_hides_what_nobody_may_rewrite(text, shown):
    assert mask(text).text == shown


def test_hides_what_the_user_calls_a_secret():
    assert mask("Ask ACME-1234.", patterns=[r"ACME-\d+"]).text == "Ask [[V1]]."


@pytest.mark.parametrize("answer", ["[[V2]]", "[[V 1]]", "[[V1", "[[Very nice]]"])
def test_refuses_a_token_that_stands_for_nothing(answer):
    masked = mask("Say {x}.")
    with pytest.raises(Useless, match="which the prompt does not have"):
        unmask(f"Say [[V1]] {answer}", masked)
