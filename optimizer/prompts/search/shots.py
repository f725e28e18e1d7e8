"""Cases as examples: what went in, what came out or should have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Shown
from optimizer.prompts.search.case_fields import EXPECTED, INPUTS, NO_INPUT, parsed

LABEL_CHARS = 40
"""An answer of up to as many characters is taken for a label, of which all should be shown."""

WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A case as an example.

    Attributes:
        case_id: The case.
        inputs: Value of each variable, by name.
        answer: What was answered by a case that passed, or what is expected.
    """

    case_id: str
    inputs: Mapping[str, str]
    answer: str

    @property
    def n_chars(self) -> int:
        """Characters it adds to a prompt, at least."""
        return len(self.answer) + sum(len(value) for value in self.inputs.values())

    @property
    def words(self) -> frozenset[str]:
        """The words that go in."""
        text = " ".join(self.inputs.values())
        return frozenset(WORD.findall(text.casefold()))


def shot(shown: Shown) -> Shot | None:
    """Return a case as an example, or None where its inputs or its answer are not known.

    The answer of a case that passed is what was put out, unless a label is expected, which says
    the same without what came after it; else it is what the case expects.
    """
    body = shown.case.fields
    inputs = _inputs(body)
    answer = _answer(shown, body)
    if not inputs or not answer:
        return None
    return Shot(case_id=shown.case.case_id, inputs=inputs, answer=answer)


def without_likes(shots: Iterable[Shot], *, max_similarity: float) -> list[Shot]:
    """Return shots without those that resemble an earlier one, by Jaccard of their words."""
    kept: list[tuple[Shot, frozenset[str]]] = []
    for one in shots:
        words = one.words
        if all(_jaccard(words, other) <= max_similarity for _, other in kept):
            kept.append((one, words))
    return [one for one, _ in kept]


def _inputs(body: Mapping[str, Any]) -> dict[str, str]:
    name = next((key for key in INPUTS if body.get(key)), None)
    found = {key: body[key] for key in body if key not in NO_INPUT} if name is None else body[name]
    if name is not None and not isinstance(found, dict):
        return {name: _text(found)}
    return {str(key): _text(value) for key, value in found.items() if value is not None}


def _answer(shown: Shown, body: Mapping[str, Any]) -> str | None:
    expected = next((_text(body[key]) for key in EXPECTED if body.get(key) is not None), None)
    if expected is not None and len(expected) <= LABEL_CHARS:
        return expected
    return (_output(shown) if shown.result.passed else None) or expected


def _output(shown: Shown) -> str | None:
    if shown.result.outputs is None:
        return None
    found = parsed(shown.result.outputs)
    if isinstance(found, dict) and len(found) == 1:
        (found,) = found.values()
    return None if found is None else _text(found)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    union = one | other
    return len(one & other) / len(union) if union else 1.0
