"""Keeping versions of prompts and the ledger of held-out tests, each with its audit lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from optimizer.history import queries
from optimizer.history.audit import AuditLine, append_audit
from optimizer.history.queries.optimizing import prompt_text
from optimizer.history.store import History
from optimizer.models.dataclass import dataclass
from optimizer.models.errors import HistoryError
from optimizer.models.tasks import text_sha256
from optimizer.models.versions import Confirmation, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionAct:
    """All that one act changes.

    Attributes:
        new: Versions that were made by it.
        moved: Versions whose state changed, as they are now.
        looks: Looks at held-out cases that it rests on.
        lines: What the audit log says of it.
    """

    new: Sequence[Version] = ()
    moved: Sequence[Version] = ()
    looks: Sequence[Confirmation] = ()
    lines: Sequence[AuditLine] = ()


def record_versions(history: History, act: VersionAct) -> None:
    """Store an act; call it in the transaction in which its versions were read.

    Raises:
        HistoryError: Another text is stored under the hash of a version.
    """
    for version in act.new:
        keep_prompt(history, version.text)
        _insert(history, "prompt_versions", _version_row(version))
    for version in act.moved:
        _move(history, version)
    for look in act.looks:
        _insert(history, "confirmations", _look_row(look))
    append_audit(history, act.lines)


def keep_prompt(history: History, text: str) -> str:
    """Store the text of a prompt where it is not stored yet, and return its hash.

    Raises:
        HistoryError: Another text is stored under its hash.
    """
    sha256 = text_sha256(text)
    stored = prompt_text(history, sha256)
    if stored is None:
        _insert(history, "prompts", (sha256, text))
    elif stored != text:
        raise HistoryError(f"prompt {sha256[:12]}: another text is stored under its hash")
    return sha256


def _version_row(version: Version) -> tuple[object, ...]:
    """Return the values of a row of the table `prompt_versions`, in the order of its columns."""
    return (
        version.prompt_id,
        version.version,
        version.seq,
        version.parent,
        version.prompt_sha256,
        version.workflow_id,
        str(version.state),
        version.optimization_id,
        queries.stored_time(version.created_at),
        queries.stored_time(version.changed_at),
        _body(version),
    )


def _body(version: Version) -> str:
    """Return a version as JSON, without its text, which is in `prompts`."""
    return msgspec.json.encode(replace(version, text=""), order="sorted").decode()


def _move(history: History, version: Version) -> None:
    history.connection.execute(
        "UPDATE prompt_versions SET state = $state, changed_at = $changed_at, body = $body "
        "WHERE prompt_id = $prompt_id AND version = $version",
        {
            "state": str(version.state),
            "changed_at": queries.stored_time(version.changed_at),
            "body": _body(version),
            "prompt_id": version.prompt_id,
            "version": version.version,
        },
    )


def _look_row(look: Confirmation) -> tuple[object, ...]:
    """Return the values of a row of the table `confirmations`, in the order of its columns."""
    return (
        look.optimization_id,
        look.prompt_id,
        look.holdout_sha256,
        look.seq,
        look.champion_sha256,
        look.control_sha256,
        look.champion_run_id,
        look.control_run_id,
        look.alpha,
        look.p_value,
        look.verdict,
        look.n,
        look.estimate,
        look.low,
        look.high,
        queries.stored_time(look.looked_at),
        msgspec.json.encode(look, order="sorted").decode(),
    )


def _insert(history: History, table: str, row: tuple[object, ...]) -> None:
    with history.connection.appender(table) as appender:
        appender.append_row(*row)
