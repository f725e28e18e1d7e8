"""Which case a test of a JUnit report is, how often it was tried, and how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import structs

from executor_bridge.formats.junit_xml.report import SCORED, Report, Suite, Test, Verdict
from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import CaseSource

PYTEST_REPORT, PYTEST_SUITE = "pytest tests", "pytest"
"""What pytest calls its report, and a suite that the user gave no name."""

PROMPT_SUITE = re.compile(r"\[(?P<provider>.*)\] prompt \d+$", re.DOTALL)
"""Name of a suite that promptfoo wrote."""

NUMBERED = re.compile(r"test \d+(?:: |$)")
"""What promptfoo puts before the description of a test."""

REPEATED = re.compile(r"(?P<name>.*)(?P<open>\[|-)(?P<n>\d+)-(?P<of>\d+)\]$", re.DOTALL)
"""Name of a test that pytest-repeat made of another."""

CLEAN_UP = re.compile(r"(?:failed on|test) teardown")
"""What the message of an error begins with where pytest could not clean up after a test."""

TIMED_OUT = re.compile(r"timed? ?out", re.IGNORECASE)
TIMEOUT_RAISED = re.compile(r"(?:Failed: )?[\w.]*Timeout")
"""What the message of a failure begins with where the test did not get to its assertion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """A test with all its attempts.

    Attributes:
        place: Where its last attempt stands in its suite, counted from 1.
        test: Its last attempt.
        n_attempts: How often it was tried.
        case_id: Which case it is.
        case_source: How that is known.
        repeat: Which repetition of the case, counted from 0; None where it does not say.
    """

    place: int
    test: Test
    n_attempts: int
    case_id: str
    case_source: CaseSource
    repeat: int | None


def is_of_promptfoo(suite: Suite) -> bool:
    """Tell whether promptfoo wrote a suite."""
    return PROMPT_SUITE.match(suite.name) is not None


def attempted(suite: Suite, report: Report) -> Iterator[Attempted]:
    """Yield the tests of a suite that were not skipped, attempts of one test taken together."""
    ended = [*_ended(suite, is_pytest=report.name == PYTEST_REPORT or suite.name == PYTEST_SUITE)]
    repeats = _repeats([test.name for _, test, _ in ended])
    is_promptfoo = is_of_promptfoo(suite)
    for place, test, n_attempts in ended:
        said = test.properties.get("repeat", "")
        name, repeat = repeats.get(test.name, (test.name, None))
        if said.isdecimal():
            name, repeat = _without(test.name, said), int(said)
        case_id, source = _case(test, name, is_promptfoo=is_promptfoo)
        yield Attempted(
            place=place,
            test=test,
            n_attempts=n_attempts,
            case_id=case_id,
            case_source=source,
            repeat=repeat,
        )


def status_of(test: Test) -> str:
    """Return the state of a task: what was asserted and did not hold is a failure."""
    failures = [verdict for verdict in test.verdicts if not verdict.is_error]
    if failures:
        raised = any(TIMEOUT_RAISED.match(verdict.message) for verdict in failures)
        return "timeout" if raised else "failed"
    if test.verdicts:
        late = any(TIMED_OUT.search(verdict.message) for verdict in test.verdicts)
        return "timeout" if late else "error"
    return "succeeded"


def message_of(test: Test) -> str | None:
    """Return why a test did not pass, or None where that is not told."""
    return "; ".join(filter(None, map(_reason, test.verdicts))) or None


def _reason(verdict: Verdict) -> str:
    """Return a message, with the assertions that promptfoo lists under it."""
    lines = verdict.text.removeprefix(SCORED).splitlines()
    listed = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    return f"{verdict.message}: {', '.join(listed)}" if listed else verdict.message


def _ended(suite: Suite, *, is_pytest: bool) -> Iterator[tuple[int, Test, int]]:
    """Yield how each test ended, with its place and how often it was tried.

    pytest names no two tests alike, and where a suite counts fewer tests than it lists some are
    listed twice: pytest-rerunfailures lists every attempt, without the failure that led to the
    next one.
    """
    tests = [(n, test) for n, test in enumerate(suite.tests, 1) if not test.is_skipped]
    by_name: dict[tuple[str, str], list[tuple[int, Test]]] = {}
    for place, test in tests:
        by_name.setdefault((test.classname, test.name), []).append((place, test))
    if is_pytest or (suite.n_tests is not None and suite.n_tests < len(tests)):
        yield from map(_last, by_name.values())
        return
    for place, test in tests:
        yield place, test, 1 + test.n_reruns


def _last(attempts: Sequence[tuple[int, Test]]) -> tuple[int, Test, int]:
    """Return the last attempt; its failure and the error of its clean-up are listed apart."""
    place, last = attempts[-1]
    before = attempts[-2][1] if len(attempts) > 1 else None
    if before is None or not before.verdicts or not _is_clean_up(last):
        return place, last, len(attempts) + last.n_reruns
    verdicts = [*before.verdicts, *last.verdicts]
    return place, structs.replace(before, verdicts=verdicts), len(attempts) - 1 + last.n_reruns


def _is_clean_up(test: Test) -> bool:
    """Tell whether all that is said of a test is that cleaning up after it broke."""
    said = [verdict.is_error and CLEAN_UP.match(verdict.message) for verdict in test.verdicts]
    return bool(said) and all(said)


def _repeats(names: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return the names that pytest-repeat made, as the name of the test and which repeat.

    A name such as `x[1-3]` may as well stand for two parameters, so all three must be there.
    """
    found: dict[tuple[str, int], dict[int, str]] = {}
    for name in names:
        if match := REPEATED.match(name):
            base = match["name"] + ("]" if match["open"] == "-" else "")
            found.setdefault((base, int(match["of"])), {})[int(match["n"])] = name
    return {
        name: (base, n - 1)
        for (base, of), by_n in found.items()
        if of > 1 and len(by_n) == of and sorted(by_n) == [*range(1, of + 1)]
        for n, name in by_n.items()
    }


def _without(name: str, repeat: str) -> str:
    """Return the name of a test without the parameter that says which repeat it is."""
    for end in (f"-{repeat}]", f"[{repeat}]"):
        if name.endswith(end):
            return name.removesuffix(end) + ("]" if end.startswith("-") else "")
    return name.replace(f"[{repeat}-", "[", 1)


def _case(test: Test, name: str, *, is_promptfoo: bool) -> tuple[str, CaseSource]:
    """Return which case a test is, and how that is known."""
    if said := test.properties.get("case_id"):
        return said, CaseSource.GIVEN
    if is_promptfoo:
        described = NUMBERED.sub("", name, count=1)
        return (described, CaseSource.GIVEN) if described else (name, CaseSource.TASK)
    return f"{test.classname}::{name}" if test.classname else name, CaseSource.GIVEN
