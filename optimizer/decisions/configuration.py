"""The configuration of a workflow: canonical JSON, moved by the changes of decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from optimizer.models.decisions import Decision, accepted
from optimizer.models.errors import HistoryError, TransitionError
from optimizer.models.lifecycle import PatchOp
from optimizer.models.nearest import as_word
from optimizer.models.proposals import EXPLORATORY, Change, DecisionType
from optimizer.models.summaries import WindowSummary
from optimizer.models.switching import parameters_of

Document = dict[str, Any]

INERT = EXPLORATORY | {DecisionType.CONCLUDE_EXPERIMENT, DecisionType.CIRCUIT_BREAK}
"""Types whose changes are not of the configuration of the workflow."""

PARTS = ("variant", "model", "provider", "prompt_sha256")
"""What a variant is, beside its parameters."""

RECORDED = frozenset({*PARTS, "parameters"})
"""Settings that every run records, so that a proposal knows them."""


def initial(current: WindowSummary) -> str:
    """Return the configuration that is in use where none was put in force yet."""
    return canonical({name: getattr(current, name) for name in PARTS} | _parameters(current))


def changed(body: str, decision: Decision) -> str:
    """Return the configuration that a decision makes of another one.

    Raises:
        TransitionError: The decision was made on another configuration, or two of its proposals
            move one setting to different values.
    """
    document = decoded(body)
    changes = list(changes_of(decision))
    wanted: dict[str, Any] = {}
    for change in changes:
        _require_old(document, change, decision)
        if canonical(wanted.setdefault(change.setting, change.new)) != canonical(change.new):
            raise TransitionError(
                f"decision {decision.decision_id}: two proposals move {change.setting}, to "
                f"{wanted[change.setting]!r} and {change.new!r}, expected one value",
                hint="Reject it and decide with one of the strategies.",
            )
    if "variant" in wanted:
        document |= _parts_of_variant(decision, wanted)
    for setting, value in wanted.items():
        _set(document, setting, value)
    return canonical(document)


def changes_of(decision: Decision) -> Iterator[Change]:
    """Yield the changes that a decision makes to the configuration of its workflow."""
    for proposal in accepted(decision):
        if proposal.type not in INERT:
            yield from proposal.changes


def patch(before: str, after: str) -> tuple[PatchOp, ...]:
    """Return the JSON patch (RFC 6902) that makes one configuration of another.

    Each value that is replaced or removed is tested first, so that the patch does not apply to
    any other configuration.
    """
    return tuple(_operations(decoded(before), decoded(after), ""))


def difference(before: str, after: str) -> tuple[Change, ...]:
    """Return the settings that differ between two configurations, by path."""
    old, new = _flat(decoded(before)), _flat(decoded(after))
    return tuple(
        Change(setting=path, old=old.get(path), new=new.get(path))
        for path in sorted(old.keys() | new.keys())
        if canonical(old.get(path)) != canonical(new.get(path))
    )


def canonical(document: object) -> str:
    """Return a document as canonical JSON: sorted keys, no spaces."""
    return msgspec.json.encode(document, order="sorted").decode()


def decoded(body: str) -> Document:
    """Return a configuration as a document.

    Raises:
        HistoryError: It is none: what is stored is damaged.
    """
    try:
        found: Document = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise HistoryError(
            f"configuration: what is stored of it cannot be decoded: {error}",
            hint="See with 'optimizer doctor' what else is damaged.",
        ) from error
    return found


def sha256_of(body: str) -> str:
    """Return the hash of a configuration."""
    return hashlib.sha256(body.encode()).hexdigest()


def _parameters(window: WindowSummary) -> Document:
    return {"parameters": parameters_of(window) if window.parameters else None}


def _parts_of_variant(decision: Decision, wanted: Mapping[str, Any]) -> Document:
    """Return what else changes with the variant, where only one bears the label."""
    windows = [one for one in (decision.current, *decision.others) if one is not None]
    named = [one for one in windows if one.variant == wanted["variant"]]
    fitting = [
        one for one in named if all(getattr(one, n) == wanted[n] for n in PARTS if n in wanted)
    ]
    if len(fitting) != 1:
        return {}
    return decoded(initial(fitting[0]))


def _require_old(document: Document, change: Change, decision: Decision) -> None:
    """Refuse a change to a setting that is no longer what it was when it was proposed.

    What no run records, as the settings of a cache, may be in force unknown to who proposes.
    """
    found = _get(document, change.setting)
    is_recorded = change.setting.partition(".")[0] in RECORDED
    if found is None or canonical(found) == canonical(change.old):
        return
    if change.old is None and not is_recorded:
        return
    raise TransitionError(
        f"decision {decision.decision_id}: {change.setting} is {found!r} now, expected "
        f"{change.old!r} as when it was decided",
        hint=f"Decide again: 'optimizer decide --workflow {as_word(decision.workflow_id)}'.",
    )


def _get(document: Document, setting: str) -> Any:
    section, dot, name = setting.partition(".")
    found = document.get(section)
    if not dot:
        return found
    return found.get(name) if isinstance(found, dict) else None


def _set(document: Document, setting: str, value: Any) -> None:
    section, dot, name = setting.partition(".")
    if not dot:
        document[section] = value
        return
    inner = document.get(section)
    held = dict(inner) if isinstance(inner, dict) else {}
    held[name] = value
    document[section] = {key: one for key, one in held.items() if one is not None}


def _operations(old: Document, new: Document, path: str) -> Iterator[PatchOp]:
    for key in sorted(old.keys() | new.keys()):
        place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in old:
            yield {"op": "add", "path": place, "value": new[key]}
        elif canonical(old[key]) == canonical(new.get(key)) and key in new:
            continue
        elif isinstance(old[key], dict) and isinstance(new.get(key), dict):
            yield from _operations(old[key], new[key], place)
        else:
            yield {"op": "test", "path": place, "value": old[key]}
            if key in new:
                yield {"op": "replace", "path": place, "value": new[key]}
            else:
                yield {"op": "remove", "path": place}


def _flat(document: Document) -> Document:
    found: Document = {}
    for key, value in document.items():
        if isinstance(value, dict):
            found |= {f"{key}.{name}": one for name, one in value.items()}
        else:
            found[key] = value
    return found
