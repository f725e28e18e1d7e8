"""Held-out tests as runs of the history, so that every other command can look at them too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from optimizer.history.columns import prepare
from optimizer.history.recording import record
from optimizer.history.settings import StoreSettings
from optimizer.history.store import History
from optimizer.models.optimization import Case, CaseResult
from optimizer.models.tasks import (
    CaseSource,
    Reading,
    Run,
    RunHeader,
    Source,
    TaskRow,
    Variant,
    text_sha256,
    variant_id,
)
from optimizer.models.versions import Confirmation, HeldOut

TOOL = "optimizer"
"""What these runs were read from: no file of another tool."""


def record_held_out(
    history: History,
    held_out: HeldOut,
    *,
    control: str,
    champion: str,
    cases: Sequence[Case],
    workflow_id: str,
    settings: StoreSettings,
    actor: str,
    now: datetime,
) -> Confirmation:
    """Store both arms as runs and return the confirmation with their names."""
    found = held_out.confirmation
    name = f"{found.optimization_id}-{found.seq}"
    arms = {
        f"{name}-control": (control, held_out.control),
        f"{name}-champion": (champion, held_out.champion),
    }
    readings = [
        _reading(run_id, prompt, results, cases=cases, found=found, workflow_id=workflow_id)
        for run_id, (prompt, results) in arms.items()
    ]
    files = [prepare(reading, settings) for reading in readings]
    record(history, files, settings, replace=False, actor=actor, now=now)
    control_id, champion_id = arms
    return replace(found, control_run_id=control_id, champion_run_id=champion_id)


def _reading(
    run_id: str,
    prompt: str,
    results: Sequence[CaseResult],
    *,
    cases: Sequence[Case],
    found: Confirmation,
    workflow_id: str,
) -> Reading:
    variant = _variant(found.prompt_id, prompt)
    content = msgspec.json.encode(
        {"run_id": run_id, "prompt_sha256": variant.prompt_sha256, "results": list(results)}
    )
    sha256 = text_sha256(content.decode())
    header = RunHeader(
        run_id=run_id,
        workflow_id=workflow_id,
        started_at=found.looked_at,
        finished_at=found.looked_at,
        duration_s=None,
        n_tasks=len(results),
        content_sha256=sha256,
        place=1,
        tool=TOOL,
        tool_version=None,
        git_sha=None,
        branch=None,
        pull_request=None,
        pairable=True,
        assumed_timezone=None,
        metadata=_metadata(found),
    )
    scenarios = {case.case_id: case for case in cases}
    first = min((one.replicate for one in results), default=0)
    rows = [_row(one, first, scenarios[one.case_id], variant, found.looked_at) for one in results]
    source = Source(
        path=f"optimization {found.optimization_id}",
        sha256=sha256,
        n_bytes=len(content),
        content=content,
        n_redacted=0,
    )
    return Reading(source=source, runs=(Run(header=header, tasks=rows),))


def _variant(prompt_id: str, prompt: str) -> Variant:
    sha256 = text_sha256(prompt)
    label = f"{prompt_id} {sha256[:8]}"
    return Variant(
        variant_id=variant_id(
            label=label, prompt_sha256=sha256, provider=None, model=None, parameters=None
        ),
        label=label,
        prompt_id=prompt_id,
        prompt_sha256=sha256,
        prompt=prompt,
        provider=None,
        model=None,
        parameters=None,
    )


def _metadata(found: Confirmation) -> str:
    told = {"optimization_id": found.optimization_id, "held_out_look": found.seq}
    return msgspec.json.encode(told).decode()


def _row(
    result: CaseResult, first: int, case: Case, variant: Variant, looked_at: datetime
) -> TaskRow:
    repeat = result.replicate - first
    return TaskRow(
        task_id=f"{result.case_id}#{repeat}",
        case_id=result.case_id,
        case_source=CaseSource.GIVEN,
        repeat=repeat,
        variant=variant,
        dataset=None,
        scenario=case.scenario,
        status=result.status,
        failure_kind=result.failure_kind,
        failure_reason=None,
        error_message=result.error_message,
        score=result.score,
        latency_ms=result.latency_ms,
        tokens=result.tokens,
        tokens_in=None,
        tokens_out=None,
        cost_usd=result.cost_usd,
        cached=None,
        attempts=1,
        family=None,
        tenant=None,
        task_type=None,
        created_at=looked_at,
        finished_at=None,
        inputs=case.body,
        outputs=result.outputs,
        metadata=None,
        result_metadata=None,
    )
