"""`optimizer replay`: what caches, limits and batches would have done to recorded requests."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options
from cli.durations import seconds
from cli.output import show
from cli.progress import counting
from cli.session import session
from cli.traffic import FromWorkflow, TraceFile, traffic


def caching(
    trace: TraceFile = None,
    workflow: FromWorkflow = None,
    size: Annotated[
        list[int] | None,
        typer.Option("--size", min=1, help="Answers that a cache holds; repeatable."),
    ] = None,
    ttl: Annotated[
        list[str] | None,
        typer.Option("--ttl", help="How long an answer is served, as 10m, 1h; repeatable."),
    ] = None,
    threshold: Annotated[
        list[float] | None,
        typer.Option(
            "--threshold",
            min=0.01,
            max=1,
            help="Least similarity of inputs that share an answer, 0 to 1; repeatable.",
        ),
    ] = None,
    blocks: Annotated[
        list[int] | None,
        typer.Option("--blocks", min=1, help="Prefix blocks that a cache holds; repeatable."),
    ] = None,
    as_of: options.AsOf = None,
    limit: options.Limit = 12,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.Outputs = None,
    json: options.Json = False,
) -> None:
    """Replay requests through caches: hit rate, savings, stale answers, and the one worth having.

    Example: optimizer replay caching trace.jsonl --ttl 10m --ttl 1h
    """
    from optimizer.models.caching import CachingReport
    from optimizer.pipeline.replaying import caching_settings
    from optimizer.replay.caching import study_caching
    from optimizer.replay.settings import wanted
    from reports.gallery.replay_caching import replay_caching

    here = session(store, config, set_)
    settings = wanted(
        caching_settings(here.loaded.config),
        sizes=size,
        ttls_s=None if ttl is None else [seconds("--ttl", text) for text in ttl],
        thresholds=threshold,
        block_sizes=blocks,
    )
    found = traffic(trace, workflow, here, as_of=as_of)
    with counting("replay", len(found.requests)) as watch:
        study = study_caching(
            found.requests,
            settings,
            seed=here.loaded.config.evidence.seed,
            block_tokens=found.block_tokens,
            watch=watch,
        )
    report = CachingReport(
        subject=found.subject,
        is_workflow=found.is_workflow,
        warnings=found.warnings,
        study=study,
    )
    show(replay_caching(report, limit=limit), report, json=json, outputs=output)
