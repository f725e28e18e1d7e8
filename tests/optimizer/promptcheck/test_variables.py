import pytest

from optimizer.promptcheck.reading import read


def names(text: str) -> list[str]:
    return [variable.name for variable in read(text).variables]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ review }}", ["review"]),
        ("{{user-name}}", ["user-name"]),
        ("{{ user.name | default('x') | upper }}", ["user.name"]),
        ("{{ first if second else 'third' }}", ["first", "second"]),
        ("{{ items | join(sep) }}", ["items", "sep"]),
        ("{{ range(n) }} {{ text.strip() }}", ["n", "text"]),
        ("{{ f(width=w) }}", ["w"]),
        ("{{#if person}}{{person.name}}{{/if}}", ["person", "person.name"]),
        ("{{#people}}x{{/people}}", ["people", "people"]),
        ("{% if flag and not other is defined %}{% endif %}", ["flag", "other"]),
        ("{% for x in rows %}{{ x.name }}{{ loop.index }}{% endfor %}", ["rows"]),
        ("{% for k, v in rows.items() %}{{ k }}{{ v }}{% endfor %}", ["rows"]),
        ("{% set y = source %}{{ y }}", ["source"]),
        ("{% macro m(a) %}{{ a }}{% endmacro %}", []),
        ("{{#1720672602189.text#}} {{#sys.query#}}", ["1720672602189.text", "sys.query"]),
        ("${name} ${path.to:-x}", ["name", "path.to"]),
        ("{name} {user.name} {items[0]} {0} {}", ["name", "user.name", "items[0]"]),
        ('{"text": "{review}", "n": {n}}', ["review", "n"]),
        ('Say "{{ quoted }}" and `{code}`', ["quoted", "code"]),
        ("{# {{ hidden }} #}{% raw %}{{ shown }}{% endraw %}", []),
        ("{{ 变量 }} {名前}", ["变量", "名前"]),
    ],
)
def test_names_are_found_in_every_dialect(text: str, expected: list[str]):
    assert names(text) == expected


def test_a_dotted_name_is_supplied_by_its_root_but_a_dify_name_whole():
    assert [v.root for v in read("{{ a.b }} {c[0]} {{#17.text#}}").variables] == [
        "a",
        "c",
        "17.text",
    ]


def test_uses_in_code_are_marked():
    assert [v.in_code for v in read("{a} `{b}`\n```\n{c}\n```\n{d}").variables] == [
        False,
        True,
        True,
        False,
    ]
