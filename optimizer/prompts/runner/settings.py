"""Settings of running the user's tests."""

from __future__ import annotations

from typing import Annotated

from optimizer.models.settings import Field, Settings

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Limit = Annotated[float, Field(gt=0, le=86_400)]


class RunnerSettings(Settings):
    """How the tests of an optimization are run."""

    jobs: Annotated[int, Field(ge=1, le=256)] = 1
    """How many test processes run at once."""

    cases_per_call: Annotated[int, Field(ge=1)] | None = None
    """Most cases a process is given. Default: all of a batch, shared out among the jobs."""

    whole_suite: bool | None = None
    """Whether the command runs all cases whichever it is given. Default: without {cases_file}."""

    timeout_s: Limit = 600.0
    """Seconds a process may take, and more for each case."""

    timeout_per_case_s: Seconds = 60.0
    """Seconds added to that for each case."""

    grace_s: Seconds = 5.0
    """Seconds a process has to end by itself once it is asked to; then it is killed."""

    poll_s: Annotated[float, Field(gt=0, le=60)] = 0.1
    """Seconds between two looks at what a running process has written."""

    retries: Annotated[int, Field(ge=0, le=100)] = 3
    """How often a process is started again after exit code 75, which says: try later."""

    first_wait_s: Seconds = 1.0
    """Seconds before the first new start; each later wait is twice as long."""

    longest_wait_s: Seconds = 60.0
    """Seconds no wait is longer than."""

    kept_output_bytes: Annotated[int, Field(ge=1_024)] = 65_536
    """How much is kept of what a process prints, the last of it."""

    repeated_cases: Annotated[int, Field(ge=0)] = 20
    """Cases that are run once more with the same prompt beforehand, to know the noise."""

    noisy_rate: Annotated[float, Field(ge=0, le=1)] = 0.2
    """From this share of cases on that pass once and fail once there is a warning, 0 to 1."""

    canary_cases: Annotated[int, Field(ge=0)] = 3
    """Cases that are run with a senseless prompt beforehand, to see that the prompt is used."""
