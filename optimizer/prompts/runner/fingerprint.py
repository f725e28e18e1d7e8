"""What tells one executor from another: results of one are not those of the other.

In it are the command as it was written, the ending of the prompt file, the seed where the command
asks for it by `{seed}`, and the content of every file that an argument names (also behind a `=`,
also as `-m package.module` and `package.module:function`) and that lies in the folder where the command runs: an edited test
script is another executor. Not in it are the modules that such a script imports, the
environment, and the model behind it: who changes those begins a new optimization.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec


def fingerprint(command: str, argv: Sequence[str], *, cwd: Path, suffix: str, seed: int) -> str:
    """Return the fingerprint of a command."""
    said = {
        "command": command,
        "suffix": suffix,
        "seed": seed if any("{seed}" in item for item in argv) else None,
        "files": {name: _sha256(path) for name, path in sorted(_files(argv, cwd))},
    }
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _files(argv: Sequence[str], cwd: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder that arguments name."""
    for before, item in zip(("", *argv), argv, strict=False):
        is_module = before == "-m" or ":" in item
        if is_module and (module := _module(item.partition(":")[0], cwd)):
            yield item, module
        for name in {item, item.partition("=")[2]} - {""}:
            path = cwd / name
            try:
                if path.is_file() and path.resolve().is_relative_to(cwd.resolve()):
                    yield name, path
            except (OSError, ValueError):  # too long for a path, or not one at all
                continue


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _module(name: str, cwd: Path) -> Path | None:
    """Return the file of a module that lies in a folder, or None where it is elsewhere."""
    base = cwd.joinpath(*name.split("."))
    candidates = (base.with_suffix(".py"), base / "__init__.py", base / "__main__.py")
    return next((path for path in candidates if path.is_file()), None)
