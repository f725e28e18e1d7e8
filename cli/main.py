"""Entry point: fast answers, and errors as exit codes.

Exit codes: 0 done; 1 done, and the answer is no; 2 could not be done; 3 inconclusive (gate);
70 a bug; 130 interrupted.
"""

from __future__ import annotations

import gc
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
    gc.disable()  # a command is short and makes few cycles; looking for them costs start-up time
    sys.exit(_run())


def _run() -> int:
    """Run a command and return the exit code."""
    from optimizer.models.errors import MAY_NOT_READ, OptimizerError

    try:
        code = _command()
    except OptimizerError as error:
        code = _report(type(error).__name__, str(error), error.hint)
    except OSError as error:
        subject = f"{error.filename}: " if error.filename else ""
        hint = MAY_NOT_READ if isinstance(error, PermissionError) else None
        code = _report("OSError", f"{subject}{error.strerror or error}", hint)
    except KeyboardInterrupt:
        code = _report_interruption()
    except Exception:  # noqa: BLE001 - the one place: a bug keeps its traceback
        code = _report_bug()
    return code


def _command() -> int:
    from cli.app import UsageProblem, only

    try:
        command = only(sys.argv[1] if len(sys.argv) > 1 else "")
        code = command(prog_name="optimizer", standalone_mode=False)
    except UsageProblem as problem:
        code = _report_usage(problem)
    return _report_interruption() if code == INTERRUPTED else code or 0


def _report(kind: str, message: str, hint: str | None) -> int:
    """Say what went wrong on stderr, and as JSON on stdout where JSON was asked for."""
    from cli.output import note, write_out
    from cli.payload import error_json

    if "--json" in sys.argv:
        write_out(error_json(kind, message, hint))
    for line in message.splitlines():
        note(f"error: {line}")
    if hint:
        note(f"hint: {hint}")
    return COULD_NOT


def _report_usage(problem: Exception) -> int:
    from cli.output import write_out
    from cli.payload import error_json

    if "--json" in sys.argv:
        write_out(error_json("UsageError", problem.format_message(), None))  # type: ignore[attr-defined]
    problem.show()  # type: ignore[attr-defined]
    return COULD_NOT


def _report_interruption() -> int:
    from cli.output import note

    note("interrupted; what was finished is stored, nothing is stored half")
    return INTERRUPTED


def _report_bug() -> int:
    import traceback

    from cli.output import note

    note(traceback.format_exc())
    note(f"error: this is a bug in optimizer {__version__}; please report it with the lines above")
    return BUG
