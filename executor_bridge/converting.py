"""Any run as the native JSON, so that reading it again gives the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Raw

from executor_bridge.meaning import CONSISTENT
from executor_bridge.models import RunStatistics, TaskFigures
from optimizer.models.tasks import Origin, Run, RunHeader, Source, TaskRow, Variant

MS_PER_S = 1000
DERIVED = ("total_duration",)
"""What stands for an unknown duration: from start to end."""


def native_json(run: Run, source: Source) -> Iterator[bytes]:
    """Yield a run as one line of native JSON, piece by piece.

    Args:
        run: The run; its tasks are gone through twice.
        source: The file it was read from, which its metadata will name.
    """
    variant = _only_variant(run.tasks)
    head = _run(run.header, variant, source)
    yield _line(head).removesuffix(b"}") + b',"task_results":['
    figures: list[TaskFigures] = []
    for n, row in enumerate(run.tasks):
        yield (b"," if n else b"") + _line(_task(row, run.header, variant))
        figures.append(_figures(row))
    statistics = msgspec.json.encode(RunStatistics.from_figures(figures))
    yield b'],"statistics":' + statistics + b"}\n"


def _line(value: dict[str, Any]) -> bytes:
    """Return an object on one line; payloads may stand on several in the file they are from."""
    text = msgspec.json.encode(value)
    return msgspec.json.format(text, indent=-1) if b"\n" in text or b"\r" in text else text


def _only_variant(rows: Iterable[TaskRow]) -> Variant | None:
    """Return what all tasks executed, None where they executed several things."""
    found: Variant | None = None
    for row in rows:
        if found is None:
            found = row.variant
        elif row.variant is not found and row.variant != found:
            return None
    return found


def _run(header: RunHeader, variant: Variant | None, source: Source) -> dict[str, Any]:
    """Return all of a run but its tasks."""
    span: timedelta = header.finished_at - header.started_at
    said = msgspec.json.decode(header.metadata, type=dict[str, Any])
    unknown = [] if header.duration_s is not None else list(DERIVED)
    told = {
        "git_sha": header.git_sha,
        "branch": header.branch,
        "pull_request": header.pull_request,
        "pairable": None if header.pairable else False,
        "unknown_fields": unknown or None,
        "source": _known(
            {
                "tool": header.tool,
                "version": header.tool_version,
                "file_sha256": source.sha256,
                "warnings": list(header.warnings) or None,
            }
        ),
    }
    # What the run says of a variant holds for its tasks, and the labels here say it again.
    kept = {key: value for key, value in said.items() if key not in VARIANT_KEYS}
    return {
        "run_id": header.run_id,
        "workflow_id": header.workflow_id,
        "started_at": header.started_at,
        "finished_at": header.finished_at,
        "total_duration": span.total_seconds() if header.duration_s is None else header.duration_s,
        "metadata": {**kept, **_known(told), **(_variant(variant) if variant else {})},
    }


VARIANT_KEYS = frozenset(
    {
        "prompt",
        "prompt_id",
        "prompt_sha256",
        "prompt_variant",
        "model",
        "provider",
        "parameters",
        "unknown_fields",
    }
)
"""Keys of metadata that are written from what was read, not as they stood."""


def _variant(variant: Variant) -> dict[str, Any]:
    """Return what says which variant was executed."""
    return _known(
        {
            "prompt_variant": variant.label,
            "prompt_id": variant.prompt_id,
            "prompt": variant.prompt,
            "prompt_sha256": variant.prompt_sha256,
            "provider": variant.provider,
            "model": variant.model,
            "parameters": variant.parameters and Raw(variant.parameters.encode()),
        }
    )


def _task(row: TaskRow, header: RunHeader, variant: Variant | None) -> dict[str, Any]:
    """Return a task; `variant` is what the run says already."""
    unknown = [
        name
        for name, value in (
            ("execution_time", row.latency_ms),
            ("tokens_used", row.tokens),
            ("cost", row.cost_usd),
            ("score", row.score),
        )
        if value is None
    ]
    said = {} if row.metadata is None else msgspec.json.decode(row.metadata, type=dict[str, Raw])
    kept = {key: value for key, value in said.items() if key not in VARIANT_KEYS}
    told = {
        "case_id": row.case_id,
        "repeat": row.repeat,
        "tokens_in": row.tokens_in,
        "tokens_out": row.tokens_out,
        "cached": row.cached,
        "family": row.family,
        "tenant": row.tenant,
        "task_type": row.task_type,
        "unknown_fields": unknown or None,
        "origin": _origin(row.origin),
        **({} if variant else _variant(row.variant)),
    }
    return {
        "task_id": row.task_id,
        "workflow_id": header.workflow_id,
        "dataset": row.dataset,
        "scenario": row.scenario,
        "task_status": row.status,
        "test_result": _result(row, header),
        "error_message": row.error_message,
        "attempt_count": row.attempts,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "execution_time": _seconds(row.latency_ms),
        "metadata": {**kept, **_known(told)},
    }


def _result(row: TaskRow, header: RunHeader) -> dict[str, Any] | None:
    """Return what came of a task, None where nothing did."""
    said = (row.inputs, row.outputs, row.tokens, row.cost_usd, row.score, row.result_metadata)
    if all(one is None for one in said) and row.status not in ("succeeded", "failed"):
        return None
    return {
        "workflow_id": header.workflow_id,
        "execution_id": row.task_id,
        "timestamp": row.finished_at or row.created_at,
        "status": CONSISTENT.get(row.status, "error"),
        "execution_time": _seconds(row.latency_ms),
        "tokens_used": row.tokens or 0,
        "cost": row.cost_usd or 0.0,
        "inputs": _payload(row.inputs),
        "outputs": _payload(row.outputs),
        "error_message": None,
        "prompt_variant": row.variant.label,
        "dataset": row.dataset,
        "score": row.score,
        "metadata": _payload(row.result_metadata),
    }


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    """Return what a tool said beyond the common fields."""
    if origin is None:
        return None
    scores = [_known(score._asdict()) for score in origin.scores]
    return _known({**origin._asdict(), "scores": scores or None})


def _seconds(ms: float | None) -> float:
    """Return milliseconds as seconds that give the same milliseconds when read, 0 for unknown."""
    if ms is None:
        return 0.0
    near = ms / MS_PER_S
    candidates = (near, math.nextafter(near, 0), math.nextafter(near, math.inf))
    return next((one for one in candidates if one * MS_PER_S == ms), near)


def _payload(text: str | None) -> Raw:
    return Raw(b"{}" if text is None else text.encode())


def _known(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value is not None}


def _figures(row: TaskRow) -> TaskFigures:
    return TaskFigures(
        row.status, _seconds(row.latency_ms), row.tokens or 0, row.cost_usd or 0.0, row.attempts
    )
