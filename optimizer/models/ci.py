"""The job of continuous integration that a run came from, and what it adds to the run."""

from __future__ import annotations

from dataclasses import asdict, replace

import msgspec

from optimizer.models.dataclass import dataclass
from optimizer.models.tasks import Reading, Run, RunHeader

KEY = "ci"
"""Where in the metadata of a run it is recorded."""

SHORTEST_SHA = 7
"""Fewest digits that tell one commit from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CiJob:
    """A job of continuous integration, as far as its environment tells.

    Attributes:
        provider: Which service runs it.
        git_sha: Commit under test; of a pull request its own, not that of its merge.
        branch: Branch under test; of another repository with its owner, as `ada:main`.
        pull_request: Number of the pull request, or None.
        run: The service's name for the job, or None.
        url: Where it is shown, or None.
    """

    provider: str
    git_sha: str | None = None
    branch: str | None = None
    pull_request: str | None = None
    run: str | None = None
    url: str | None = None


def with_job(reading: Reading, job: CiJob | None) -> Reading:
    """Return a file whose runs tell the commit, branch and pull request of a job.

    What a run says itself stands. A run of another commit or branch gets nothing.
    """
    if job is None:
        return reading
    runs = tuple(Run(header=_filled(run.header, job), tasks=run.tasks) for run in reading.runs)
    return replace(reading, runs=runs)


def _filled(header: RunHeader, job: CiJob) -> RunHeader:
    said = {
        "git_sha": header.git_sha,
        "branch": header.branch,
        "pull_request": header.pull_request,
    }
    known = {name: getattr(job, name) for name in said}
    added = {name: one for name, one in known.items() if one and not said[name]}
    if not added or not _agrees(header, job):
        return header
    told = msgspec.json.decode(header.metadata)
    if KEY not in told:
        of_job = {name: one for name, one in asdict(job).items() if one is not None}
        told[KEY] = of_job | {"filled": sorted(added)}
    return replace(header, **added, metadata=msgspec.json.encode(told).decode())


def _agrees(header: RunHeader, job: CiJob) -> bool:
    """Say whether nothing that a run says of its origin speaks against the job."""
    sha, other = header.git_sha or "", job.git_sha or ""
    if sha and other:
        same = sha.startswith(other) or other.startswith(sha)
        return same and min(len(sha), len(other)) >= SHORTEST_SHA
    return not (header.branch and job.branch) or header.branch == job.branch
