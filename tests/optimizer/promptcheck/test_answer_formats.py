from __future__ import annotations

import pytest

from optimizer.promptcheck.lint.contradictory_format import answer_formats
from optimizer.promptcheck.reading import read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sort the mail. Respond only in JSON.", ("json",)),
        ("Return valid XML. Do not use JSON.", ("not json", "xml")),
        ("If asked, respond in JSON.", ()),
        ("Sort the mail by its kind.", ()),
        ("Antworte nur in JSON. Sortiere die Post nach ihrer Art und nenne sie.", ()),
    ],
)
def test_names_what_is_demanded_of_the_answer(text: str, expected: tuple[str, ...]) -> None:
    assert answer_formats(read(text)) == expected
