"""What every SARIF 2.1.0 log has in common.

Paths are relative to the folder that the command ran in; columns count characters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"


def log_of(run: Mapping[str, Any]) -> str:
    """Return a log of one run."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def artifact_of(path: str) -> dict[str, str]:
    """Return a file as a log names it."""
    return {"uri": uri(path)} | ({} if _is_elsewhere(path) else {"uriBaseId": ROOT})


def uri(path: str) -> str:
    """Return a path as a URI reference."""
    text = quote(PurePath(path).as_posix(), errors="replace")
    return f"file://{text}" if _is_elsewhere(path) else text


def _is_elsewhere(path: str) -> bool:
    return PurePath(path).is_absolute()
