"""One batch of cases given to the user's command, until it is through."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path

from optimizer.models.dataclass import dataclass
from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import text_sha256
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.runner.answers import Matched, Read, complete_lines, matched, written
from optimizer.prompts.runner.arguments import Blanks, filled
from optimizer.prompts.runner.harmless import tail
from optimizer.prompts.runner.processes import Ended, Processes
from optimizer.prompts.runner.results import Redact
from optimizer.prompts.runner.settings import RunnerSettings

TRY_LATER = 75
"""Exit code of a command that could not run for reasons of its surroundings (EX_TEMPFAIL)."""

Sleep = Callable[[float], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How the user's command is called.

    Attributes:
        argv: Its arguments, with blanks.
        read: Reads result files that are no plain task results.
        redact: Blanks the secrets in a text.
        settings: How it is run.
        seed: Decides everything random.
        cwd: Where it runs.
        environment: Its environment, beside what tells it what to do.
        suffix: How the file with the prompt ends.
        whole_suite: Whether the command runs all cases whichever it is given.
        sleep: Waits some seconds; None: until they have passed or all is stopped.
    """

    argv: tuple[str, ...]
    read: Read
    redact: Redact
    settings: RunnerSettings
    seed: int
    cwd: Path
    environment: Mapping[str, str]
    suffix: str
    whole_suite: bool
    sleep: Sleep | None

    def run(
        self,
        prompt: str,
        cases: Sequence[Case],
        *,
        replicate: int,
        processes: Processes,
        give: Callable[[Sequence[CaseResult]], None],
    ) -> None:
        """Run cases; what is there when a process fails is given before the error is raised.

        Args:
            prompt: The prompt.
            cases: The cases.
            replicate: Which repetition this is.
            processes: Runs the command.
            give: Takes results.

        Raises:
            ExecutorError: The command failed, or its results cannot be trusted.
        """
        given: set[str] = set()
        for n_failed in count():
            due = [case for case in cases if self.whole_suite or case.case_id not in given]
            attempt = _Attempt(self, prompt, due, replicate=replicate, give=give, given=given)
            ended = attempt.run(processes)
            if ended.code == 0 or (ended.code == TRY_LATER and len(given) == len(cases)):
                return
            is_last = n_failed == self.settings.retries or processes.stopped.is_set()
            if ended.code != TRY_LATER or is_last:
                raise self._failed(ended, len(due))
            wait_s = min(self.settings.longest_wait_s, self.settings.first_wait_s * 2**n_failed)
            (self.sleep or processes.stopped.wait)(wait_s)

    def timeout_s(self, n_cases: int) -> float:
        """Return how long a process may take for some cases, in seconds."""
        return self.settings.timeout_s + self.settings.timeout_per_case_s * n_cases

    def _failed(self, ended: Ended, n_cases: int) -> ExecutorError:
        printed = tail(self.redact(ended.printed))
        said = f": {printed}" if printed else ", and printed nothing"
        if ended.code is None:
            limit = self.timeout_s(n_cases)
            return ExecutorError(
                f"executor: it was ended with {n_cases} cases, expected results within "
                f"{limit:g} s{said}",
                hint="Raise --timeout, or runner.timeout_s and runner.timeout_per_case_s.",
            )
        if ended.code < 0:
            return ExecutorError(f"executor: it was ended by signal {-ended.code}{said}")
        n_attempts = self.settings.retries + 1
        if ended.code == TRY_LATER:
            return ExecutorError(
                f"executor: exit code {ended.code} in each of {n_attempts} attempts, "
                f"expected 0{said}",
                hint="Run it again once its surroundings work; no test is paid for twice.",
            )
        return ExecutorError(
            f"executor: exit code {ended.code}, expected 0{said}",
            hint="Failing tests are results; exit with 0 when all of them are written.",
        )


class _Attempt:
    """One process, from its files to its results.

    Args:
        call: How the command is called.
        prompt: The prompt.
        cases: The cases it is given.
        replicate: Which repetition this is.
        give: Takes results.
        given: Ids of the cases whose results were given, in this attempt or before it.
    """

    def __init__(
        self,
        call: Call,
        prompt: str,
        cases: Sequence[Case],
        *,
        replicate: int,
        give: Callable[[Sequence[CaseResult]], None],
        given: set[str],
    ) -> None:
        self._call, self._prompt, self._cases = call, prompt, cases
        self._replicate, self._give, self._given = replicate, give, given
        self._sha256 = text_sha256(prompt)
        self._n_read, self._worth_a_look = 0, 0
        self._is_lines = True

    def run(self, processes: Processes) -> Ended:
        """Run the process and give its results."""
        call = self._call
        with tempfile.TemporaryDirectory(prefix="optimizer-", ignore_cleanup_errors=True) as folder:
            blanks = self._files(Path(folder))
            ended = processes.run(
                filled(call.argv, blanks.values()),
                cwd=call.cwd,
                environment={
                    **call.environment,
                    **blanks.environment(),
                    "OPTIMIZER_PROMPT_SHA256": self._sha256,
                },
                timeout_s=call.timeout_s(len(self._cases)),
                look=lambda: self._look(blanks.out),
            )
            if ended.code == 0:
                self._finish(blanks.out)
            else:
                self._worth_a_look = 0
                self._look(blanks.out)
        return ended

    def _files(self, folder: Path) -> Blanks:
        blanks = Blanks(
            prompt_file=folder / f"prompt{self._call.suffix}",
            cases_file=folder / "cases.json",
            out=folder / "out.json",
            replicate=self._replicate,
            seed=self._call.seed,
        )
        blanks.prompt_file.write_bytes(self._prompt.encode("utf-8", "surrogatepass"))
        bodies = ",\n".join(case.body for case in self._cases)
        blanks.cases_file.write_bytes(f"[{bodies}]\n".encode("utf-8", "surrogatepass"))
        return blanks

    def _finish(self, out: Path) -> None:
        """Give the results of a process that ended well."""
        call = self._call
        told = written(out, call.read, replicate=self._replicate, redact=call.redact)
        found = matched(told, self._cases, prompt_sha256=self._sha256)
        self._take(found)
        if found.complaint:
            raise ExecutorError(
                f"executor: {found.complaint}",
                hint="Name the case in `case_id` or `task_id` of each result.",
            )

    def _look(self, out: Path) -> None:
        """Give the results that stand on complete lines by now, where results stand on lines."""
        if not self._is_lines or not out.is_file() or out.stat().st_size < self._worth_a_look:
            return
        with out.open("rb") as file:
            file.seek(self._n_read)
            content = file.read()
        lines = content[: content.rfind(b"\n") + 1]
        # A long line is looked at again once twice as much of it is there.
        self._n_read += len(lines)
        self._worth_a_look = self._n_read + 2 * (len(content) - len(lines))
        redact = self._call.redact
        told = complete_lines(lines, replicate=self._replicate, redact=redact)
        self._is_lines = told.is_whole
        self._take(matched(told.tasks, self._cases, prompt_sha256=self._sha256))

    def _take(self, found: Matched) -> None:
        fresh = [one for one in found.results if one.case_id not in self._given]
        if fresh:
            self._given |= {one.case_id for one in fresh}
            self._give(fresh)
