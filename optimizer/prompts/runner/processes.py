"""Programs run side by side: timed, drained, and ended with all they started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO

from optimizer.models.dataclass import dataclass
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.runner.harmless import tail
from optimizer.prompts.runner.settings import RunnerSettings

READ_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended.

    Attributes:
        code: Its exit code, negative for the signal that ended it; None where it was ended here.
        printed: The last of what it printed on stderr, else on stdout, as it came.
    """

    code: int | None
    printed: str


class Processes:
    """Runs programs, from several threads at once, and can end them all."""

    def __init__(self, settings: RunnerSettings) -> None:
        self._settings = settings
        self.stopped = Event()

    def stop(self) -> None:
        """End all programs that run; none is started any more."""
        self.stopped.set()

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        timeout_s: float,
        look: Callable[[], None],
    ) -> Ended:
        """Run a program in a process group of its own and wait for its end.

        Args:
            argv: The program and its arguments; no shell reads them.
            cwd: Where it runs.
            environment: All of its environment.
            timeout_s: How long it may take.
            look: Called every now and then while it runs.

        Raises:
            ExecutorError: It cannot be started.
        """
        if self.stopped.is_set():
            return Ended(code=None, printed="")
        try:
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ExecutorError(
                f"executor: {tail(argv[0])!r} cannot be started: {error}",
                hint="The command runs without a shell; its first word is the program.",
            ) from error
        assert process.stdout is not None
        assert process.stderr is not None
        out, err = self._drained(process.stdout), self._drained(process.stderr)
        try:
            in_time = self._wait(process, time.monotonic() + timeout_s, look)
        finally:
            self._end(process)
        complaint = err.text()
        printed = complaint if complaint.strip() else out.text()
        return Ended(code=process.returncode if in_time else None, printed=printed)

    def _wait(
        self, process: subprocess.Popen[bytes], deadline: float, look: Callable[[], None]
    ) -> bool:
        """Wait for the end; tell whether it came before the deadline and before a stop."""
        while not self.stopped.is_set() and time.monotonic() < deadline:
            with suppress(subprocess.TimeoutExpired):
                process.wait(
                    timeout=min(self._settings.poll_s, max(0, deadline - time.monotonic()))
                )
                return True
            look()
        return False

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End what still runs of a process group, kindly and then not."""
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=self._settings.grace_s)
        _signal(process, signal.SIGKILL)
        process.wait()

    def _drained(self, stream: IO[bytes]) -> _Tail:
        return _Tail(
            stream, kept=self._settings.kept_output_bytes, patience_s=self._settings.grace_s
        )


class _Tail:
    """The last bytes of a stream, read to its end by a thread."""

    def __init__(self, stream: IO[bytes], *, kept: int, patience_s: float) -> None:
        self._stream, self._kept, self._patience_s = stream, kept, patience_s
        self._bytes = bytearray()
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Wait for the end of the stream, though not for ever, and return what is kept."""
        self._thread.join(timeout=self._patience_s)
        return bytes(self._bytes).decode("utf-8", "replace")

    def _read(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), READ_BYTES):
                self._bytes += chunk
                del self._bytes[: -self._kept]


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
