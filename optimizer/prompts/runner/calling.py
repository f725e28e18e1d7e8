"""An executor that is a function of the user's: `py:package.module:function`.

The function is given the prompt, the cases as dicts and the number of the repetition, and returns
or yields one task result (a dict) for each case. It runs in a process of its own, in the user's
folder, so that one that hangs can be ended, one that dies takes nothing along, and several can run
at once; what it yields is written line by line, so that nothing that was paid for is lost.
"""

from __future__ import annotations

import re
import sys

from optimizer.models.errors import ConfigError
from optimizer.prompts.runner import child
from optimizer.prompts.runner.harmless import tail

PREFIX = "py:"
FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


def is_function(command: str) -> bool:
    """Tell whether an executor is a function."""
    return command.startswith(PREFIX)


def argv_of_function(command: str) -> tuple[str, ...]:
    """Return the command that calls a function.

    Raises:
        ConfigError: It is not named as it should be.
    """
    name = command.removeprefix(PREFIX)
    if not FUNCTION.fullmatch(name):
        raise ConfigError(
            f"--executor: {tail(command)!r}, expected py:package.module:function",
            hint="For instance py:tests.triage:run for the function run in tests/triage.py.",
        )
    blanks = ("{prompt_file}", "{cases_file}", "{out}", "{replicate}")
    return (sys.executable, str(child.__file__), name, *blanks)
