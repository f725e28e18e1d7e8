"""What an observation of Langfuse says of a call to a model."""

from __future__ import annotations

from executor_bridge.amounts import known
from executor_bridge.formats.langfuse.rows import Row, amount, count, fields_of
from executor_bridge.meaning import canonical
from executor_bridge.tracing.genai import Call

EMBEDDING, GENERATION = "EMBEDDING", "GENERATION"
TOKENS = "TOKENS"
"""The unit of usage that counts; older rows may have counted characters."""


def call_of(row: Row) -> Call | None:
    """Return what an observation says of a call to a model."""
    tokens_in, tokens_out, tokens, cached = tokens_of(row)
    if row.type == EMBEDDING and tokens_out is None:
        tokens_out = 0
    parameters = {k: v for k, v in fields_of(row.model_parameters).items() if k != "seed"}
    costs = (row.total_cost, row.calculated_total_cost, fields_of(row.cost_details).get("total"))
    call = Call(
        is_inference=row.type in (GENERATION, EMBEDDING),
        is_embedding=row.type == EMBEDDING,
        tokens=tokens,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        tokens_cached=cached,
        cost_usd=next((cost for one in costs if (cost := known(amount(one)))), None),
        model=row.model or row.provided_model_name,
        provider=None,
        parameters=canonical(parameters).decode() if parameters else None,
        response_id=None,
    )
    return call if call.is_inference or call.has_usage else None


def tokens_of(row: Row) -> tuple[int | None, int | None, int | None, int | None]:
    """Return tokens in, out, in all and cached.

    Other kinds of tokens (cached, reasoning, audio) come on top of those in and out where the
    total says so, and are a part of them otherwise.
    """
    details = fields_of(row.usage_details) or fields_of(row.usage)
    unit = details.pop("unit", TOKENS)
    told = {name: n for name, value in details.items() if (n := count(value)) is not None}
    if unit not in (TOKENS, None) or not any(told.values()):
        return None, None, None, None
    total = told.pop("total", None)
    tokens_in, tokens_out = told.pop("input", None), told.pop("output", None)
    cached = sum(n for name, n in told.items() if _is_cache_read(name))
    extra_out = sum(n for name, n in told.items() if _is_out(name))
    extra_in = sum(told.values()) - extra_out
    if total is not None:
        base = (tokens_in or 0) + (tokens_out or 0)
        if total == base + extra_in + extra_out or total == base + extra_in:
            tokens_in = (tokens_in or 0) + extra_in
        if extra_out and total in (base + extra_in + extra_out, base + extra_out):
            tokens_out = (tokens_out or 0) + extra_out
    return tokens_in, tokens_out, total, cached or None


def _is_cache_read(name: str) -> bool:
    return "cache" in name and "creation" not in name and "write" not in name


def _is_out(name: str) -> bool:
    return "output" in name or "reasoning" in name
