from collections.abc import Sequence

import pytest

from optimizer.models.contract import IssueSeverity, PromptIssue
from optimizer.promptcheck.reading import Reading, read
from optimizer.promptcheck.rules import find_issues, issues_of


def variable_issues(reading: Reading, declared: Sequence[str]) -> list[PromptIssue]:
    return [
        i for rule_id in ("P001", "P002") for i in issues_of(rule_id, reading, declared=declared)
    ]


def said(text: str, *declared: str) -> list[tuple[str, str]]:
    found = variable_issues(read(text), declared)
    return [(issue.severity.value, issue.description) for issue in found]


def test_a_lost_variable_is_critical():
    assert said("Classify the review.", "review") == [
        ("critical", 'Declared variable "review" is not in the text.')
    ]


@pytest.mark.parametrize(
    "use", ["{{ reviw }}", "{Review}", "${reviews}", "{{#reviwe#}}", "{{ rev_iew }}"]
)
def test_a_misspelled_variable_is_named_with_its_place_and_reported_once(use: str):
    [issue] = variable_issues(read(f"Classify\nthis: {use}"), ["review"])
    assert issue.severity is IssueSeverity.CRITICAL
    assert "looks like a misspelling of it" in issue.description
    assert issue.location == "line 2, column 7"
    assert issue.suggestion.startswith("Rename")


def test_a_used_but_undeclared_variable_is_a_warning():
    assert said("Classify {{ review }} for {{ customer }}.", "review") == [
        ("warning", 'Variable "customer" is used but not declared.')
    ]


def test_an_empty_declaration_says_there_are_no_variables():
    assert said("Classify {review}.") == [
        ("warning", 'Variable "review" is used but not declared.')
    ]


def test_without_a_declaration_nothing_is_checked():
    assert find_issues(read("Classify {{ review }} and give one word."), declared=None) == []


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("Classify {review}.", "review"),
        ("Classify {review}.", "{{review}}"),
        ("Read {{#172.text#}}.", "172.text"),
        ("Read {{#172.text#}}.", "{{#172.text#}}"),
        ("Read {{ user.name }}.", "user"),
        ("Read {{ user.name }}.", "user.name"),
        ('Answer {"text": "{review}"}', "review"),
        ("Read\n```\n{{ review }}\n```", "review"),
        ("{% if review %}x{% endif %}", "review"),
        ("{{ review }} in {{#context#}} by {{#sys.query#}} and {{#env.X#}}", "review"),
        ("{{ review }} and {literal}", "review"),
        ("{review} and `{code}`", "review"),
    ],
)
def test_declared_and_supplied_variables_are_fine(text: str, declared: str):
    assert said(text, declared) == []


def test_a_name_without_delimiters_is_no_use():
    assert said("Classify the review: review", "review")[0][0] == "critical"


def test_an_unlike_name_is_not_taken_for_a_misspelling():
    assert said("Read {{ city }}.", "review") == [
        ("critical", 'Declared variable "review" is not in the text.'),
        ("warning", 'Variable "city" is used but not declared.'),
    ]
