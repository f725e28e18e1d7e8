"""Which bridge reads a file: the first that recognizes it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from executor_bridge.base import Bridge, Head, Shape
from executor_bridge.files.texts import documents
from executor_bridge.files.unpacking import decoder_of
from executor_bridge.formats.deepeval.bridge import Deepeval
from executor_bridge.formats.inspect_log.bridge import InspectLog
from executor_bridge.formats.junit_xml.bridge import JUnitXml
from executor_bridge.formats.langfuse.bridge import Langfuse
from executor_bridge.formats.lm_eval.bridge import LmEval
from executor_bridge.formats.native.bridge import Native
from executor_bridge.formats.openai_evals.bridge import OpenaiEvals
from executor_bridge.formats.openai_evals_items.bridge import OpenaiEvalsItems
from executor_bridge.formats.otel import Otel
from executor_bridge.formats.promptfoo.bridge import Promptfoo
from executor_bridge.formats.promptfoo.cells import PromptfooCsv
from executor_bridge.formats.promptfoo.lines import PromptfooJsonl
from executor_bridge.formats.pydantic_evals.bridge import PydanticEvals
from executor_bridge.formats.table import Table
from executor_bridge.heads import heads
from executor_bridge.json_text import parse, shown
from executor_bridge.tables.choosing import hint
from optimizer.models.errors import ConfigError, Fault, FormatError, UnrecognizedError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import Source

TABLE = Table()
"""Asked only about what no other bridge recognizes: a table may have any columns."""

BRIDGES: tuple[Bridge, ...] = (
    Native(),
    Promptfoo(),
    PromptfooJsonl(),
    PromptfooCsv(),
    LmEval(),
    OpenaiEvals(),
    OpenaiEvalsItems(),
    PydanticEvals(),
    InspectLog(),
    Deepeval(),
    JUnitXml(),
    Langfuse(),
    Otel(),
    TABLE,
)

TABULAR = (Shape.TABLE, Shape.LIST, Shape.OBJECT, Shape.PARQUET)

SHOWN_KEYS = 20
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How a text in UTF-16 begins, as PowerShell writes what is redirected to a file."""

SHAPES = {
    Shape.OBJECT: "a JSON object with",
    Shape.LIST: "a JSON list of objects with",
    Shape.XML: "XML with",
    Shape.YAML: "YAML with",
    Shape.TABLE: "a table with the columns",
    Shape.ZIP: "a zip archive with",
    Shape.PARQUET: "a Parquet file with the columns",
}
WITHOUT_NAMES = {
    Shape.OBJECT: "a JSON object without fields",
    Shape.LIST: "a JSON list that does not begin with an object",
    Shape.XML: "XML without elements",
    Shape.YAML: "YAML without names",
    Shape.TABLE: "a table without columns",
    Shape.ZIP: "a zip archive that is cut off, damaged or empty",
    Shape.PARQUET: "a Parquet file that is damaged",
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

    Who says what columns mean has said that a file which may be a table is one.

    Raises:
        UnrecognizedError: None does; the error says what each bridge missed.
        FormatError: Several do.
    """
    is_mapped = bool(settings.map) or settings.table is not None
    for head in heads(source):
        if is_mapped and head.shape in (*TABULAR, Shape.TEXT):
            return TABLE
        found = [
            bridge
            for bridge in BRIDGES
            if bridge is not TABLE and bridge.recognizes(head, settings)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(source, found)
    if TABLE.recognizes(head, settings):
        return TABLE
    raise _unknown(source, head)


def _ambiguous(source: Source, found: Sequence[Bridge]) -> FormatError:
    names = " and ".join(bridge.name for bridge in found)
    fault = Fault(place="format", found=f"what {names} recognize", expected="one of them")
    return FormatError(source.path, (fault,), hint="Name its format with --from.")


def _unknown(source: Source, head: Head) -> UnrecognizedError:
    """Return the error for a file that no bridge recognizes."""
    found = WITHOUT_NAMES[head.shape]
    if head.shape is Shape.ZIP and not head.keys:
        fault = Fault(place="end of file", found=found, expected="a whole archive")
        return UnrecognizedError(source.path, (fault,))
    if head.keys:
        names = ", ".join(shown(key) for key in head.keys[:SHOWN_KEYS])
        found = f"{SHAPES[head.shape]} {names}".replace('"', "")
    names = ", ".join(bridge.name for bridge in BRIDGES)
    faults: list[Fault] = []
    if head.start.startswith(UTF_16):
        faults.append(Fault(place="byte 0", found="text in UTF-16", expected="text in UTF-8"))
    if decoder_of(head.start) is not None:
        found_there = "a compressed file in a compressed file"
        faults.append(Fault(place="byte 0", found=found_there, expected="one compressed once"))
    if head.shape in (Shape.OBJECT, Shape.LIST):
        first = next(documents(source.content, source.sha256))
        faults += parse(bytes(first.text), first_line=first.place).faults
    faults.append(Fault(place="format", found=found, expected=f"one of: {names}"))
    faults += [Fault(place=one.name, found=None, expected=one.wants) for one in BRIDGES]
    advice = "Name its format with --from."
    if head.keys and head.shape in TABULAR:
        advice = f"{advice} {hint(head.keys)}"
    return UnrecognizedError(source.path, tuple(faults), hint=advice)
