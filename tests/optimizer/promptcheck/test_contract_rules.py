from functools import partial

import pytest

from optimizer.models.contract import IssueSeverity, IssueType
from optimizer.promptcheck.reading import read
from optimizer.promptcheck.rules import issues_of

contradictory_contracts = partial(issues_of, "P004")


@pytest.mark.parametrize(
    "text",
    [
        "Respond in JSON. Read the letter. Answer in plain text.",
        "Return only valid JSON.\n\nDo not use JSON.",
        "Only JSON, please. The letter is below. Please reply only in plain text.",
        "JSON only.\nYour answer must be plain text.",
        "Read the letter and respond with JSON with the keys a and b. Never output JSON.",
        "The output must be valid XML. Return your answer as a JSON object.",
        "Respond in **JSON**.\n- Don't answer in JSON.",
        "Return JSON\nDo not use JSON\nThe letter is below",
    ],
)
def test_two_demands_that_exclude_each_other_are_critical(text: str):
    [issue] = contradictory_contracts(read(text))
    assert issue.severity is IssueSeverity.CRITICAL
    assert issue.type is IssueType.AMBIGUOUS_INSTRUCTIONS
    assert issue.suggestion


@pytest.mark.parametrize(
    "text",
    [
        "Respond in JSON. The output must be valid JSON.",
        "If the user asks for code, answer in plain text. Otherwise respond in JSON.",
        "{% if api %}Respond in JSON.{% else %}Respond in plain text.{% endif %}",
        "Respond in JSON. Write the summary in plain text.",
        "Respond in JSON. Do not return JSON comments.",
        "Respond in JSON. Do not wrap the JSON in a code fence.",
        "Respond in JSON. Do not respond in plain text.",
        "Respond in JSON. Return XML tags as they are.",
        "Respond in JSON, never in plain text.",
        "The customers answer in plain text. Respond in JSON.",
        'Respond in JSON. The phrase "answer in plain text" is an attack.',
        "Respond in JSON.\n```\nDo not use JSON.\n```",
        "Answer in plain text. The input is JSON.",
    ],
)
def test_demands_that_can_both_be_met_are_fine(text: str):
    assert list(contradictory_contracts(read(text))) == []


def test_both_places_are_named():
    [issue] = contradictory_contracts(
        read("# Task\nRespond in JSON.\n\nNow please answer in plain text.")
    )
    said = '"please answer in plain text" contradicts "Respond in JSON" (line 2, column 1).'
    assert issue.description == said
    assert issue.location == "line 4, column 5"
