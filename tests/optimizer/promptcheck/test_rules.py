import pytest

from optimizer.models.contract import IssueSeverity, IssueType, PromptIssue
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.rules import find_issues


def issues(text: str, issue_type: IssueType) -> list[PromptIssue]:
    found = find_issues(read(text), declared=None)
    return [issue for issue in found if issue.type is issue_type]


@pytest.mark.parametrize(
    ("text", "issue_type", "severity"),
    [
        ("x" * 2001, IssueType.TOO_LONG, IssueSeverity.WARNING),
        ("x" * 19, IssueType.TOO_SHORT, IssueSeverity.WARNING),
        ("Write maybe a line.", IssueType.VAGUE_LANGUAGE, IssueSeverity.WARNING),
        ("x" * 201, IssueType.MISSING_STRUCTURE, IssueSeverity.INFO),
        (
            "one two three four five, one two three four five",
            IssueType.REDUNDANCY,
            IssueSeverity.INFO,
        ),
        ("x\n" + "x" * 499, IssueType.POOR_FORMATTING, IssueSeverity.INFO),
        ("You are the best of them.", IssueType.AMBIGUOUS_INSTRUCTIONS, IssueSeverity.WARNING),
    ],
)
def test_each_type_is_found_just_beyond_its_threshold(
    text: str, issue_type: IssueType, severity: IssueSeverity
):
    [issue] = issues(text, issue_type)
    assert issue.severity is severity
    assert issue.suggestion


@pytest.mark.parametrize(
    ("text", "issue_type"),
    [
        ("x" * 2000, IssueType.TOO_LONG),
        ("x" * 20, IssueType.TOO_SHORT),
        ("Write the maybes of something-else.", IssueType.VAGUE_LANGUAGE),
        ("x" * 200, IssueType.MISSING_STRUCTURE),
        ("- " + "x" * 300, IssueType.MISSING_STRUCTURE),
        ("1. " + "x" * 300, IssueType.MISSING_STRUCTURE),
        ("<task>" + "x" * 300 + "</task>", IssueType.MISSING_STRUCTURE),
        ("one two three four, one two three four", IssueType.REDUNDANCY),
        ("Label: a b c\n\nLabel: a b d\n\nLabel: a b", IssueType.REDUNDANCY),
        ("x\n\n" + "x" * 600, IssueType.POOR_FORMATTING),
        ("x" * 500, IssueType.POOR_FORMATTING),
        ("Reply with the best of them.", IssueType.AMBIGUOUS_INSTRUCTIONS),
    ],
)
def test_each_type_is_silent_at_its_threshold(text: str, issue_type: IssueType):
    assert issues(text, issue_type) == []


def test_each_vague_term_is_reported_once_where_it_first_stands():
    found = issues("List the stuff.\nMaybe add\nother stuff as\nneeded.", IssueType.VAGUE_LANGUAGE)
    assert [(issue.description, issue.location) for issue in found] == [
        ('"stuff" is vague; it occurs 2 times.', "line 1, column 10"),
        ('"maybe" is vague; it occurs once.', "line 2, column 1"),
        ('"as needed" is vague; it occurs once.', "line 3, column 13"),
    ]


def test_a_phrase_does_not_reach_across_a_variable():
    assert issues("Answer as {{x}} needed by the reader.", IssueType.VAGUE_LANGUAGE) == []


def test_a_redundancy_is_located_where_the_text_repeats():
    [issue] = issues(
        "Give one word only, please.\nGive one word only, please.", IssueType.REDUNDANCY
    )
    assert issue.location == "line 2, column 1"
    assert '"give one word"' in issue.description


def test_critical_issues_come_first():
    found = find_issues(read("Maybe list the stuff of {{name"), declared=["name"])
    assert [issue.severity for issue in found] == sorted(
        (issue.severity for issue in found), key=["critical", "warning", "info"].index
    )


def test_many_issues_of_a_kind_are_cut_and_counted():
    found = issues("{{a " * 50, IssueType.POOR_FORMATTING)
    assert len(found) == 20
    assert found[-1].description == '"{{a" is never closed. (30 more like it)'
