from datetime import UTC, datetime

import pytest

from optimizer.models.contract import IssueType, PromptAnalysis
from optimizer.promptcheck import analyze

HOSTILE = [
    "{", "{{", "{{a", "{{{a}{a}", "{%", "{% raw %}", "{#", "${a", "`a ``b", "~~~\n", '"a', "'a ",
    "<a ", "<!--", "http://.", '{"a":', "{{#a.b}}", ".", "-", "\n ", "“a", " ", "{% for ", "{{ is ",
    "as ", "Respond in JSON. ",
]  # fmt: skip
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def check(text: str, **options: list[str]) -> PromptAnalysis:
    return analyze(text, prompt_id="triage", analyzed_at=NOW, **options)


def parts(text: str) -> dict[str, float]:
    return check(text).metadata["part_scores"]


def types(text: str) -> set[IssueType]:
    return {issue.type for issue in check(text).issues}


def test_a_plain_sentence_scores_as_worked_by_hand():
    analysis = check("Summarize the text below in 3 sentences.")
    # structure   50
    # specificity 60 + 5 (summarize) + 10 (3)                              = 75
    # coherence   70; one sentence of 6 words is neither good nor bad      = 70
    # token       40 characters / 4 = 10 tokens, fewer than 20             = 40
    # density     70 + 30 * 4/6 (summarize text below sentences) = 20      = 90
    assert analysis.metadata["part_scores"] == pytest.approx(
        {"structure": 50, "specificity": 75, "coherence": 70, "token": 40, "density": 90}
    )
    assert analysis.clarity_score == pytest.approx(63.5)  # .4*50 + .3*75 + .3*70
    assert analysis.efficiency_score == pytest.approx(65)  # .5*40 + .5*90
    assert analysis.overall_score == pytest.approx(64.1)  # .6*63.5 + .4*65


def test_a_structured_prompt_scores_as_worked_by_hand():
    analysis = check("# Task\n\n- Classify {review}.\n- Perhaps explain something.\n")
    # structure   50 + 15 (heading) + 15 (bullets) + 10 (3 newlines inside) = 90
    # specificity 60 + 10 (classify explain) - 10 (perhaps something)       = 60
    # coherence   70 - 15; sentences of 1, 1 and 3 words, mean 1.7          = 55
    # token       58 characters / 4 = 14.5 tokens                           = 40
    # density     70 + 30 * 5/5, at most 20                                 = 90
    assert analysis.metadata["part_scores"] == pytest.approx(
        {"structure": 90, "specificity": 60, "coherence": 55, "token": 40, "density": 90}
    )
    assert analysis.clarity_score == pytest.approx(70.5)  # 36 + 18 + 16.5
    assert analysis.overall_score == pytest.approx(68.3)  # 42.3 + 26


def test_a_wordy_prompt_scores_as_worked_by_hand():
    analysis = check(
        "First, I would like you to basically read the letter from the customer. "
        "Then kindly write a short reply because the customer waits. "
        "For example, thank the customer for the good question."
    )
    # structure   50
    # specificity 60 + 5 (write) + 10 (example)                             = 75
    # coherence   70 + 15 (13, 10 and 9 words, mean 10.7)
    #                + 15 (first then because)                              = 100
    # token       186 characters / 4 = 46.5 tokens; 25 of 32 words unique   = 70
    # density     70 - 100 * 7/32 ("i would like you to" basically kindly)
    #                + 30 * 15/32 (18 words are no grammar, 3 of them filler) = 62.1875
    assert analysis.metadata["part_scores"] == pytest.approx(
        {"structure": 50, "specificity": 75, "coherence": 100, "token": 70, "density": 62.1875}
    )
    assert analysis.clarity_score == pytest.approx(72.5)
    assert analysis.efficiency_score == pytest.approx(66.09375)
    assert analysis.overall_score == pytest.approx(69.9375)


def test_the_terms_that_made_a_score_are_listed():
    assert check("Summarize the text below in 3 sentences.").metadata["explanation"] == [
        "structure 50: 50 base",
        "specificity 75: 60 base +5 action verbs (summarize) +10 a number",
        "coherence 70: 70 base",
        "token 40: 40 length (about 10 tokens)",
        "density 90: 70 base +20 content words (4 of 6)",
    ]


@pytest.mark.parametrize(
    ("text", "specificity"),
    [
        ("You are in the returning list.", 65),  # `list`, but no `return`
        ("Write, write and WRITE the summary.", 65),
        ("Summarise and analyse the text you read.", 70),
        ("This is the rewritten listing with counterexamples.", 60),
        ("Maybe, perhaps, possibly, probably, somehow, something, somewhat, stuff.", 30),
        ("This is the matching, e.g. the shortest.", 70),
        ("The list is the write-up that you have.", 65),
    ],
)
def test_words_count_whole_once_and_up_to_the_cap(text: str, specificity: float):
    assert parts(text)["specificity"] == specificity


@pytest.mark.parametrize(
    "protected",
    [
        "{{ maybe }}",
        "{{#172.maybe#}}",
        "${maybe}",
        "{maybe}",
        "`maybe write 3`",
        '"maybe write 3"',
        "“maybe write 3”",
        "<maybe>",
        "https://example.com/maybe/write/3",
        '{"maybe": "write 3, e.g. stuff"}',
        "{% if maybe %}{% endif %}",
        "{# maybe write 3 #}",
        "<|maybe|>",
        "\n```\n# maybe write 3\n- e.g. stuff\n```\n",
    ],
)
def test_protected_text_changes_neither_words_nor_headings(protected: str):
    plain, changed = (
        check("You are the judge of this."),
        check(f"You are the judge of this. {protected}"),
    )
    assert changed.metadata["part_scores"]["specificity"] == 60
    assert changed.metadata["n_words"] == plain.metadata["n_words"]
    assert not [term for term in changed.metadata["explanation"] if "heading" in term]
    assert IssueType.VAGUE_LANGUAGE not in {issue.type for issue in changed.issues}


