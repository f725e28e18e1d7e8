"""Results of tests that somebody else ran for an optimization."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from optimizer.history.optimizing import keep_executions, known_executions
from optimizer.models.optimization import Case
from optimizer.prompts.ports import ExecutorError
from optimizer.prompts.runner.answers import matched
from optimizer.prompts.runner.results import Told
from optimizer.prompts.testing.asking import Manifest
from optimizer.prompts.testing.remembering import OpenHistory


def store_results(
    told: Sequence[Told],
    manifest: Manifest,
    cases: Sequence[Case],
    *,
    fingerprint: str,
    open_history: OpenHistory,
    at: datetime,
) -> None:
    """Store results of the tests that a manifest asks for; those known already stay.

    Raises:
        ExecutorError: One is missing, there twice, or of another prompt; nothing is stored then.
    """
    asked = set(manifest.case_ids)
    wanted = [case for case in cases if case.case_id in asked]
    found = matched(told, wanted, prompt_sha256=manifest.prompt_sha256)
    if found.complaint:
        raise ExecutorError(f"{manifest.results_file}: {found.complaint}")
    with open_history() as history:
        known = known_executions(
            history,
            executor=fingerprint,
            prompt_sha256=manifest.prompt_sha256,
            cases=wanted,
            replicate=manifest.replicate,
        )
        new = [one for one in found.results if one.case_id not in known]
        keep_executions(
            history,
            optimization_id=manifest.optimization_id,
            executor=fingerprint,
            prompt_sha256=manifest.prompt_sha256,
            cases=wanted,
            results=new,
            at=at,
        )
