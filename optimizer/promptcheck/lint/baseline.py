"""The file of known findings: what was there when the linter came, and is not reported."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from optimizer.models.errors import ConfigError
from optimizer.models.linting import PlacedFinding
from optimizer.models.tasks import text_sha256

FORMAT_VERSION = 1
HASH_CHARS = 16
WRITE_ONE = "Write one with 'optimizer lint PATH --write-baseline FILE'."

Known = Counter[str]
"""How often each fingerprint is known."""


def fingerprint(rule_id: str, prompt_id: str, lines: str) -> str:
    """Return what a finding is known by: its rule, its prompt and the lines it stands in."""
    words = " ".join(lines.split())
    return text_sha256(f"{rule_id}\n{prompt_id}\n{words}")[:HASH_CHARS]


def baseline_text(findings: Iterable[PlacedFinding]) -> str:
    """Return a baseline file that lists the findings."""
    found = sorted((f.prompt_id, f.finding.rule_id, f.fingerprint) for f in findings)
    listed = [
        {"prompt": prompt, "rule": rule, "hash": hash_, "n": n}
        for (prompt, rule, hash_), n in Counter(found).items()
    ]
    return json.dumps({"format_version": FORMAT_VERSION, "findings": listed}, indent=2) + "\n"


def known_findings(path: str, text: str) -> Known:
    """Return what a baseline file lists.

    Raises:
        ConfigError: It is not a baseline file.
    """
    try:
        content = json.loads(text)
        return Counter({entry["hash"]: int(entry["n"]) for entry in content["findings"]})
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{path}: line {error.lineno}: {error.msg}, expected a baseline of the linter",
            hint=WRITE_ONE,
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ConfigError(
            f"{path}: found other JSON, expected a baseline of the linter with its findings",
            hint=WRITE_ONE,
        ) from error
