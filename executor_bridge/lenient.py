"""JSON of foreign tools: NaN read as null, halves of pairs replaced, rows skipped and counted."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from executor_bridge.json_text import SHOWN_CHARS, parse
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Reading, Run, Source

T = TypeVar("T")

NUMBERS = re.compile(rb'(?:[^"NI-]++|"(?:[^"\\]++|\\.)*+"|-(?![NI]))*+', re.DOTALL)
"""JSON text up to where something stands in place of a number, in one stride."""

NOT_A_NUMBER = re.compile(rb"-?(?:NaN|Infinity)\b")
PAIR = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>u[dD][89a-fA-F]..)|.)", re.DOTALL
)
"""An escape in a JSON text, and whether it is half a surrogate pair."""

VALIDATION = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
EXPECTED = re.compile(r"Expected `(?P<expected>[^`]+)`(?:, got `(?P<found>[^`]+)`)?")
MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")
PLAIN = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
DAMAGE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Skipped:
    """The rows of a file that could not be read.

    Attributes:
        faults: Why each could not.
        settings: How the file is read.
    """

    def __init__(self, settings: IngestSettings) -> None:
        """Begin with none."""
        self.faults: list[Fault] = []
        self.settings = settings

    def add(self, place: str, found: str | None, expected: str) -> None:
        """Take one more row."""
        self.faults.append(Fault(place=place, found=found, expected=expected))

    def warnings(self) -> tuple[str, ...]:
        """Return a sentence on how many there are and why the first was skipped."""
        n = len(self.faults)
        if not n:
            return ()
        rows = "1 row was" if n == 1 else f"{n} rows were"
        return (f"{rows} skipped, the first because of {self.faults[0]}",)

    def reading(self, source: Source, runs: Iterable[Run]) -> Reading:
        """Return a file with its runs and what was skipped.

        Raises:
            FormatError: No task is left.
        """
        found = tuple(run for run in runs if run.header.n_tasks)
        if not found:
            raise self.refusal(source)
        return Reading(source=source, runs=found, skipped=tuple(self.faults))

    def refusal(self, source: Source) -> FormatError:
        """Return the error for a file without a task that can be read."""
        limit = self.settings.max_faults
        nothing = (Fault(place="file", found="no tasks", expected="at least one task"),)
        return FormatError(
            source.path,
            tuple(self.faults[:limit]) or nothing,
            n_more=max(0, len(self.faults) - limit),
        )


def decoded(text: Any, kind: type[T], source: Source, *, place: str = "") -> T:
    """Return JSON text as a type, NaN and Infinity read as null, halves of surrogates replaced.

    Args:
        text: The text: bytes, a view of them or `Raw`.
        kind: A type of msgspec's; unknown fields are ignored unless it forbids them.
        source: The file.
        place: Where in the file the text stands, for messages; "" for all of it.

    Raises:
        FormatError: It is no JSON, or not of that type.
    """
    try:
        return _decoded(text, kind)
    except DAMAGE as damage:
        raise FormatError(source.path, _faults(bytes(text), damage, place)) from damage


def rows(
    texts: Iterable[tuple[str, Any]], kind: type[T], skipped: Skipped, *, is_text: bool = True
) -> Iterator[tuple[str, T]]:
    """Yield the rows that can be read with their places; the others are skipped and counted.

    Args:
        texts: The rows as JSON text, each with its place.
        kind: As in `decoded`.
        skipped: Takes what cannot be read.
        is_text: Whether all of a row must be UTF-8, also what the type leaves raw.
    """
    for place, text in texts:
        try:
            if is_text:
                codecs.utf_8_decode(text, "strict", True)
            row = _decoded(text, kind)
        except DAMAGE as damage:
            fault = _faults(bytes(text), damage, place)[0]
            skipped.add(fault.place, fault.found, fault.expected)
        else:
            yield place, row


def in_utf8(texts: Iterable[tuple[str, Any]], skipped: Skipped) -> Iterator[tuple[str, Any]]:
    """Yield the texts that are in UTF-8 with their places; the others are skipped and counted.

    For rows of which something is kept as it stands: decoders look only at what they decode.
    """
    for place, text in texts:
        raw = bytes(text)
        try:
            if not raw.isascii():
                raw.decode()
        except UnicodeDecodeError as damage:
            fault = _faults(raw, damage, place)[0]
            skipped.add(fault.place, fault.found, fault.expected)
        else:
            yield place, text


def without_nan(text: bytes) -> bytes:
    """Return JSON text with null in place of NaN and Infinity, which JSON does not have."""
    view = memoryview(text)
    kept: list[bytes | memoryview] = []
    at = 0
    while (found := NOT_A_NUMBER.match(text, _stride(text, at))) is not None:
        kept += view[at : found.start()], b"null"
        at = found.end()
    return b"".join((*kept, view[at:])) if kept else text


def _stride(text: bytes, at: int) -> int:
    """Return where the text that begins there stops being plain JSON."""
    stride = NUMBERS.match(text, at)
    return stride.end() if stride is not None else at


def without_halves(text: bytes) -> bytes:
    """Return JSON text with the replacement character in place of each half of a surrogate pair."""
    if b"\\ud" not in text and b"\\uD" not in text:
        return text
    return PAIR.sub(lambda match: rb"\ufffd" if match["lone"] else match[0], text)


_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoded(text: Any, kind: type[T]) -> T:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    try:
        found: T = decoder.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        cleaned = without_halves(without_nan(bytes(text)))
        if cleaned == text:
            raise
        found = decoder.decode(cleaned)
    return found


def _faults(text: bytes, damage: Exception, place: str) -> tuple[Fault, ...]:
    """Return what is wrong with a text: its JSON, else the field that is of another type."""
    if not isinstance(damage, msgspec.ValidationError):
        parsed = parse(text)
        if parsed.faults:
            prefix = f"{place}: " if place else ""
            return tuple(
                Fault(place=prefix + fault.place, found=fault.found, expected=fault.expected)
                for fault in parsed.faults
            )
    match = VALIDATION.match(str(damage))
    path = ((match and match["path"]) or "").removeprefix(".")
    types = EXPECTED.search(str(damage))
    where = ".".join(part for part in (place, path) if part) or "the outermost value"
    if missing := MISSING.search(str(damage)):
        field = ".".join(part for part in (place, path, missing["name"]) if part)
        return (Fault(place=field, found=None, expected="a field of this name"),)
    if types is None:
        return (Fault(place=where, found=str(damage)[:SHOWN_CHARS], expected="a row of this tool"),)
    expected = " or ".join(PLAIN.get(one, one) for one in types["expected"].split(" | "))
    found = types["found"] and PLAIN.get(types["found"], types["found"])
    return (Fault(place=where, found=found, expected=expected),)
