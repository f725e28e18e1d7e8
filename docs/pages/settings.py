"""The page on the settings, and their tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from optimizer.config.describe import Row, settings_table
from optimizer.config.layers import KeyPath, Merged
from optimizer.config.load import Loaded
from optimizer.config.schema import schema_of
from optimizer.config.tree import DEFAULTS, Config, entries
from optimizer.models.settings import Settings
from pages.markdown import table


def settings() -> Iterator[str]:
    """Yield the page on the settings."""
    rows = {row.key: row for row in setting_rows()}
    yield "# Settings"
    yield (
        "The defaults are laid under a file, the file under the environment, the environment "
        "under `--set`. The file is the nearest `optimizer.toml`, `optimizer.yaml`, "
        "`optimizer.yml`, or `pyproject.toml` with a table `[tool.optimizer]`, from the working "
        "folder up to the one that holds `.git`; `--config` names another. A variable spells the "
        "dots of a key as two underscores: `OPTIMIZER_INGEST__REDACT` sets `ingest.redact`. "
        "`optimizer init` writes a file with every key commented out; "
        "`optimizer config show --origin` says where each value is from."
    )
    for entry in entries(DEFAULTS):
        name = ".".join(entry.path)
        if isinstance(entry.value, Settings):
            inside = [row for key, row in rows.items() if key.rpartition(".")[0] == name]
            yield f"## {name}"
            yield entry.description
            if inside:
                yield table_of_settings(inside)
                yield from _item_tables(inside)


def setting_rows() -> list[Row]:
    """Return every setting with its default."""
    return settings_table(Loaded(config=DEFAULTS, merged=Merged({}), files=()))


def table_of_settings(rows: Iterable[Row]) -> str:
    """Return settings as a table."""
    return table(
        ("Key", "Value", "Default", "Meaning"),
        [
            (
                f"`{row.key.rpartition('.')[2]}`",
                row.allowed,
                f"`{_toml(row.value)}`",
                row.description,
            )
            for row in rows
        ],
    )


def _item_tables(rows: Iterable[Row]) -> Iterator[str]:
    """Yield what the tables in a list hold, for each setting that is such a list."""
    known = schema_of(Config)
    for row in rows:
        item: KeyPath = (*row.key.split("."), 0)
        fields = known.fields(item)
        if fields:
            yield f"Each of `{row.key.rpartition('.')[2]}` is a table:"
            yield table(
                ("Key", "Value", "Meaning"),
                [
                    (f"`{name}`", known.allowed((*item, name)), text)
                    for name, text in fields.items()
                ],
            )


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)
