from functools import partial

import pytest

from optimizer.models.contract import IssueSeverity, IssueType
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.rules import issues_of

broken_templates = partial(issues_of, "P003")


def broken(text: str) -> list[tuple[str, str | None]]:
    return [(issue.description, issue.location) for issue in broken_templates(read(text))]


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("Read {{name and answer.", '"{{name" is never closed.'),
        ("Read {{name} and answer.", '"{{name" is never closed.'),
        ("Read {{ name and {{ other }}.", '"{{ name" is never closed.'),
        ('Read {{name as {"a": {"b": 1}}.', '"{{name" is never closed.'),
        ("Read {{#172.text and answer.", '"{{#172.text" is never closed.'),
        ("Read {{#172.text}} now.", '"{{#172.text}}" lacks the closing "#".'),
        ("Read ${name and answer.", '"${name" is never closed.'),
        ("Now {% if x }yes", '"{% if" is never closed.'),
        ("Now {% if x %}yes", '"{% if x %}" has no "endif".'),
        ("Now {%- for a in b -%}yes", '"{%- for a in b -%}" has no "endfor".'),
        ("Now yes{% endif %}", '"{% endif %}" closes no open block.'),
        ("{% raw %}{{ x }}", '"{% raw %}" has no "endraw".'),
        ("{% set x %}block", '"{% set x %}" has no "endset".'),
    ],
)
def test_a_broken_template_is_critical(text: str, description: str):
    [issue] = broken_templates(read(text))
    assert issue.description == description
    assert issue.severity is IssueSeverity.CRITICAL
    assert issue.type is IssueType.POOR_FORMATTING
    assert issue.suggestion


@pytest.mark.parametrize(
    "text",
    [
        "{{ a }} {{#172.text#}} ${b} {c} {% set x = 1 %}",
        "{% if a %}x{% elif b %}y{% else %}z{% endif %}",
        "{% for a in b %}{% if a %}x{% endif %}{% endfor %}",
        "{% set x %}block{% endset %}",
        '{{"items": [{{"name": "{x}"}}]}}',
        "{{a: {{b: 1}}}}",
        "{{#people.all}}x{{/people.all}}",
        "{{#if a}}x{{/if}}",
        "Open with `{{name` or\n```\n{% if x %}\n{{name\n```\n",
        "{% raw %}{% if x %}{{name{% endraw %}",
        "A set {a, b} and 5 {{ or }}.",
        '{"a": {"b": {}}}',
    ],
)
def test_whole_templates_and_shown_fragments_are_fine(text: str):
    assert broken(text) == []


def test_crossed_blocks_are_reported_in_the_order_of_the_text():
    assert broken("{% if a %}\n{% for b in c %}\n{% endif %}\n{% endfor %}") == [
        ('"{% if a %}" has no "endif".', "line 1, column 1"),
        ('"{% endif %}" closes no open block.', "line 3, column 1"),
    ]
