"""Calls a function of the user's in a process of its own.

Run as a file, with the user's folder as the place to import from; it imports nothing of ours.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from operator import attrgetter
from pathlib import Path


def main(name: str, prompt_file: str, cases_file: str, out: str, replicate: str) -> None:
    """Call a function and write each result on a line of its own."""
    ours = str(Path(__file__).parent)
    sys.path[:] = [str(Path.cwd()), *(path for path in sys.path if path != ours)]
    module, _, function = name.partition(":")
    call = attrgetter(function)(import_module(module))
    prompt = Path(prompt_file).read_bytes().decode("utf-8", "surrogatepass")
    cases = json.loads(Path(cases_file).read_bytes().decode("utf-8", "surrogatepass"))
    with Path(out).open("w", encoding="utf-8") as file:
        for result in call(prompt, cases, int(replicate)):
            file.write(json.dumps(result) + "\n")
            file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
