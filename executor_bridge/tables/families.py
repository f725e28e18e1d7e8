"""Families of fields: scores, and the objects put in, expected, come out or kept beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

import msgspec

from executor_bridge.tables import cells
from executor_bridge.tables.fields import FAMILIES
from executor_bridge.tables.mapping import Line, Pattern, Row, unpacked
from optimizer.models.redaction import redact

QUOTE_INSIDE = '\\"'
SPECIMEN = "a1B2c3D4e5F6g7H8"
"""What is blanked only where its name says that it is a secret."""

PLAIN_OBJECTS = ("parameters", "metadata")
"""Families whose JSON text in a cell is an object."""


class Families:
    """The lines of a mapping of which one field has several."""

    def __init__(self, lines: tuple[Line, ...], taken: Set[str]) -> None:
        """Take the lines, and the columns that no pattern may find."""
        self.lines: dict[str, list[Line]] = {}
        for line in lines:
            if line.field.name in FAMILIES:
                self.lines.setdefault(line.field.name, []).append(line)
        self._taken = taken
        self._secret_names: dict[tuple[str, ...], bool] = {}

    def parts(self, row: Row, family: str) -> Iterator[tuple[str, Any, bool]]:
        """Yield the names and values of a family, and whether a pattern found them."""
        for line in self.lines.get(family, ()):
            if isinstance(line.place, Pattern):
                for name, value in line.place.items(row, self._taken):
                    yield name, value, True
            else:
                yield line.field.part or family, line.place.of(row), False

    def object_of(self, row: Row, family: str) -> dict[str, Any] | None:
        """Return the values of a family as an object, None where all are unknown."""
        if family not in self.lines:
            return None
        said = {}
        for name, value, _ in self.parts(row, family):
            found = cells.payload(value)
            if found is not None:
                said[name] = found
        only = said.get(family)
        if family in PLAIN_OBJECTS:
            only = unpacked(only)
        if len(said) == 1 and isinstance(only, Mapping):
            return dict(only)
        return said or None

    def text_of(self, said: dict[str, Any] | None) -> Mapping[str, Any] | str | None:
        """Return an object as JSON text where no secret can be left in it.

        Secrets were blanked in the file. Two may have been hidden there: one in JSON that a cell
        holds with its quotes doubled, and one whose name is that of a column.
        """
        if said is None:
            return None
        text = msgspec.json.encode(said, enc_hook=str).decode()
        return said if QUOTE_INSIDE in text or self._gives_away(tuple(said)) else text

    def _gives_away(self, names: tuple[str, ...]) -> bool:
        """Tell whether what has one of these names is a secret."""
        found = self._secret_names.get(names)
        if found is None:
            content = msgspec.json.encode(dict.fromkeys(names, SPECIMEN))
            found = self._secret_names[names] = bool(redact(content).n_redacted)
        return found


def with_expected(
    inputs: dict[str, Any] | None, expected: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return what was put in, beside it what should have come out."""
    if expected is None:
        return inputs
    wanted = expected["expected"] if list(expected) == ["expected"] else expected
    return {**(inputs or {}), "expected": wanted}
