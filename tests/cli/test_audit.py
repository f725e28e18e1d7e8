from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

SAMPLES = Path(__file__).parents[2] / "sample_runs" / "native"
STORE = "history.duckdb"


@pytest.fixture
def decided(optimizer: Callable[..., Any]) -> Callable[..., Any]:
    """The program in a folder in which a decision was made and rejected."""
    said = {"OPTIMIZER_STORE": STORE}
    optimizer("ingest", SAMPLES / "sentiment-vague.json", **said)
    optimizer("decide", "-w", "sentiment", **said)
    optimizer("reject", "latest", "--by", "ann", "--why", "not now", **said)
    return lambda *args: optimizer(*args, **said)


def test_the_first_line_says_that_the_chain_is_whole(decided: Callable[..., Any]) -> None:
    first = decided("audit").out.split("\n")[0]
    assert first.startswith("The audit log is whole: ")


def test_lines_are_chosen_by_who_and_when(decided: Callable[..., Any]) -> None:
    everything = decided("audit", "--json").json["items"]
    own = decided("audit", "--actor", "ann", "--json").json["items"]
    assert own == [one for one in everything if one["actor"] == "ann"]
    assert decided("audit", "--until", "2020-01-01", "--json").json["items"] == []
    assert decided("audit", "--since", "2020-01-01", "--json").json["items"] == everything
    assert "No line matches what was asked for." in decided("audit", "--actor", "nobody").out


def test_a_part_of_the_log_still_says_that_the_whole_was_changed(
    decided: Callable[..., Any], tmp_path: Path
) -> None:
    with duckdb.connect(tmp_path / STORE) as connection:
        connection.execute("UPDATE audit_log SET actor = 'eve' WHERE seq = 1")
    found = decided("audit", "--actor", "ann", "-o", "log.html")
    assert found.code == 0
    assert found.out.startswith("The audit log was changed: line 1 of ")
    assert "The audit log was changed" in (tmp_path / "log.html").read_text(encoding="utf-8")


def test_verifying_takes_the_whole_log(decided: Callable[..., Any]) -> None:
    refused = decided("audit", "verify", "--actor", "ann")
    assert refused.code == 2
    assert "leave out what selects some" in refused.err
