from __future__ import annotations

import pytest

from optimizer.promptcheck.lint.contradictory_format import demanded_formats
from optimizer.promptcheck.reading import read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sort the mail. Respond only in JSON.", {("json", True)}),
        ("Return valid XML. Do not use JSON.", {("json", False), ("xml", True)}),
        ("If asked, respond in JSON.", set()),
        ("Sort the mail by its kind.", set()),
        ("Antworte nur in JSON. Sortiere die Post nach ihrer Art und nenne sie.", set()),
    ],
)
def test_names_what_is_demanded_of_the_answer(text: str, expected: set[tuple[str, bool]]) -> None:
    assert demanded_formats(read(text)) == expected
