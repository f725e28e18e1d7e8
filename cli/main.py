"""Entry point: fast answers, and errors as exit codes.

Exit codes: 0 done; 1 done, and the answer is no; 2 could not be done; 3 inconclusive (gate);
70 a bug; 130 interrupted; 143 ended by SIGTERM.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

from optimizer import __version__

COULD_NOT = 2
BUG = 70
INTERRUPTED = 130


def program() -> None:
    """Run the command line as the whole of a process, and end it."""
    try:
        main()
    except SystemExit as end:
        _leave(end.code)
        raise


def main() -> None:
    """Run the command line."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"optimizer {__version__}\n")
        return
    gc.disable()  # a command is short and makes few cycles; looking for them costs start-up time
    sys.exit(_run(arguments))


def _leave(code: object) -> None:
    """End the process, unless it has something left to say that does not go out.

    The interpreter would take every module and class apart first, which takes longer than most
    commands compute. What waits for the end is called; a history is closed where it is opened.
    """
    if not isinstance(code, int):
        return
    threads = sys.modules.get("threading")
    if threads is not None:
        threads._shutdown()
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code)


def _run(arguments: list[str]) -> int:
    """Run a command and return the exit code."""
    try:
        from cli.signals import TERMINATED, ending

        with ending() as end:
            code = _answer(arguments)
            if code == INTERRUPTED:
                code = _report_interruption(TERMINATED if end.terminated else INTERRUPTED)
    except KeyboardInterrupt:  # before there was a command, or behind it
        code = _report_interruption(INTERRUPTED)
    return code


def _answer(arguments: list[str]) -> int:
    """Run a command and return the exit code; what went wrong is told, but for interruptions."""
    from cli.completion.scripts import ASKING
    from cli.terminal.manners import Manner, speak, understood
    from cli.terminal.stages import begin, finish
    from optimizer.models.errors import MAY_NOT_READ, OptimizerError

    speak(Manner())
    begin()
    try:
        if arguments[:1] == [ASKING]:
            code = _complete(arguments[1:])
        else:
            how, rest = understood(arguments)
            speak(how)
            code = _command(rest)
    except OptimizerError as error:
        code = _report(type(error).__name__, str(error), error.hint)
    except BrokenPipeError:
        code = _forget_reader()
    except OSError as error:
        subject = f"{error.filename}: " if error.filename else ""
        hint = MAY_NOT_READ if isinstance(error, PermissionError) else None
        code = _report("OSError", f"{subject}{error.strerror or error}", hint)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as problem:  # noqa: BLE001 - the one place: a bug keeps its traceback
        code = INTERRUPTED if _is_interrupted(problem) else _report_bug()
    finally:
        finish()
    return code


def _command(arguments: list[str]) -> int:
    if not arguments:
        from cli.output import write_out
        from cli.terminal.start_page import start_page

        write_out(start_page())
        return 0
    from cli.app import misuses, run

    try:
        return run(arguments)
    except misuses() as problem:
        return _report_usage(problem)


def _complete(words: list[str]) -> int:
    from cli.completion.at_cursor import complete
    from cli.output import write_out

    write_out(complete(words))
    return 0


def _forget_reader() -> int:
    """Go on without a reader that has gone, as one does who has seen enough."""
    from cli.output import forget_stdout

    forget_stdout()
    return 0


def _report(kind: str, message: str, hint: str | None) -> int:
    """Say what went wrong on stderr, and as JSON on stdout where JSON was asked for."""
    from cli.ci.listeners import Spoken
    from cli.output import complain, write_out
    from cli.payload import error_json

    if "--json" in sys.argv:
        write_out(error_json(kind, message, hint), Spoken.JSON)
    for line in message.splitlines():
        complain(f"error: {line}")
    for line in (hint or "").splitlines():
        complain(f"hint: {line}")
    return COULD_NOT


def _report_usage(problem: Exception) -> int:
    """Say how a command is used, what was wrong and what may have been meant."""
    from cli.output import complain
    from cli.terminal.usage import asks_for_help, misuse

    if asks_for_help(problem) and "--json" not in sys.argv:
        complain(problem.format_message())  # type: ignore[attr-defined]
        return COULD_NOT
    found = misuse(problem)
    if found.usage and "--json" not in sys.argv:
        complain(found.usage)
    return _report("UsageError", found.message, found.hint)


def _report_interruption(code: int) -> int:
    from cli.output import complain

    what = "interrupted" if code == INTERRUPTED else "ended by SIGTERM"
    complain(f"{what}; what was finished is stored, nothing is stored half")
    return code


def _is_interrupted(problem: Exception) -> bool:
    """Tell whether a problem is how DuckDB says that a question was interrupted."""
    return type(problem) is RuntimeError and str(problem) == "Query interrupted"


def _report_bug() -> int:
    import traceback

    from cli.output import complain

    complain(traceback.format_exc())
    complain(
        f"error: this is a bug in optimizer {__version__}; please report it with the lines above"
    )
    return BUG
