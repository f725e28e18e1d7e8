"""Load the settings: defaults, then a file, then the environment, then flags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from optimizer.config import files as settings_files
from optimizer.config.layers import KeyPath, Merged, flags, merge, variables
from optimizer.config.tree import DEFAULTS, Config, Entry, keys, sections
from optimizer.models.dataclass import dataclass
from optimizer.models.settings import Settings, plain

if TYPE_CHECKING:
    from pydantic import ValidationError

DEFAULT = "default"

Tree = TypeVar("Tree", bound=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The settings in force.

    Attributes:
        config: The settings.
        merged: What files, the environment and flags say.
        files: The settings files that were read.
        warnings: What was said and changes nothing, one sentence each.
    """

    config: Config
    merged: Merged
    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()

    @property
    def origins(self) -> Mapping[str, str]:
        """Where the value of each key is from.

        It is `default`, a file with the line where it is known, the name of an environment
        variable, or `--set`.
        """
        return {".".join(key.path): _origin(key.path, self.merged) for key in keys(self.config)}

    @property
    def sha256(self) -> str:
        """Hash of the settings, whatever they are from; stored with each decision."""
        return _sha256(self.config)


def load(
    *,
    start: Path,
    environ: Mapping[str, str],
    files: Sequence[Path] = (),
    overrides: Sequence[str] = (),
) -> Loaded:
    """Return the settings in force.

    Args:
        start: The working folder: where the search for a file begins.
        environ: The environment; `OPTIMIZER_INGEST__REDACT` sets `ingest.redact`.
        files: Files to read instead of searching; a later one wins.
        overrides: The `section.key=value` of the flags; a later one wins.

    Raises:
        ConfigError: A file, a variable or a flag is wrong.
    """
    start = start.resolve()
    used = _files(start, files)
    layers = [settings_files.read(path, start) for path in used]
    layers += [*variables(environ), *flags(overrides)]
    if not layers:
        return Loaded(config=Config(), merged=Merged({}), files=used)
    from optimizer.config.contradictions import refuse_contradictions  # noqa: PLC0415
    from optimizer.config.documents import translate  # noqa: PLC0415 - start-up time

    said = [translate(layer) for layer in layers]
    merged = merge([one.layer for one in said], sections(DEFAULTS))
    config = validated(Config, merged)
    refuse_contradictions(config, merged)
    return Loaded(
        config=config,
        merged=merged,
        files=used,
        warnings=tuple(warning for one in said for warning in one.warnings),
    )


def validated(tree: type[Tree], merged: Merged) -> Tree:
    """Return the tree with the given values.

    Raises:
        ConfigError: A value is not allowed or a key is unknown.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - start-up time

    from optimizer.config.faults import config_error, not_numbers  # noqa: PLC0415 - start-up time

    try:
        config = tree.model_validate(merged.values())
    except ValidationError as error:
        as_text = _as_text(error, merged)
        if as_text is None:
            raise config_error(error, merged, tree) from error
        return validated(tree, as_text)
    if misread := [key.path for key in keys(config) if _is_misread(key, merged)]:
        raise not_numbers(misread, merged)
    return config


def _files(start: Path, named: Sequence[Path]) -> tuple[Path, ...]:
    if named:
        return tuple(start / path for path in named)
    found = settings_files.discover(start)
    return (found,) if found else ()


def _origin(path: KeyPath, merged: Merged) -> str:
    layers = merged.layers(path)
    return layers[-1].origin + layers[-1].line(path) if layers else DEFAULT


def _as_text(error: ValidationError, merged: Merged) -> Merged | None:
    """Return the values with `3` or `true` as text again where a text is wanted, or None."""
    wanted = {detail["loc"] for detail in error.errors() if detail["type"] == "string_type"}
    texts = {
        path: replace(given, value=given.layer.text)
        for path, given in merged.given.items()
        if path in wanted and given.layer.text is not None
    }
    return Merged({**merged.given, **texts}) if texts else None


def _is_misread(key: Entry, merged: Merged) -> bool:
    """Tell whether a value is infinite or NaN, or a number made of true or false."""
    given = merged.given.get(key.path)
    if given is not None and isinstance(given.value, bool):
        return not isinstance(key.value, bool)
    try:
        json.dumps(key.value, default=plain, allow_nan=False)
    except ValueError:
        return True
    return False


def _sha256(config: Config) -> str:
    canonical = json.dumps(
        config.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
