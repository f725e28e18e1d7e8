from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.decisions.configuration import (
    canonical,
    changed,
    decoded,
    difference,
    patch,
    sha256_of,
)
from optimizer.models.errors import TransitionError
from optimizer.models.proposals import DecisionType

BODY = canonical(
    {
        "variant": "a",
        "model": "m",
        "provider": None,
        "prompt_sha256": "p",
        "parameters": {"temperature": 0.7, "top_p": 1},
    }
)

NAMES = st.text(st.sampled_from("ab~/."), min_size=1, max_size=3)
VALUES = st.none() | st.booleans() | st.integers(-9, 9) | st.text("xy", max_size=2)
DOCUMENTS = st.dictionaries(NAMES, VALUES | st.dictionaries(NAMES, VALUES, max_size=3), max_size=4)


def patched(document: dict[str, Any], operations: Any) -> dict[str, Any]:
    """RFC 6902, as far as objects go."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    for operation in operations:
        *way, last = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        place = found
        for part in way:
            place = place[part]
        match operation["op"]:
            case "test":
                assert place[last] == operation["value"]
            case "add" | "replace":
                assert (last in place) == (operation["op"] == "replace")
                place[last] = operation["value"]
            case "remove":
                del place[last]
    return found


def test_canonical_json_has_one_form() -> None:
    assert canonical({"b": 1, "a": {"d": None, "c": 0.5}}) == '{"a":{"c":0.5,"d":null},"b":1}'


def test_a_change_moves_one_setting_and_nothing_else(make: Any) -> None:
    decision = make.decision(make.proposal(make.change("parameters.temperature", 0.7, 0.2)))
    after = changed(BODY, decision)
    assert decoded(after) == decoded(BODY) | {"parameters": {"temperature": 0.2, "top_p": 1}}
    assert [(one.setting, one.old, one.new) for one in difference(BODY, after)] == [
        ("parameters.temperature", 0.7, 0.2)
    ]
    assert patch(BODY, after) == (
        {"op": "test", "path": "/parameters/temperature", "value": 0.7},
        {"op": "replace", "path": "/parameters/temperature", "value": 0.2},
    )


def test_a_setting_that_was_not_there_is_added_and_one_without_value_is_removed(
    make: Any,
) -> None:
    added = changed(BODY, make.decision(make.proposal(make.change("cache.ttl_s", None, 60))))
    assert decoded(added)["cache"] == {"ttl_s": 60}
    removed = changed(added, make.decision(make.proposal(make.change("parameters.top_p", 1, None))))
    assert decoded(removed)["parameters"] == {"temperature": 0.7}
    assert {"op": "remove", "path": "/parameters/top_p"} in patch(added, removed)


@pytest.mark.parametrize(
    "type_", [DecisionType.ALERT, DecisionType.START_EXPERIMENT, DecisionType.CONCLUDE_EXPERIMENT]
)
def test_what_changes_nothing_in_force_leaves_it_byte_for_byte(
    make: Any, type_: DecisionType
) -> None:
    decision = make.decision(make.proposal(make.change("variant", "a", "b"), type=type_))
    assert changed(BODY, decision) == BODY


def test_a_decision_made_on_another_configuration_is_refused(make: Any) -> None:
    decision = make.decision(make.proposal(make.change("variant", "z", "b")))
    with pytest.raises(TransitionError, match="variant is 'a' now, expected 'z'"):
        changed(BODY, decision)


def test_what_no_run_records_may_be_in_force_unknown_to_a_proposal(make: Any) -> None:
    body = changed(BODY, make.decision(make.proposal(make.change("cache.ttl_s", None, 60))))
    again = make.decision(make.proposal(make.change("cache.ttl_s", None, 90)))
    assert decoded(changed(body, again))["cache"] == {"ttl_s": 90}
    stale = make.decision(make.proposal(make.change("cache.ttl_s", 30, 90)))
    with pytest.raises(TransitionError, match=r"cache.ttl_s is 60 now, expected 30"):
        changed(body, stale)
    unknown = make.decision(make.proposal(make.change("parameters.temperature", None, 0.1)))
    with pytest.raises(TransitionError, match=r"parameters.temperature is 0.7 now"):
        changed(body, unknown)


def test_two_values_for_one_setting_are_refused(make: Any) -> None:
    decision = make.decision(
        make.proposal(make.change("model", "m", "x")), make.proposal(make.change("model", "m", "y"))
    )
    with pytest.raises(TransitionError, match="two proposals move model"):
        changed(BODY, decision)


@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_makes_the_one_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    operations = patch(canonical(before), canonical(after))
    assert canonical(patched(before, operations)) == canonical(after)
    assert (operations == ()) == (canonical(before) == canonical(after))


@given(DOCUMENTS)
def test_the_hash_tells_the_bytes(document: dict[str, Any]) -> None:
    body = canonical(document)
    assert sha256_of(body) == sha256_of(canonical(dict(reversed(document.items()))))
    assert sha256_of(body) != sha256_of(body + " ")
