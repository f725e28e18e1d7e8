from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Optimizer = Callable[..., Any]


def test_lists_every_method_by_what_it_answers(optimizer: Optimizer) -> None:
    found = optimizer("stats")
    assert found.code == 0
    assert "Two rates, same cases" in found.out
    assert "  tango " in found.out


def test_describes_a_method_without_values(optimizer: Optimizer) -> None:
    found = optimizer("stats", "tango")
    assert found.code == 0
    for part in ("tango(b, c, n, level=0.95)", "Assumes", "Formula", "Not for", "Tango (1998)"):
        assert part in found.out
    assert optimizer("stats", "tango", "--json").json["signature"] == "tango(b, c, n, level=0.95)"


def test_runs_a_method_on_numbers(optimizer: Optimizer) -> None:
    found = optimizer("stats", "tango", "b=6", "c=16", "n=161", "level=0.95")
    assert found.code == 0
    assert "0.1240234325" in found.out


def test_json_is_the_record_with_every_digit(optimizer: Optimizer) -> None:
    found = optimizer("stats", "pooled_z", 4, 4, 4, 4, "--json").json
    assert found == {"format_version": 1, "statistic": None, "p_value": 1.0, "n": 8, "df": None}


def test_runs_a_method_on_columns(optimizer: Optimizer, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text("case,a,b\n1,1.0,1.5\n2,2.0,2.5\n3,4.0,5.0\n")
    found = optimizer("stats", "fieller", "first=@runs.csv:a", "second=@runs.csv:b", "--json")
    assert found.json["estimate"] == pytest.approx(9 / 7)


def test_runs_a_method_on_an_object(optimizer: Optimizer) -> None:
    given = json.dumps({"b": 6, "c": 16, "n": 161, "conf": 0.95})
    found = optimizer("stats", "tango", "--input", "-", "--json", stdin=given)
    assert found.json["high"] == pytest.approx(0.124, abs=6e-5)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["tnago"], "error: method 'tnago': unknown"),
        (["tango", "b=x", "c=1", "n=3"], 'error: tango: b: found "x", expected a whole number'),
        (["tango", "6"], "error: tango: c: missing, expected a whole number"),
        (["tango", "6", "16", "10"], "error: tango: b + c must be within 0 and n >= 1"),
        (["holm", "@none.csv:p"], "error: none.csv: cannot be read"),
    ],
)
def test_what_cannot_be_run_is_an_error_and_no_traceback(
    optimizer: Optimizer, args: list[str], message: str
) -> None:
    found = optimizer("stats", *args)
    assert found.code == 2
    assert found.err.startswith(message)
    assert "hint: " in found.err or "none.csv" in message
    assert "Traceback" not in found.err


def test_an_error_is_json_where_json_is_asked_for(optimizer: Optimizer) -> None:
    found = optimizer("stats", "tango", "6", "--json")
    assert found.code == 2
    assert found.json["error"]["kind"] == "ConfigError"
