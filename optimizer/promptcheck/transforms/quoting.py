"""Test data in a prompt: written so that it stays data to whatever fills the template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optimizer.promptcheck.reading import Reading
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.base import Example

_JINJA = (SpanKind.STATEMENT, SpanKind.COMMENT, SpanKind.RAW)
_JINJA_OPENINGS = ("{{", "{%", "{#")
_DOUBLED = (SpanKind.EXPRESSION, SpanKind.DIFY)


class CannotQuote(ValueError):  # noqa: N818 - an answer to a question, not a fault
    """The data cannot be put into the prompt without being taken for part of the template."""


def quoted_data(value: str, reading: Reading) -> str:
    """Return a value as it must stand in a prompt for the filled prompt to hold it.

    Raises:
        CannotQuote: No way is known in the dialect of the prompt.
    """
    value = value.strip().replace("\r\n", "\n").replace("\r", "\n")
    kinds = {span.kind for span in reading.spans}
    has_opening = any(opening in value for opening in _JINJA_OPENINGS)
    if kinds & {*_JINJA} and "{" in value:
        if "endraw" in value or "{%" in value:
            raise CannotQuote("an example holds a raw block of Jinja")
        return f"{{% raw %}}{value}{{% endraw %}}"
    if kinds & {*_DOUBLED} and has_opening:
        raise CannotQuote("an example holds what the template engine would fill")
    if "${" in value:
        raise CannotQuote("an example holds a variable in the style of a shell")
    if SpanKind.BRACE in kinds and not kinds & {*_DOUBLED}:
        return value.replace("{", "{{").replace("}", "}}")
    return value


def filled(text: str, start: int, reading: Reading, example: Example) -> str:
    """Return a stretch of the prompt with its variables filled from an example.

    Raises:
        CannotQuote: The example lacks a variable, or its value cannot be written.
    """
    pieces, position = [], 0
    for use_start, use_end, name in _uses(reading, start, start + len(text)):
        if name not in example.inputs:
            raise CannotQuote(f'case {example.case_id} has no value for variable "{name}"')
        pieces.append(text[position : use_start - start])
        pieces.append(quoted_data(example.inputs[name], reading))
        position = use_end - start
    return "".join([*pieces, text[position:]])


def tagged(example: Example, reading: Reading, tag: str) -> str:
    """Return an example between tags.

    Raises:
        CannotQuote: A value cannot be written.
    """
    inputs = {name: quoted_data(value, reading) for name, value in example.inputs.items()}
    answer = quoted_data(example.answer, reading)
    if any("</" in value for value in (*inputs.values(), answer)):
        raise CannotQuote("an example holds a closing tag")
    return "\n".join([f"<{tag}>", *_sides(inputs), f"<output>{answer}</output>", f"</{tag}>"])


def _sides(inputs: Mapping[str, str]) -> Iterator[str]:
    for name, value in inputs.items():
        tag = "input" if len(inputs) == 1 or not name.isidentifier() else name
        yield f"<{tag}>{value}</{tag}>"


def _uses(reading: Reading, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    ends = {span.start: span.end for span in reading.spans}
    for use in reading.variables:
        if start <= use.start < end:
            if use.start not in ends:
                raise CannotQuote(f'variable "{use.name}" stands inside something else')
            yield use.start, ends[use.start], use.name
