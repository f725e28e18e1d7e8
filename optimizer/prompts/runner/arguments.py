"""The user's command as arguments: split once, filled in for each call, read by no shell."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError
from optimizer.prompts.runner.harmless import tail

NAMES = ("prompt_file", "cases_file", "out", "replicate", "seed")
IN_BRACES = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
ALIKE = 0.6
"""How much a name must be like one of ours to be taken for a slip of the pen, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blanks:
    """What the blanks of a command are filled in with.

    Attributes:
        prompt_file: File with the prompt, in UTF-8.
        cases_file: File with a JSON list of the cases to run.
        out: File that the results are to be written to.
        replicate: Which repetition this is.
        seed: Decides everything random.
    """

    prompt_file: Path
    cases_file: Path
    out: Path
    replicate: int
    seed: int

    def values(self) -> Mapping[str, str]:
        """Return what stands for each name."""
        return {name: str(getattr(self, name)) for name in NAMES}

    def environment(self) -> Mapping[str, str]:
        """Return the same for programs that ask their environment."""
        return {f"OPTIMIZER_{name.upper()}": value for name, value in self.values().items()}


def split(command: str) -> tuple[str, ...]:
    """Return the arguments of a command as a shell would split it.

    Raises:
        ConfigError: There is none, a quote is left open, or a blank is misspelled.
    """
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise ConfigError(f"--executor: {tail(command)!r}: {error}, expected a command") from error
    if not argv or "\0" in command:
        raise ConfigError(
            f"--executor: {tail(command)!r}, expected a command",
            hint='For instance "python run_tests.py {prompt_file} {cases_file} {out}".',
        )
    for name in blanks(argv):
        if name not in NAMES and difflib.get_close_matches(name.lower(), NAMES, cutoff=ALIKE):
            raise ConfigError(
                f"--executor: found {{{name}}}, expected "
                + ", ".join(f"{{{known}}}" for known in NAMES),
                hint="Braces with another content stay as they are.",
            )
    return argv


def blanks(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the names in braces, in their order."""
    return tuple(name for item in argv for name in IN_BRACES.findall(item))


def filled(argv: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return arguments with their blanks filled in; what was filled in is not looked at again."""
    return [IN_BRACES.sub(lambda found: values.get(found[1], found[0]), item) for item in argv]
