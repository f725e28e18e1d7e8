"""A report in JUnit XML as suites and tests, read without its entities.

XML has no standard for it: what the writers of pytest, promptfoo, Maven and others have in common
is read, elements that are not listed are passed over.
"""

from __future__ import annotations

from xml.parsers import expat

from msgspec import Struct

from executor_bridge.files.spool import stretches
from executor_bridge.json_text import SHOWN_CHARS
from optimizer.models.errors import Fault, FormatError
from optimizer.models.tasks import Source

PIECE_BYTES = 2**20
"""Bytes given to the parser at a time."""

ROOTS = ("testsuites", "testsuite")
VERDICTS = ("failure", "error")
RERUNS = ("flakyFailure", "flakyError", "rerunFailure", "rerunError", "rerun")
"""Elements of an attempt after which a test was run again."""

SCORED = "Score: "
"""What the text of a failure begins with where promptfoo wrote it."""

SKIPPED = ("skipped", "notrun", "disabled")
"""Values of `status` that tell the same as an element `skipped`."""


class Verdict(Struct):
    """Why a test did not pass; of its text only a score with what follows is kept."""

    is_error: bool
    message: str
    kind: str = ""
    text: str = ""


class Test(Struct):
    """A test case."""

    __test__ = False

    name: str
    classname: str
    seconds: str | None
    is_marked_skipped: bool = False
    n_reruns: int = 0
    verdicts: list[Verdict] = []
    properties: dict[str, str] = {}

    @property
    def is_skipped(self) -> bool:
        """Whether it did not run: one that failed or broke did, whatever else is said of it."""
        return self.is_marked_skipped and not self.verdicts


class Suite(Struct):
    """A test suite that is in no other one, with the tests of those inside.

    A bare one stands for tests that are in no suite.
    """

    name: str = ""
    host: str = ""
    timestamp: str | None = None
    seconds: str | None = None
    n_tests: int | None = None
    is_bare: bool = False
    properties: dict[str, str] = {}
    tests: list[Test] = []


class Report(Struct):
    """A file of test suites."""

    name: str | None = None
    timestamp: str | None = None
    properties: dict[str, str] = {}
    suites: list[Suite] = []


def report_of(source: Source) -> Report:
    """Return the report that a file holds.

    Raises:
        FormatError: It is no XML, not of these elements, or declares a document type.
    """
    reader = _Reader()
    try:
        for piece in stretches(source.content, PIECE_BYTES):
            reader.parser.Parse(piece, False)
        reader.parser.Parse(b"", True)
    except _RefusedError as refused:
        raise FormatError(source.path, (refused.fault,)) from refused
    except expat.ExpatError as error:
        raise FormatError(source.path, (_fault(error),)) from error
    except (LookupError, ValueError) as error:  # of an encoding that expat leaves to Python
        fault = Fault(place="line 1", found=str(error), expected="XML in UTF-8")
        raise FormatError(source.path, (fault,)) from error
    return reader.report


class _RefusedError(Exception):
    """XML that is not read on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _Reader:
    """Takes what the parser meets, and forgets what is in no test."""

    def __init__(self) -> None:
        self.report = Report()
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._path: list[str] = []
        self._n_suites_open = 0
        self._test: Test | None = None
        self._property = ""
        self._said: list[str] | None = None

    def _doctype(self, *_: object) -> None:
        """Refuse what could declare entities, which can make a small file huge."""
        raise self._refusal("a document type declaration", "none")

    def _refusal(self, found: str, expected: str) -> _RefusedError:
        place = _place(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber)
        return _RefusedError(Fault(place=place, found=found, expected=expected))

    def _start(self, name: str, said: dict[str, str]) -> None:
        if not self._path and name not in ROOTS:
            raise self._refusal(f"<{name[:SHOWN_CHARS]}>", "<testsuites> or <testsuite>")
        parent = self._path[-1] if self._path else ""
        self._path.append(name)
        match name:
            case "testsuites" if not parent:
                self.report.name, self.report.timestamp = said.get("name"), said.get("timestamp")
            case "testsuite":
                self._start_suite(said)
            case "testcase":
                self._start_test(said)
            case "property" if parent == "properties":
                self._property = said.get("name", "")
                self._said = []
                self._owner()[self._property] = said.get("value", "")
            case _ if parent == "testcase" and self._test is not None:
                self._start_verdict(self._test, name, said)
            case _:
                pass

    def _start_suite(self, said: dict[str, str]) -> None:
        self._n_suites_open += 1
        if self._n_suites_open > 1:
            return
        count = said.get("tests", "")
        suite = Suite(
            name=said.get("name", ""),
            host=said.get("hostname", ""),
            timestamp=said.get("timestamp"),
            seconds=said.get("time"),
            n_tests=int(count) if count.isdecimal() else None,
        )
        self.report.suites.append(suite)

    def _start_test(self, said: dict[str, str]) -> None:
        if not self._n_suites_open and not (self.report.suites and self.report.suites[-1].is_bare):
            self.report.suites.append(Suite(is_bare=True))
        self._test = Test(
            name=said.get("name", ""),
            classname=said.get("classname", ""),
            seconds=said.get("time"),
            is_marked_skipped=said.get("status") in SKIPPED,
        )
        self.report.suites[-1].tests.append(self._test)

    def _start_verdict(self, test: Test, name: str, said: dict[str, str]) -> None:
        if name in VERDICTS:
            message, kind = said.get("message", "").strip(), said.get("type", "").strip()
            test.verdicts.append(Verdict(is_error=name == "error", message=message, kind=kind))
            self._said = []
        elif name in RERUNS:
            test.n_reruns += 1
        elif name == "skipped":
            test.is_marked_skipped = True

    def _text(self, text: str) -> None:
        if self._said is not None and self._path[-1] in ("property", *VERDICTS):
            self._said.append(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        if name == "testsuite":
            self._n_suites_open -= 1
        elif name == "testcase":
            self._test = None
        elif self._said is not None and name in ("property", *VERDICTS):
            text = "".join(self._said).strip()
            self._said = None
            if name == "property":
                owner = self._owner()
                owner[self._property] = owner[self._property] or text
            elif self._test is not None:
                verdict = self._test.verdicts[-1]
                verdict.message = verdict.message or text or verdict.kind
                verdict.text = text if text.startswith(SCORED) else ""

    def _owner(self) -> dict[str, str]:
        """Return the properties of what is open: a test, a suite, else the report."""
        if self._test is not None:
            return self._test.properties
        suites = self.report.suites
        return suites[-1].properties if self._n_suites_open else self.report.properties


def _fault(error: expat.ExpatError) -> Fault:
    """Return what is wrong with XML, and where."""
    found = expat.ErrorString(error.code)
    return Fault(place=_place(error.lineno, error.offset), found=found, expected="well-formed XML")


def _place(line: int, column: int) -> str:
    """Return a place; the parser counts columns from 0."""
    return f"line {line}, column {column + 1}"
