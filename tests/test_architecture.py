"""The import directions of the house, as a test."""

from __future__ import annotations

from importlinter.cli import lint_imports


def test_the_import_contracts_hold() -> None:
    assert lint_imports() == 0
