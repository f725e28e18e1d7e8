"""Tests that run elsewhere: what is wanted is written down, and the search goes on when it came.

A search is deterministic given its results. So it needs no memory of its own: it is run from the
start over the results that are known, until it wants one that nobody has. That wish is written to
a manifest; somebody runs the tests; the results are stored, and the search is run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import ConfigError
from optimizer.models.optimization import Case, CaseResult
from optimizer.models.optimization_run import OptimizationRun

MANIFEST_VERSION = 1


class Wanted(Exception):  # noqa: N818 - not a fault: the search waits
    """Tests that nobody has run yet: the search can go on when they are there."""

    def __init__(self, prompt: str, cases: Sequence[Case], replicate: int) -> None:
        super().__init__(f"{len(cases)} tests are wanted")
        self.prompt = prompt
        self.cases = tuple(cases)
        self.replicate = replicate


class Waits(Exception):  # noqa: N818 - not a fault
    """An optimization that waits for tests, and which those are."""

    def __init__(self, run: OptimizationRun, wanted: Wanted) -> None:
        super().__init__(str(wanted))
        self.run = run
        self.wanted = wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """An executor that runs nothing but says what it wants run.

    Attributes:
        fingerprint: What the user calls the tests that run elsewhere.
    """

    fingerprint: str

    def run(
        self, prompt: str, cases: Sequence[Case], *, replicate: int
    ) -> Iterator[Sequence[CaseResult]]:
        """Say what is wanted.

        Raises:
            Wanted: Always.
        """
        raise Wanted(prompt, cases, replicate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is wanted, and how to go on when it is there.

    Attributes:
        format_version: Of this file.
        optimization_id: The optimization that waits.
        step: How often it has asked, counted from 1.
        prompt_file: The prompt to run, beside this file.
        cases_file: The cases to run it on, a JSON list, beside this file.
        results_file: Where the results are expected, beside this file.
        prompt_sha256: Of the prompt; results that name another are refused.
        replicate: Which repetition of the cases this is.
        case_ids: The cases; a result for each of them is expected, once.
        n_spent: Tests paid for so far.
        budget: Tests that may be paid for.
        options: What the search was asked for, by name, to ask for the same again.
    """

    format_version: int
    optimization_id: str
    step: int
    prompt_file: str
    cases_file: str
    results_file: str
    prompt_sha256: str
    replicate: int
    case_ids: tuple[str, ...]
    n_spent: int
    budget: int
    options: dict[str, str | int | float | bool | None]


def read_manifest(content: bytes, name: str) -> Manifest:
    """Return the manifest of a file's content.

    Raises:
        ConfigError: It is none, or of another version of the program.
    """
    try:
        found = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: not a manifest of an optimization: {error}") from error
    if found.format_version != MANIFEST_VERSION:
        raise ConfigError(
            f"{name}: format_version {found.format_version}, expected {MANIFEST_VERSION}"
        )
    return found
