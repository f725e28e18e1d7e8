"""Entry point: fast answers, and errors as exit codes.

Exit codes: 0 done; 1 done, and the answer is no; 2 could not be done; 3 inconclusive (gate);
70 a bug; 130 interrupted.
"""

from __future__ import annotations

import os
import sys

from optimizer import __version__

COULD_NOT = 2
BUG = 70
INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"optimizer {__version__}\n")
        return
    from cli.app import only
    from optimizer.models.errors import OptimizerError

    try:
        only(sys.argv[1] if len(sys.argv) > 1 else "")()
    except OptimizerError as error:
        _report(error)
        sys.exit(COULD_NOT)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was finished is stored, nothing is stored half\n")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception:  # noqa: BLE001 - the one place: a bug keeps its traceback
        _report_bug()
        sys.exit(BUG)


def _report(error: Exception) -> None:
    """Say what went wrong on stderr, and as JSON on stdout where JSON was asked for."""
    from cli.output import error_json, plain

    hint: str | None = getattr(error, "hint", None)
    if "--json" in sys.argv:
        sys.stdout.write(error_json(error, hint))
    for line in str(error).splitlines():
        sys.stderr.write(f"error: {plain(line)}\n")
    if hint:
        sys.stderr.write(f"hint: {plain(hint)}\n")


def _report_bug() -> None:
    import traceback

    traceback.print_exc()
    sys.stderr.write(
        f"error: this is a bug in optimizer {__version__}; please report it with the lines above\n"
    )
