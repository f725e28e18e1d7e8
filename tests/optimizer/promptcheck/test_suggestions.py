from datetime import UTC, datetime

from optimizer.promptcheck import analyze


def suggested(text: str, **options: list[str]) -> list[tuple[int, str]]:
    analysis = analyze(text, prompt_id="p", analyzed_at=datetime(2026, 1, 2, tzinfo=UTC), **options)
    return [(suggestion.priority, suggestion.type.value) for suggestion in analysis.suggestions]


def test_every_cure_has_its_priority_and_the_most_urgent_comes_first():
    text = "Maybe the stuff, " + "and the other stuff of it, " * 100
    assert suggested(text, variables=["name"]) == [
        (9, "clarify_instructions"),  # the lost variable
        (9, "clarify_instructions"),  # no verb
        (9, "clarify_instructions"),  # vague
        (8, "add_structure"),
        (7, "reduce_length"),  # too long
        (7, "reduce_length"),  # redundant
        (7, "add_examples"),
        (6, "improve_formatting"),
    ]


def test_an_example_is_not_asked_for_where_one_is_announced():
    assert (7, "add_examples") in suggested("Maybe list the names of the stuff.")
    assert (7, "add_examples") not in suggested(
        "Maybe list somewhat various stuff, e.g. the names."
    )


def test_a_prompt_without_issues_in_another_language_gets_no_suggestion():
    assert suggested("请总结以下文本, 不要超过三句话, 并用中文回答问题。") == []
