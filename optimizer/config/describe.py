"""The settings as rows: key, value, where it is from, what it may be, what it is for."""

from __future__ import annotations

from optimizer.config.load import Loaded
from optimizer.config.schema import schema_of
from optimizer.config.tree import keys
from optimizer.models.dataclass import dataclass
from optimizer.models.settings import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting.

    Attributes:
        key: Its dotted name.
        value: Its value in JSON's terms.
        origin: Where the value is from, as in `Loaded`.
        allowed: What it may be, in words.
        description: What it is for.
    """

    key: str
    value: object
    origin: str
    allowed: str
    description: str


def settings_table(loaded: Loaded) -> list[Row]:
    """Return a row for each setting, in the order of the tree."""
    schema = schema_of(type(loaded.config))
    return [
        Row(
            key=(key := ".".join(entry.path)),
            value=plain(entry.value),
            origin=loaded.origins[key],
            allowed=schema.allowed(entry.path),
            description=entry.description,
        )
        for entry in keys(loaded.config)
    ]
