"""Settings files: finding the nearest one, and reading one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from optimizer.config import toml_text, yaml_text
from optimizer.config.layers import Layer
from optimizer.models.errors import MAY_NOT_READ, ConfigError

PYPROJECT = "pyproject.toml"
NAMES = ("optimizer.toml", "optimizer.yaml", "optimizer.yml", PYPROJECT)
TABLE = ("tool", "optimizer")
PARSERS = {".toml": toml_text.parse, ".yaml": yaml_text.parse, ".yml": yaml_text.parse}


def discover(start: Path) -> Path | None:
    """Return the settings file of the nearest folder that has one, or None.

    The search goes from `start` up to the folder that holds `.git`, or to the root. A
    `pyproject.toml` counts when it has a table `[tool.optimizer]`.

    Raises:
        ConfigError: One folder holds two of them.
    """
    for folder in (start, *start.parents):
        found = [folder / name for name in NAMES if _holds_settings(folder / name, start)]
        if len(found) > 1:
            names = " and ".join(path.name for path in found)
            raise ConfigError(
                f"{folder}: {names}, expected one settings file", hint="Keep one of them."
            )
        if found:
            return found[0]
        if (folder / ".git").exists():
            return None
    return None


def read(path: Path, start: Path) -> Layer:
    """Return what a settings file says.

    Args:
        path: The file.
        start: Messages name files below this folder relative to it.

    Raises:
        ConfigError: The file cannot be read, is broken, or holds no settings.
    """
    label = _label(path, start)
    if path.suffix not in PARSERS:
        expected = ", ".join(PARSERS)
        raise ConfigError(f"{label}: unknown kind of file, expected one of {expected}")
    text = _text(_content(path, label), label)
    layer = PARSERS[path.suffix](text, origin=str(path), label=label)
    return _below_table(layer) if path.name == PYPROJECT else layer


def _holds_settings(path: Path, start: Path) -> bool:
    if path.name != PYPROJECT or not path.is_file():
        return path.is_file()
    label = _label(path, start)
    content = _content(path, label)
    if TABLE[-1].encode() not in content:
        return False
    layer = toml_text.parse(_text(content, label), origin=str(path), label=label)
    return _table(layer) is not None


def _table(layer: Layer) -> object:
    tool = layer.values.get(TABLE[0])
    return tool.get(TABLE[1]) if isinstance(tool, dict) else None


def _below_table(layer: Layer) -> Layer:
    table = _table(layer)
    if not isinstance(table, dict):
        raise ConfigError(f"{layer.label}: no settings, expected a table [{'.'.join(TABLE)}]")
    below = len(TABLE)
    lines = {path[below:]: line for path, line in layer.lines.items() if path[:below] == TABLE}
    return replace(layer, values=table, lines=lines)


def _label(path: Path, start: Path) -> str:
    return str(path.relative_to(start) if path.is_relative_to(start) else path)


def _content(path: Path, label: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        found = (error.strerror or str(error)).lower()
        hint = MAY_NOT_READ if isinstance(error, PermissionError) else None
        raise ConfigError(f"{label}: {found}, expected a settings file", hint=hint) from error


def _text(content: bytes, label: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        raise ConfigError(f"{label}:{line}: byte 0x{byte:02x}, expected UTF-8 text") from error
