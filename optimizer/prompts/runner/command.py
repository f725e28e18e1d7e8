"""An executor that is a command of the user's: files in, a file out, no shell.

The command is split into arguments once, as a shell would, and started as it is. In its arguments
are filled in, each time:

* `{prompt_file}`: a file with the prompt to run, in UTF-8, that ends as the user's own does
* `{cases_file}`: a file with the cases to run, a JSON list of the user's own objects
* `{out}`: where the results go: a JSON list of task results, one to a line, a
  `RunExecutionResult`, or a file of any tool that `optimizer formats` lists
* `{replicate}` and `{seed}`: numbers that tell repetitions apart

The environment says the same as OPTIMIZER_PROMPT_FILE, OPTIMIZER_CASES_FILE, OPTIMIZER_OUT,
OPTIMIZER_REPLICATE and OPTIMIZER_SEED, and the prompt's hash as OPTIMIZER_PROMPT_SHA256; where
results carry a `prompt_sha256` it must be that one.

A result names its case in `case_id` or `task_id` and says `task_status` or `passed`; each case has
exactly one. Exit code 0 says that the tests ran, 75 that they could not yet. What is written
line by line counts from the moment its line is complete, even if the command fails later.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from optimizer.models.optimization import Case, CaseResult
from optimizer.prompts.runner.answers import Read
from optimizer.prompts.runner.arguments import blanks, split
from optimizer.prompts.runner.call import Call, Sleep
from optimizer.prompts.runner.calling import argv_of_function, is_function
from optimizer.prompts.runner.fingerprint import fingerprint
from optimizer.prompts.runner.interrupts import Interrupts
from optimizer.prompts.runner.processes import Processes
from optimizer.prompts.runner.results import Redact
from optimizer.prompts.runner.settings import RunnerSettings


class CommandExecutor:
    """Runs cases by a command: files in, a file out, no shell.

    Args:
        command: As the user wrote it; `py:package.module:function` calls a function.
        read: Reads a result file of whatever tool.
        settings: How it is run.
        seed: Decides everything random.
        cwd: Where it runs.
        environment: Its environment, beside what tells it what to do.
        suffix: How the file with the prompt ends: that of the file the prompt is from.
        redact: Blanks the secrets in outputs and messages.
        sleep: Waits some seconds between attempts; None: as long as nobody interrupts.

    Raises:
        ConfigError: The command cannot be understood.
    """

    def __init__(
        self,
        command: str,
        *,
        read: Read,
        settings: RunnerSettings,
        seed: int,
        cwd: Path,
        environment: Mapping[str, str],
        suffix: str = ".txt",
        redact: Redact = str,
        sleep: Sleep | None = None,
    ) -> None:
        argv = argv_of_function(command) if is_function(command) else split(command)
        self._settings = settings
        self.runs_whole_suite: bool = (
            settings.whole_suite
            if settings.whole_suite is not None
            else "cases_file" not in blanks(argv)
        )
        """Whether every call runs all cases: then `Meter` must be told which they are."""
        self._call = Call(
            argv=argv,
            read=read,
            redact=redact,
            settings=settings,
            seed=seed,
            cwd=cwd,
            environment=environment,
            suffix=suffix,
            whole_suite=self.runs_whole_suite,
            sleep=sleep,
        )
        self.fingerprint = fingerprint(command, argv, cwd=cwd, suffix=suffix, seed=seed)

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        """Run each case once, `jobs` processes at a time, and yield results as they come.

        Where one process fails those that run are waited for, as they are paid, and no other is
        started. Whoever interrupts gets what was written up to then, and then the interrupt.

        Raises:
            ExecutorError: A process failed, or results cannot be trusted.
        """
        processes = Processes(self._settings)
        with Interrupts() as interrupts:
            running = _Running(
                processes, poll_s=self._settings.poll_s, is_over=lambda: interrupts.noted
            )
            with ThreadPoolExecutor(max_workers=self._settings.jobs) as pool:
                try:
                    for share in self._shares(cases):
                        call = pool.submit(
                            self._call.run,
                            prompt,
                            share,
                            replicate=replicate,
                            processes=processes,
                            give=running.take,
                        )
                        running.calls.append(call)
                    yield from running.results()
                finally:
                    running.stop()
        if interrupts.noted:
            interrupts.pass_on()
        for call in running.calls:
            if not call.cancelled():
                call.result()

    def _shares(self, cases: Sequence[Case]) -> list[Sequence[Case]]:
        """Share out the cases of a batch."""
        if self.runs_whole_suite or not cases:
            return [cases] if cases else []
        n = math.ceil(len(cases) / self._settings.jobs)
        n = min(n, self._settings.cases_per_call or n)
        return [cases[at : at + n] for at in range(0, len(cases), n)]


class _Running:
    """Calls that run, and what comes of them.

    Args:
        processes: What the calls run.
        poll_s: Seconds between two looks at whether anything happened.
        is_over: Tells whether somebody wants the end.
    """

    def __init__(self, processes: Processes, *, poll_s: float, is_over: Callable[[], bool]) -> None:
        self.calls: list[Future[None]] = []
        self._processes = processes
        self._is_over = is_over
        self._arrived: list[CaseResult] = []
        self._n_given = 0
        self._news = Event()
        self._poll_s = poll_s

    def take(self, results: Sequence[CaseResult]) -> None:
        """Take results; called by the threads of the calls."""
        self._arrived.extend(results)
        self._news.set()

    def results(self) -> Iterator[Sequence[CaseResult]]:
        """Yield results until every call has ended; after the first that failed start no more."""
        while True:
            if self._is_over():
                self.stop()
            ended = all(call.done() for call in self.calls)
            if any(map(_failed, self.calls)):
                self.start_no_more()
            fresh = self._arrived[self._n_given :]
            if fresh:
                self._n_given += len(fresh)
                yield fresh
            elif ended:
                return
            else:
                self._news.wait(timeout=self._poll_s)
                self._news.clear()

    def stop(self) -> None:
        """End the calls that run, and start none of those that wait."""
        self._processes.stop()
        self.start_no_more()

    def start_no_more(self) -> None:
        """Start none of the calls that wait."""
        for call in self.calls:
            call.cancel()


def _failed(call: Future[None]) -> bool:
    return call.done() and not call.cancelled() and call.exception() is not None
