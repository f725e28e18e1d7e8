from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from optimizer.models.contract import IssueType, PromptAnalysis
from optimizer.promptcheck import analyze
from optimizer.promptcheck.lint.linter import lint
from optimizer.promptcheck.spans import free_text, split

PROSE = [
    "maybe",
    "list",
    "stuff",
    "Respond in JSON.",
    "Do not use JSON.",
    "字",
    "é",
    "\n",
    " ",
    "- ",
]
FRAGMENTS = [
    *PROSE, "{{", "}}", "{", "}", "{%", "%}", "{#", "#}", "${", "{{#", "#}}", "`", "```", "~~~",
    '"', "'", "<", ">", "<|", "|>", "https://a.b", "\r\n", "# ", "1. ", ":", ",", ".", "if",
    "{{x}}", "{y}", "{% if a %}", "{% endif %}", "{% raw %}", "{% endraw %}", '{"a": 1}', "😀",
    "\ufeff", "\x00", "\ud800",
]  # fmt: skip
PLAIN_TEXT = st.text(st.characters(), max_size=5000)
TEXT = PLAIN_TEXT | st.lists(st.sampled_from(FRAGMENTS), max_size=120).map("".join)
NON_BLANK = TEXT.filter(lambda text: text.lstrip("\ufeff").strip())


def check(text: str, variables: list[str] | None = None) -> PromptAnalysis:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return analyze(text, prompt_id="p", analyzed_at=now, variables=variables)


@given(NON_BLANK, st.none() | st.lists(st.text(st.characters(), max_size=8), max_size=3))
@example("0", [""])
@example("\ufeff\ufeffx", None)
def test_is_analyzed_with_scores_in_range_and_always_alike(text: str, variables: list[str] | None):
    analysis = check(text, variables)
    scores = [analysis.overall_score, analysis.clarity_score, analysis.efficiency_score]
    assert all(0 <= score <= 100 for score in [*scores, *analysis.metadata["part_scores"].values()])
    assert all(issue.suggestion for issue in analysis.issues)
    assert PromptAnalysis.model_validate_json(analysis.model_dump_json()) == analysis
    assert check(text, variables) == analysis


@given(TEXT)
def test_is_covered_by_its_spans_exactly(text: str):
    spans = split(text)
    assert "".join(span.text for span in spans) == text
    assert [span.start for span in spans] == [0, *(span.end for span in spans)][: len(spans)]
    assert all(span.text for span in spans)
    assert len(free_text(text, spans)) == len(text)


@given(st.lists(st.sampled_from(PROSE), max_size=40).map("".join))
def test_has_the_same_vague_words_with_a_variable_in_its_fence(text: str):
    def vague(body: str) -> list[str]:
        found = check(f"```\n{body}\n```\n{text} maybe list the stuff").issues
        return [issue.description for issue in found if issue.type is IssueType.VAGUE_LANGUAGE]

    assert vague("code {{ maybe_stuff }} {stuff} {{#1.maybe#}}") == vague("code")


@given(NON_BLANK)
def test_scores_alike_with_any_line_ends(text: str):
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    assert check(unix.replace("\n", "\r\n")) == check(unix)


@given(st.sampled_from("-#>*_= \t.:|`~{}<"), st.integers(1, 3000))
@example("-", 80)
def test_is_linted_however_long_its_rules_of_one_character_are(mark: str, n: int):
    lint(f"Answer briefly.\n{mark * n}\nUse the text.")
