from __future__ import annotations

import json
from pathlib import Path

from optimizer.config.describe import Row, settings_table
from optimizer.config.load import load


def test_each_setting_is_a_row_in_the_order_of_the_tree(tmp_path: Path) -> None:
    loaded = load(start=tmp_path, environ={}, overrides=["ingest.max_faults=3"])
    rows = settings_table(loaded)
    assert [row.key for row in rows] == list(loaded.origins)
    found = next(row for row in rows if row.key == "ingest.max_faults")
    assert found == Row(
        key="ingest.max_faults",
        value=3,
        origin="--set",
        allowed="whole number, from 1 to 1000",
        description="How many faults of one file are listed.",
    )


def test_values_are_in_terms_of_json(tmp_path: Path) -> None:
    pattern = {"reason": "a", "kind": "api", "pattern": "x"}
    overrides = [f"ingest.failure_patterns=[{json.dumps(pattern)}]", "store.raw=none"]
    rows = settings_table(load(start=tmp_path, environ={}, overrides=overrides))
    values = {row.key: row.value for row in rows}
    assert values["ingest.failure_patterns"] == [pattern]
    assert values["ingest.redact_patterns"] == []
    assert json.dumps(values["store.raw"]) == '"none"'


def test_every_setting_says_what_it_is_and_what_it_may_be(tmp_path: Path) -> None:
    for row in settings_table(load(start=tmp_path, environ={})):
        assert row.description, f"{row.key} has no description"
        assert row.allowed, f"{row.key} does not say what it may be"
        assert "anything" not in row.allowed
