"""Which bridge reads a file: the first that recognizes it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from executor_bridge.base import Bridge, Head, Shape
from executor_bridge.formats.native import Native
from executor_bridge.formats.promptfoo import Promptfoo
from executor_bridge.formats.promptfoo_csv import PromptfooCsv
from executor_bridge.formats.promptfoo_jsonl import PromptfooJsonl
from executor_bridge.formats.pydantic_evals import PydanticEvals
from executor_bridge.heads import heads
from executor_bridge.json_text import parse, shown
from executor_bridge.texts import documents
from optimizer.models.errors import ConfigError, Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source

BRIDGES: tuple[Bridge, ...] = (
    Native(),
    Promptfoo(),
    PromptfooJsonl(),
    PromptfooCsv(),
    PydanticEvals(),
)

SHOWN_KEYS = 8
SHAPES = {
    Shape.OBJECT: "a JSON object with",
    Shape.LIST: "a JSON list of objects with",
    Shape.XML: "XML with",
    Shape.YAML: "YAML with",
    Shape.TABLE: "a table with the columns",
    Shape.ZIP: "a zip archive with",
}
WITHOUT_NAMES = {
    Shape.OBJECT: "a JSON object without fields",
    Shape.LIST: "a JSON list that does not begin with an object",
    Shape.XML: "XML without elements",
    Shape.YAML: "YAML without names",
    Shape.TABLE: "a table without columns",
    Shape.ZIP: "a zip archive that is empty or damaged",
    Shape.PARQUET: "a Parquet file",
    Shape.TEXT: "a text that is no JSON, XML, YAML or table",
}


def named(name: str) -> Bridge:
    """Return the bridge of that name.

    Raises:
        ConfigError: There is none.
    """
    names = [bridge.name for bridge in BRIDGES]
    if name in names:
        return BRIDGES[names.index(name)]
    close = difflib.get_close_matches(name, names, n=1)
    raise ConfigError(
        f"--from {name}: unknown format, expected one of {', '.join(names)}",
        hint=f"Did you mean `{close[0]}`?" if close else None,
    )


def detect(source: Source, settings: IngestSettings) -> Bridge:
    """Return the bridge that recognizes a file.

    Raises:
        FormatError: None does, or several do; the error says what each bridge missed.
    """
    for head in heads(source):
        found = [bridge for bridge in BRIDGES if bridge.recognizes(head, settings)]
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(source, found)
    raise _unknown(source, head)


def _ambiguous(source: Source, found: Sequence[Bridge]) -> FormatError:
    names = " and ".join(bridge.name for bridge in found)
    fault = Fault(place="format", found=f"what {names} recognize", expected="one of them")
    return FormatError(source.path, (fault,), hint="Name its format with --from.")


def _unknown(source: Source, head: Head) -> FormatError:
    """Return the error for a file that no bridge recognizes."""
    found = WITHOUT_NAMES[head.shape]
    if head.keys:
        names = ", ".join(shown(key) for key in head.keys[:SHOWN_KEYS])
        found = f"{SHAPES[head.shape]} {names}".replace('"', "")
    names = ", ".join(bridge.name for bridge in BRIDGES)
    faults: list[Fault] = []
    if head.shape in (Shape.OBJECT, Shape.LIST):
        first = next(documents(source.content, source.sha256))
        faults += parse(bytes(first.text), first_line=first.place).faults
    faults.append(Fault(place="format", found=found, expected=f"one of: {names}"))
    faults += [Fault(place=one.name, found=None, expected=one.wants) for one in BRIDGES]
    return FormatError(source.path, tuple(faults), hint="Name its format with --from.")
