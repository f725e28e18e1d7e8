"""Which test a result of promptfoo is of."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import msgspec

from executor_bridge.formats.promptfoo.rows import Row, is_nothing
from executor_bridge.outcomes import case_of_content
from optimizer.models.tasks import CaseSource

DESCRIPTION_CHARS = 60


def case_of(row: Row, *, contested: Container[int], by_position: bool) -> tuple[str, CaseSource]:
    """Return which test a result is of, and how that is known.

    Its id in `testCase.metadata.testCaseId` or `testCase.id`, else its description and variables,
    with its assertions where only those tell tests of the file apart, or where there is nothing
    else. Options, thresholds and providers of a test do not count.
    """
    test, said = row.test_case, row.said
    for given in (said.test_case_id, test and test.id):
        if given and isinstance(given, str):
            return given, CaseSource.GIVEN
    if by_position:
        return f"test {row.test_idx}", CaseSource.TASK
    content: dict[str, Any] = {}
    if description := _description(row):
        content["description"] = description
    if not is_nothing(row.case_vars):
        content["vars"] = msgspec.json.decode(row.case_vars)
    is_contested = bool(contested) and told_apart_by(row)[0] in contested
    if test is not None and (is_contested or not content) and not is_nothing(test.assertions):
        content["assert"] = msgspec.json.decode(test.assertions)
    return case_named(content), CaseSource.CONTENT


def case_named(content: Mapping[str, Any]) -> str:
    """Return the identity of a test by what makes it up, its description in front."""
    words = " ".join(str(content.get("description", "")).split())[:DESCRIPTION_CHARS]
    return f"{words} #{case_of_content(content)}" if words else case_of_content(content)


def told_apart_by(row: Row) -> tuple[int, int]:
    """Return numbers for a test without its assertions, and with them."""
    test = row.test_case
    plain = hash((_description(row), bytes(row.case_vars)))
    return plain, hash((plain, b"" if test is None else bytes(test.assertions)))


def has_given_case(row: Row) -> bool:
    """Tell whether the user named the test."""
    return bool(row.said.test_case_id or (row.test_case is not None and row.test_case.id))


def _description(row: Row) -> str | None:
    test = row.test_case
    return row.description if test is None else test.description
