"""Which suites of a JUnit report are one run, and what the runs are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from executor_bridge.formats.junit_xml.cases import is_of_promptfoo
from executor_bridge.formats.junit_xml.report import Report, Suite

JUNIT, PROMPTFOO = "junit", "promptfoo"
"""What runs are called whose report has no name, and all that promptfoo wrote."""

SHARED_RATE = 0.5
"""Above this share of tests that are in several suites, these are runs of the same tests."""


def groups_of(report: Report) -> list[list[Suite]]:
    """Return the suites of each run: all are one unless they hold the same tests.

    Playwright runs the same files for several projects, which it calls hosts.
    """
    suites = [suite for suite in report.suites if suite.tests]
    uses = Counter(
        chain.from_iterable(
            {(test.classname, test.name) for test in suite.tests} for suite in suites
        )
    )
    n_shared = sum(n > 1 for n in uses.values())
    if n_shared <= SHARED_RATE * len(uses) and not any(map(is_of_promptfoo, suites)):
        return [suites] if suites else []
    hosts: dict[str, list[Suite]] = {}
    for suite in suites:
        hosts.setdefault(suite.host, []).append(suite)
    is_by_host = len(hosts) > 1 and max(map(len, hosts.values())) > 1
    return [*hosts.values()] if is_by_host else [[suite] for suite in suites]


def numbered(groups: Sequence[list[Suite]]) -> Iterator[tuple[int | None, list[Suite]]]:
    """Yield groups with their numbers, None for one that is alone."""
    for n, group in enumerate(groups, 1):
        yield (n if len(groups) > 1 else None), group


def name_of(suites: Sequence[Suite], report: Report, part: int | None) -> str:
    """Return what a run is called: as its suite, its part of a report, or the report."""
    own = suites[0].name if len(suites) == 1 else suites[0].host if part else None
    return own or report.name or JUNIT


def workflow_of(suites: Sequence[Suite], report: Report, part: int | None) -> str:
    """Return what was tested: where parts of a report hold the same tests, what all have."""
    if is_of_promptfoo(suites[0]):
        return PROMPTFOO
    return (report.name or JUNIT) if part else name_of(suites, report, part)


def missing(suites: Sequence[Suite]) -> Iterator[str]:
    """Say so where suites count more tests than they list; pytest counts broken ones twice."""
    promised = [suite for suite in suites if suite.n_tests is not None]
    n_promised = sum(suite.n_tests or 0 for suite in promised)
    n_listed = sum(len(suite.tests) for suite in promised)
    n_twice = sum(
        one.is_error for suite in promised for test in suite.tests for one in test.verdicts
    )
    if n_promised > n_listed + n_twice:
        yield f"the report counts {n_promised} tests, of which it lists {n_listed}"
