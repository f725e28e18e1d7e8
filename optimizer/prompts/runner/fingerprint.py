"""What tells one executor from another: results of one are not those of the other.

In it are the command as it was written, the ending of the prompt file, the seed where the command
asks for it by `{seed}`, and the content of every file that an argument names and that lies in the
folder where the command runs: an edited test script is another executor. An argument names a file
by its path, also behind a `=`, or by `-m package.module` or `package.module:function`.

Not in it are the modules that such a script imports, the environment, the settings of the runner
and the model behind it all: who changes one of those and wants new results begins a new
optimization under another command.
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
        "files": [(name, _sha256(path)) for name, path in _files(argv, cwd)],
    }
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


def _files(argv: Sequence[str], cwd: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a folder that arguments name."""
    for before, item in zip(("", *argv), argv, strict=False):
        paths = {cwd / name for name in (item, item.partition("=")[2]) if name}
        if before == "-m" or ":" in item:
            paths |= _modules(item.partition(":")[0], cwd)
        yield from ((item, path) for path in sorted(paths) if _lies_in(path, cwd))


def _modules(name: str, cwd: Path) -> set[Path]:
    """Return where a module would lie in a folder."""
    base = cwd.joinpath(*name.split("."))
    return {base.parent / f"{base.name}.py", base / "__init__.py", base / "__main__.py"}


def _lies_in(path: Path, folder: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):  # too long for a path, or not one at all
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
