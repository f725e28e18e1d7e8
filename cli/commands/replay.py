"""`optimizer replay`: what caches, limits and batches would have done to recorded requests."""

from __future__ import annotations

from typing import Annotated

from cli import options, typer
from cli.durations import seconds
from cli.output import show
from cli.reading.traffic import FromWorkflow, TraceFile, traffic
from cli.session import session
from cli.terminal.progress import counting

MS_OF_A_SECOND = 1e3


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
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Replay requests through caches: hit rate, savings, stale answers, and the one worth having.

    Example: optimizer replay caching trace.jsonl --ttl 10m --ttl 1h
    """
    from optimizer.models.caching import CachingReport
    from optimizer.pipeline.replaying import caching_settings
    from optimizer.replay.cache_settings import wanted
    from optimizer.replay.caching import study_caching
    from reports.gallery.replay_caching import replay_caching
    from reports.tables.replays import caching_tables

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
    document = replay_caching(report, limit=limit)
    show(document, report, json=json, outputs=output, tables=caching_tables(report))


def limits(
    trace: TraceFile = None,
    workflow: FromWorkflow = None,
    requests_per_second: Annotated[
        float | None,
        typer.Option("--requests-per-second", min=0.001, help="Limit of each tenant."),
    ] = None,
    requests_per_minute: Annotated[
        float | None,
        typer.Option("--requests-per-minute", min=0.001, help="Limit of each tenant."),
    ] = None,
    tokens_per_minute: Annotated[
        float | None,
        typer.Option("--tokens-per-minute", min=0.001, help="Limit of each tenant."),
    ] = None,
    cost_per_day: Annotated[
        float | None,
        typer.Option("--cost-per-day", min=0, help="What each tenant may spend in a day, in USD."),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", min=0, help="What all may spend in --every, in USD."),
    ] = None,
    every: Annotated[
        str, typer.Option("--every", help="Length of time of --budget, as 1h, 1d.")
    ] = "1d",
    burst: Annotated[
        float | None,
        typer.Option("--burst", min=1, help="How many times a limit may be used at once."),
    ] = None,
    hard: Annotated[
        bool, typer.Option("--hard", help="Refuse what does not fit in place of making it wait.")
    ] = False,
    adaptive: Annotated[
        bool, typer.Option("--adaptive", help="Let limits follow failures and slow answers.")
    ] = False,
    as_of: options.AsOf = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Replay requests through rate limits and budgets: who waits, how long, what is not overspent.

    Limits that are not named are those of the strategy rate_limiting and of the budgets.

    Example: optimizer replay limits trace.jsonl --tokens-per-minute 200000
    """
    from optimizer.models.limits import Quota, SpendLimit
    from optimizer.pipeline.limiting import limit_plan, limit_settings, limits_report
    from reports.gallery.replay_limits import replay_limits
    from reports.tables.replays import limit_tables

    here = session(store, config, set_)
    found = traffic(trace, workflow, here, as_of=as_of)
    settings = limit_settings(here.loaded.config, adaptive=adaptive)
    plan = limit_plan(
        here.loaded.config,
        settings,
        workflow_id=workflow,
        quota=Quota(
            max_requests_per_minute=requests_per_minute,
            max_tokens_per_minute=tokens_per_minute,
            max_cost_per_day=cost_per_day,
        ),
        requests_per_second=requests_per_second,
        budget=None
        if budget is None
        else SpendLimit(name="budget", limit_usd=budget, period_s=seconds("--every", every)),
        burst=burst,
        hard=hard,
    )
    report = limits_report(
        found.requests, plan, settings, subject=found.subject, warnings=found.warnings
    )
    tables = limit_tables(report)
    show(replay_limits(report), report, json=json, outputs=output, tables=tables)


def batching(
    trace: TraceFile = None,
    workflow: FromWorkflow = None,
    size: Annotated[
        list[int] | None,
        typer.Option("--size", min=1, help="Most requests of a batch; repeatable."),
    ] = None,
    wait: Annotated[
        list[str] | None,
        typer.Option("--wait", help="Longest wait of its first request, as 50ms, 1s; repeatable."),
    ] = None,
    any_kind: Annotated[
        bool,
        typer.Option("--any-kind", help="Put variants and task types together in one batch."),
    ] = False,
    as_of: options.AsOf = None,
    store: options.Store = None,
    config: options.ConfigFiles = None,
    set_: options.Overrides = None,
    output: options.TableOutputs = None,
    json: options.Json = False,
) -> None:
    """Replay requests through batchers: how full, how much wait, how many calls less.

    Example: optimizer replay batching trace.jsonl --size 5 --size 10 --wait 100ms
    """
    from optimizer.pipeline.limiting import batch_plans, batch_settings, batching_report
    from reports.gallery.replay_batching import replay_batching
    from reports.tables.replays import batching_tables

    here = session(store, config, set_)
    found = traffic(trace, workflow, here, as_of=as_of)
    settings = batch_settings(here.loaded.config)
    plans = batch_plans(
        settings,
        sizes=size,
        waits_ms=None if wait is None else [MS_OF_A_SECOND * seconds("--wait", w) for w in wait],
        any_kind=any_kind,
    )
    report = batching_report(
        found.requests,
        plans,
        settings,
        subject=found.subject,
        has_prompts=not found.is_workflow,
        warnings=found.warnings,
    )
    tables = batching_tables(report)
    show(replay_batching(report), report, json=json, outputs=output, tables=tables)
