import pytest

from optimizer.promptcheck.spans import free_text, split
from optimizer.promptcheck.templates import MASK, SpanKind


def protected(text: str) -> list[tuple[str, str]]:
    return [(span.kind.value, span.text) for span in split(text) if span.kind is not SpanKind.FREE]


@pytest.mark.parametrize(
    ("kind", "stretch"),
    [
        ("expression", "{{ user.name | upper }}"),
        ("expression", "{{- x -}}"),
        ("expression", '{{ {"a": 1}.a }}'),
        ("expression", "{{{ unescaped }}}"),
        ("expression", "{{#if person}}"),
        ("statement", "{% if x > 3 %}"),
        ("statement", "{%- endif -%}"),
        ("comment", "{# a note\nof two lines #}"),
        ("raw", "{% raw %}{{ not_a_variable }}{% endraw %}"),
        ("dify", "{{#1720672602189.text#}}"),
        ("dify", "{{#context#}}"),
        ("dify", "{{#sys.query#}}"),
        ("dify", "{{#conversation.x#}}"),
        ("dollar", "${name}"),
        ("dollar", "${name:-default}"),
        ("brace", "{name}"),
        ("brace", "{user.name!r:>10}"),
        ("brace", "{items[0]}"),
        ("brace", "{amount:.2f}"),
        ("brace", "{0}"),
        ("tag", "<document>"),
        ("tag", "</document>"),
        ("tag", '<doc id="1" lang=en/>'),
        ("tag", "<文章>"),
        ("tag", "<!-- a note -->"),
        ("chat_token", "<|im_start|>"),
        ("chat_token", "[INST]"),
        ("url", "https://example.com/a?b=c#d"),
        ("quoted", '"not sure"'),
        ("quoted", "'positive'"),
        ("quoted", "“curly”"),
        ("quoted", "「引用」"),
        ("quoted", "«guillemets»"),
        ("inline_code", "`print(x)`"),
        ("inline_code", "``a ` b``"),
        ("json", '{"a": {"b": [1, 2]}}'),
        ("json", '{\n  "label": "<positive|negative>"\n}'),
        ("json", '{{"items": [{{"name": "{x}"}}]}}'),
    ],
)
def test_each_kind_is_protected_and_nothing_around_it(kind: str, stretch: str):
    assert protected(f"Before {stretch} after.") == [(kind, stretch)]


@pytest.mark.parametrize(
    "text",
    [
        "It's the users' choice, isn't it?",
        "a < b and c > d",
        '5" by 7" prints',
        "{not json: just prose}",
        "{ spaced }",
        "a {% of b",
        "{{ open",
        "$x and 5 $",
        "#hashtag",
    ],
)
def test_prose_stays_free(text: str):
    assert protected(text) == []


def test_a_fence_holds_everything_up_to_its_own_mark():
    fence = '````md\n```\n{{x}} "q"\n```\n````'
    assert protected(f"a\n{fence}\nb `c`") == [("fence", fence), ("inline_code", "`c`")]


def test_an_unclosed_fence_reaches_to_the_end():
    assert protected("a\n```\nb\n") == [("fence", "```\nb\n")]


def test_a_fence_closes_before_windows_line_ends():
    assert protected("```\r\na\r\n```\r\nb") == [("fence", "```\r\na\r\n```\r")]


def test_a_variable_inside_a_protected_stretch_belongs_to_it():
    assert protected('Say "{{ x }}" to <a href="{{ y }}"> and {{ z }}') == [
        ("quoted", '"{{ x }}"'),
        ("tag", '<a href="{{ y }}">'),
        ("expression", "{{ z }}"),
    ]


def test_a_fence_mark_inside_a_template_comment_opens_no_fence():
    assert protected("{#\n```\n#}\nfree") == [("comment", "{#\n```\n#}")]


def test_the_stop_behind_a_url_is_not_part_of_it():
    assert protected("See https://example.com/a. Then") == [("url", "https://example.com/a")]


def test_free_text_keeps_offsets_and_line_ends():
    text = "a {{x}}\n```\nb\n```\nc"
    assert free_text(text, split(text)) == f"a {MASK * 5}\n{MASK * 3}\n{MASK}\n{MASK * 3}\nc"
