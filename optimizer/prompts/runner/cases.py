"""Test cases as the user's file has them: a JSON list, or an object to a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from optimizer.models.errors import Fault, FormatError
from optimizer.models.optimization import Case
from optimizer.models.tasks import content_case_id
from optimizer.prompts.runner.harmless import tail

ID_FIELDS = ("case_id", "id", "task_id")
"""Where the name of a case is looked for, the first that is there."""

SCENARIOS = ("normal", "boundary", "error", "custom")
FOUND_CHARS = 60
MAX_FAULTS = 20
BOM = b"\xef\xbb\xbf"


def read_cases(path: Path) -> tuple[Case, ...]:
    """Return the cases in a file, in its order.

    A case without a name gets one from its content. What a case holds is data, whatever it says.

    Raises:
        FormatError: The file cannot be read, holds no cases, a line or an element is no case, or
            two cases have one name; the error names file, place and field.
    """
    name = str(path)
    try:
        content = path.read_bytes().removeprefix(BOM)
    except OSError as error:
        raise FormatError(
            name, (Fault(place="file", found=error.strerror, expected="a file of test cases"),)
        ) from error
    faults: list[Fault] = []
    cases: dict[str, Case] = {}
    places: dict[str, str] = {}
    for place, value in _values(content, faults):
        case = _case(place, value, faults)
        if case is None:
            continue
        if case.case_id in cases:
            expected = f"another name than in {places[case.case_id]}"
            faults.append(Fault(place=place, found=_shown(case.case_id), expected=expected))
            continue
        cases[case.case_id], places[case.case_id] = case, place
    if not cases and not faults:
        faults.append(Fault(place="file", found="no cases", expected="at least one"))
    if faults:
        raise FormatError(
            name,
            tuple(faults[:MAX_FAULTS]),
            n_more=max(0, len(faults) - MAX_FAULTS),
            hint='Cases are JSON objects, one to a line or in a list: {"case_id": "c1", ...}.',
        )
    return tuple(cases.values())


def _values(content: bytes, faults: list[Fault]) -> Iterator[tuple[str, Any]]:
    """Yield what stands in a file, with its place: list elements, else lines."""
    try:
        whole = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if content.lstrip().startswith(b"["):
            faults.append(Fault(place="file", found=tail(str(error)), expected="a JSON list"))
            return
        yield from _lines(content, faults)
        return
    if isinstance(whole, list):
        yield from ((f"[{n}]", value) for n, value in enumerate(whole))
    else:
        yield "line 1", whole


def _lines(content: bytes, faults: list[Fault]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            faults.append(
                Fault(place=f"line {number}", found=tail(str(error)), expected="a JSON object")
            )


def _case(place: str, value: Any, faults: list[Fault]) -> Case | None:
    if not isinstance(value, dict):
        faults.append(Fault(place=place, found=_shown(value), expected="a JSON object"))
        return None
    field = next((field for field in ID_FIELDS if value.get(field) is not None), None)
    body = msgspec.json.encode(value, order="sorted")
    if field is None:
        case_id = content_case_id(None, body)
    elif isinstance(value[field], str | int) and not isinstance(value[field], bool):
        case_id = str(value[field])
    else:
        case_id = ""
    if not case_id.strip():
        expected = "a text or a whole number"
        faults.append(
            Fault(place=f"{place}.{field}", found=_shown(value[str(field)]), expected=expected)
        )
        return None
    scenario = _scenario(place, value, faults)
    return Case(case_id=case_id, body=body.decode(), scenario=scenario) if scenario else None


def _scenario(place: str, value: Mapping[str, Any], faults: list[Fault]) -> str:
    """Return the scenario of a case: normal where it names none, custom where it has its own."""
    scenario = value.get("scenario")
    if scenario is None:
        return SCENARIOS[0]
    if isinstance(scenario, str):
        return scenario if scenario in SCENARIOS else SCENARIOS[-1]
    faults.append(Fault(place=f"{place}.scenario", found=_shown(scenario), expected="a text"))
    return ""


def _shown(value: object) -> str:
    return tail(msgspec.json.encode(value).decode(), FOUND_CHARS)