@pytest.mark.parametrize(
    ("n_chars", "token"),
    [(79, 40), (80, 70), (199, 70), (200, 90), (2000, 90), (2001, 70), (4000, 70), (4001, 50)],
)
def test_length_bands_hold_at_their_bounds(n_chars: int, token: float):
    assert parts("。" * n_chars)["token"] == token


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("alpha beta gamma delta " * 5, 50),  # 115 characters, 70; 4 unique of 20, -20
        ("one two three four five six one two three four", 30),  # 46 characters, 40; 6 of 10, -10
        ("one two three four five six seven one two three", 40),  # 7 of 10 is not less than .7
    ],
)
def test_repeated_words_cost_points(text: str, token: float):
    assert parts(text)["token"] == token


def test_long_sentences_and_long_lines_cost_points():
    sentence = "The word " + "and the other word " * 12 + "ends."  # 51 words, 242 characters
    assert parts(sentence)["structure"] == 30
    assert parts(sentence)["coherence"] == 45  # 70 - 15 (mean above 40) - 10
    assert parts(f"{sentence} {sentence} {sentence}")["coherence"] == 35  # at most -20


def test_a_decimal_point_ends_no_sentence():
    assert check("Round the value of 3.14159 to the v1.2 form.").metadata["n_sentences"] == 1


def test_list_items_and_headings_are_sentences_of_their_own():
    assert (
        check("# The task\nRead the text\n- the first\n- the second\n\nand end").metadata[
            "n_sentences"
        ]
        == 5
    )


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ("5 apples and 7 pears", 50),
        ("1. apples", 60),
        ("1、苹果", 60),
        ("• apples", 65),
        ("  - apples", 65),
        ("apples\n", 50),
        ("apples\npears", 55),
        ("a\nb\nc", 55),
        ("a\nb\nc\nd", 60),
        ("#apples", 50),
        ("### apples", 65),
    ],
)
def test_structure_is_read_from_the_lines(text: str, structure: float):
    assert parts(text)["structure"] == structure


@pytest.mark.parametrize("text", ["", " ", "\n\t\r\n", "\ufeff", "\ufeff \n"])
def test_a_blank_text_is_refused(text: str):
    with pytest.raises(ValueError, match="prompt 'triage': text is blank"):
        check(text)


def test_a_single_character_is_too_short():
    assert types("x") == {IssueType.TOO_SHORT}


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_of_any_kind_read_alike(line_end: str):
    text = "# Task\n\n- Maybe list {{a}}\n- Then stop.\n\n```\ncode\n```\n{{broken\n"
    assert check(text.replace("\n", line_end)) == check(text)


def test_a_byte_order_mark_is_skipped():
    text = "# Maybe list the names of the colours"
    assert check("\ufeff" + text) == check(text)
    assert check("\ufeff" + text).issues[0].location == "line 1, column 3"


def test_a_chinese_prompt_is_not_judged_by_english_words():
    analysis = check(
        "请总结以下文本, 不要超过三句话。maybe 请用简体中文回答, 不要解释。\n"
        "{{#1720672602189.text#}}"
    )
    assert analysis.metadata["language"] == "other"
    assert not analysis.metadata["word_lists_applied"]
    assert analysis.metadata["part_scores"]["coherence"] == 70
    assert analysis.issues == []


def test_right_to_left_text_is_read_as_sentences_without_word_lists():
    analysis = check(
        "لخص النص التالي في ثلاث جمل قصيرة وواضحة من فضلك. "
        "لا تضف أي شيء جديد من عندك أبدا إلى النص."
    )
    assert analysis.metadata["n_sentences"] == 2
    assert analysis.metadata["part_scores"]["coherence"] == 85
    assert analysis.issues == []


def test_only_variables_leave_no_words_to_judge():
    analysis = check("{{ instructions }}\n{{#1720672602189.text#}}")
    assert analysis.metadata["language"] == "none"
    assert analysis.metadata["variables"] == ["1720672602189.text", "instructions"]
    assert analysis.issues == []


def test_only_a_code_fence_leaves_no_words_to_judge():
    analysis = check("```python\n# maybe\n- list(stuff)\n```")
    assert analysis.metadata["part_scores"]["structure"] == 60  # three newlines, no heading
    assert analysis.issues == []


def test_emoji_are_neither_words_nor_trouble():
    analysis = check("😀 Summarize the text 👩‍👩‍👧 maybe 😀")
    assert analysis.metadata["n_words"] == 4
    assert [issue.location for issue in analysis.issues] == ["line 1, column 28"]


def test_lone_surrogates_are_quoted_harmlessly():
    assert check("{{a\ud800 \ud800", variables=["\ud800"]).issues


@pytest.mark.parametrize(
    "unit",
    [
        "The quick brown fox maybe writes something. ",
        "字",
        "# Head\n\n- item {{ x }}\n",
        "word ",
        '{"a": 1}\n',
    ],
)
def test_the_longest_prompt_has_scores(unit: str):
    assert 0 <= check((unit * 100_000)[:100_000], variables=["x"]).overall_score <= 100


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_repetition_has_scores(unit: str):
    text = "x" + (unit * 100_000)[:99_998] + "z"
    assert 0 <= check(text, variables=["x"]).overall_score <= 100
