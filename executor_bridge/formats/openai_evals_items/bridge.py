"""Output items of runs of the OpenAI platform's Evals, as its API returns them.

Written for `GET /v1/evals/{eval_id}/runs/{run_id}/output_items` as of 2025 and 2026. What the API
returns says of itself what it is (`"object": "eval.run.output_item"`, `"eval.run"`, `"eval"`), so
that items, their runs and their evals may stand in one file in any arrangement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from executor_bridge.amounts import known, whole
from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.clock import of_epoch
from executor_bridge.formats.openai_evals_items.grading import (
    STATES,
    judge_tokens,
    primary,
    scores_of,
    status_of,
    unjudged,
)
from executor_bridge.formats.openai_evals_items.items import About, Found, Item, found_in
from executor_bridge.lenient import Skipped
from executor_bridge.meaning import Case, canonical
from executor_bridge.outcomes import (
    NO_TIME,
    Outcome,
    RunFacts,
    case_of_content,
    file_time,
    variant_of,
)
from executor_bridge.runs import run_of
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Reading, Run, Source, Variant

OBJECT = re.compile(
    rb'"object"\s*:\s*"eval(?:\.run(?:\.output_item)?)?"|"datasource_item(?:_id)?"\s*:'
)
ANSWERED_BY = ("response_id", "agent_name", "agent_version")
"""What Azure AI Foundry puts into an item that an agent answered: no part of what was asked."""

INSTRUCTING = ("system", "developer")
SAMPLING = ("temperature", "top_p", "max_completion_tokens")
COUNTS = {"total": None, "passed": "succeeded", "failed": "failed", "errored": "error"}
"""How a run counts its items, and the state of a task that each count is of; None for all."""


class OpenaiEvalsItems:
    """The bridge of the OpenAI platform's Evals."""

    name: ClassVar[str] = "openai_evals_items"
    wants: ClassVar[str] = 'objects "eval.run.output_item", which may stand with their "eval.run"'
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="OpenAI platform Evals: output items of runs, as the API returns them",
        versions="the API of 2025 and 2026",
        carried_over=(
            "a page, a list or lines of output items, of one run or of several; with them, in any "
            "arrangement, the objects of their runs and evals",
            "datasource_item is the case, known by its own case_id if it has one, else by its "
            "content without what begins with `sample` and, of Azure AI Foundry, without the agent "
            "that answered, whose name and version label the variant",
            "pass, fail, error as the item's status says, else by its graders; each grader's score "
            "and word, the first grader's score being that of the task",
            "tokens and cached tokens of the answer; a grader's own as judge tokens",
            "variant: model, sampling parameters, and as prompt the run's template or, where the "
            "run is not in the file, the system and developer messages if all items share them",
            "result_counts of a run are checked against its items",
        ),
        lost=(
            "there are no latencies and no costs; an item's time is taken for no more than when "
            "its run began",
            "finish reasons, seeds, answers of grading models, reports",
            "without the run: its name, the name of the eval, the prompt template",
        ),
        example='{"object": "list", "has_more": false, "data": [\n'
        ' {"object": "eval.run.output_item", "id": "outputitem_1", "run_id": "evalrun_1",\n'
        '  "eval_id": "eval_1", "created_at": 1772366400, "status": "pass",\n'
        '  "datasource_item_id": 0, "datasource_item": {"question": "Capital of France?"},\n'
        '  "results": [{"name": "match", "type": "string_check", "score": 1.0, "passed": true}],\n'
        '  "sample": {"model": "gpt-x", "output": [{"role": "assistant", "content": "Paris"}],\n'
        '   "usage": {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 13}}}]}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file begins with an object of the platform's Evals."""
        is_json = head.shape in (Shape.OBJECT, Shape.LIST)
        return is_json and OBJECT.search(head.start) is not None

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the items of a file, those of each run as one run.

        Raises:
            FormatError: The file is damaged or holds no item; the error says where.
        """
        skipped = Skipped(settings)
        found = found_in(source, skipped)
        runs = [
            _run(run_id, found, source, settings, skipped, place=place)
            for place, run_id in enumerate(found.items, 1)
        ]
        return skipped.reading(source, runs)


def _run(
    run_id: str,
    found: Found,
    source: Source,
    settings: IngestSettings,
    skipped: Skipped,
    *,
    place: int,
) -> Run:
    """Return a run with its items."""
    items = found.items[run_id]
    run = found.runs.get(run_id) or About(run_id)
    eval_id = run.eval_id or next((item.eval_id for item in items.values()), None)
    told = found.evals.get(eval_id or "") or About(eval_id or "")
    variant = _variant(run, list(items.values()))
    outcomes = [_outcome(key, item, variant, settings) for key, item in items.items()]
    times = [item.created_at for item in items.values() if item.created_at]
    began = of_epoch(run.created_at or min(times, default=None))
    facts = RunFacts(
        run_id=run_id,
        workflow_id=settings.workflow or told.name or eval_id or OpenaiEvalsItems.name,
        started_at=began or file_time(source),
        tool=OpenaiEvalsItems.name,
        metadata={
            **(told.metadata or {}),
            **(run.metadata or {}),
            "eval_id": eval_id,
            "eval": told.name,
            "run": run.name,
            "status": run.status,
            "judge": _judge(told),
        },
        warnings=(
            *([] if began else [NO_TIME]),
            *_caveats(run, found, outcomes),
            *_unscored(outcomes, settings),
            *_unpassed(items.values()),
            *skipped.warnings(),
        ),
    )
    return run_of(facts, outcomes, source=source, settings=settings, place=place)


def _caveats(run: About, found: Found, outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield what a reader should know of a run."""
    if run.id not in found.runs:
        yield "the run itself is not in the file: its name and prompt template are unknown"
    elif run.status not in (None, "completed"):
        yield f"the run is {run.status}: what it has is read"
    if found.has_more.get(run.id):
        yield "the list of items goes on where the file ends: fetch its next pages too"
    if found.n_twice[run.id]:
        yield f"items that occur again, taken once: {found.n_twice[run.id]}"
    states = Counter(outcome.status for outcome in outcomes)
    for name, state in COUNTS.items():
        said = whole((run.result_counts or {}).get(name))
        counted = len(outcomes) if state is None else states[state]
        if said is not None and said != counted:
            yield f"the run counts {said} {name}, the items give {counted}"


def _unscored(outcomes: Sequence[Outcome], settings: IngestSettings) -> Iterator[str]:
    """Say so where no grader is the one asked for."""
    if settings.score and all(outcome.score is None for outcome in outcomes):
        names = dict.fromkeys(score.name for outcome in outcomes for score in outcome.scores)
        yield f"there is no grader {settings.score} to take as the score: {', '.join(names)}"


def _unpassed(items: Iterable[Item]) -> Iterator[str]:
    """Say so where items were graded without being passed or failed."""
    n = sum(
        STATES.get((item.status or "").lower()) is None
        and all(result.passed is None for result in item.results or ())
        and unjudged(item) == "succeeded"
        for item in items
    )
    if n:
        yield f"items that no grader passed or failed: {n}; succeeded means that they ran"


def _judge(told: About) -> str | None:
    """Return the models that grade in an eval, None where none does."""
    models = [
        criterion["model"]
        for criterion in told.testing_criteria or ()
        if isinstance(criterion, dict) and isinstance(criterion.get("model"), str)
    ]
    return ", ".join(dict.fromkeys(models)) or None


def _variant(run: About, items: Sequence[Item]) -> Variant:
    """Return what was executed, as far as the run or else its items tell."""
    samples = [item.sample for item in items if item.sample]
    models = {sample["model"] for sample in samples if isinstance(sample.get("model"), str)}
    model = models.pop() if len(models) == 1 else run.model
    prompt, reference = _template(run)
    prompt = prompt or _shared_instructions(samples)
    unnamed = model if prompt else f"{model} {run.id}" if model else run.id
    name = run.name or _agent(items) or unnamed
    return variant_of(
        name or run.id,
        prompt=prompt,
        prompt_id=reference,
        model=model,
        parameters=_shared_parameters(samples),
    )


def _template(run: About) -> tuple[str | None, str | None]:
    """Return the prompt template of a run, and where in its items the prompt stands instead."""
    said = (run.data_source or {}).get("input_messages")
    if not isinstance(said, dict):
        return None, None
    template = said.get("template")
    reference = said.get("item_reference")
    text = _conversation(template) if isinstance(template, list) else None
    return text or None, reference if isinstance(reference, str) else None


def _shared_instructions(samples: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the instructing messages of the prompts where all have the same, else None."""
    texts = {_conversation(sample.get("input"), INSTRUCTING) for sample in samples}
    return texts.pop() or None if len(texts) == 1 else None


def _shared_parameters(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the sampling parameters where all answers have the same, else None."""
    told = [
        {name: sample[name] for name in SAMPLING if sample.get(name) is not None}
        for sample in samples
    ]
    return told[0] if len({canonical(one) for one in told}) == 1 else None


def _conversation(messages: object, roles: Sequence[str] = ()) -> str:
    """Return messages as a text, those of some roles only where these are named."""
    lines = []
    for message in messages if isinstance(messages, list) else ():
        role = message.get("role") if isinstance(message, dict) else None
        if role and (not roles or role in roles):
            lines.append(f"{role}: {_content(message)}")
    return "\n\n".join(lines)


def _content(message: Mapping[str, Any]) -> str:
    """Return what a message says; as JSON where it is more than a text."""
    content = message.get("content")
    if isinstance(content, dict) and isinstance(content.get("text"), str):
        content = content["text"]
    return content if isinstance(content, str) else canonical(content).decode()


def _outcome(key: str, item: Item, variant: Variant, settings: IngestSettings) -> Outcome:
    """Return what an item says."""
    sample = item.sample or {}
    said = sample.get("usage")
    usage = said if isinstance(said, dict) else {}
    content = _content_of(item)
    status, message = status_of(item, sample)
    case = _case(item, content)
    return Outcome(
        key=key,
        case_id=case.case_id,
        case_source=case.source,
        variant=variant,
        status=status,
        message=message,
        score=primary(item, settings),
        scores=tuple(scores_of(item)),
        tokens=whole(known(usage.get("total_tokens"))),
        tokens_in=whole(known(usage.get("prompt_tokens"))),
        tokens_out=whole(known(usage.get("completion_tokens"))),
        tokens_cached=whole(usage.get("cached_tokens")),
        judge_tokens=judge_tokens(item),
        inputs=content,
        outputs=_answer(sample, item),
    )


def _content_of(item: Item) -> dict[str, Any]:
    """Return what an item asks, without what stands there of the answer."""
    said = item.datasource_item or {}
    answered = ANSWERED_BY if said.keys() >= set(ANSWERED_BY) else ()
    return {
        name: value
        for name, value in said.items()
        if not name.startswith("sample") and name not in answered
    }


def _agent(items: Sequence[Item]) -> str | None:
    """Return the agent with its version that answered all items, None where none is told."""
    said = [item.datasource_item or {} for item in items]
    named = {
        " ".join(str(one[name]) for name in ANSWERED_BY[1:])
        for one in said
        if one.keys() >= set(ANSWERED_BY)
    }
    return named.pop() if len(named) == 1 else None


def _case(item: Item, content: Mapping[str, Any]) -> Case:
    """Return which case an item is: by its own name, else by its content, else by its number."""
    name = content.get("case_id")
    if isinstance(name, str) and name:
        return Case(name, CaseSource.GIVEN)
    if content:
        return Case(case_of_content(content), CaseSource.CONTENT)
    return Case(str(item.datasource_item_id), CaseSource.GIVEN)


def _answer(sample: Mapping[str, Any], item: Item) -> dict[str, Any] | None:
    """Return the answer: its text where it is one message, or where the item has it."""
    output = sample.get("output")
    if not isinstance(output, list) or not output:
        text = (item.datasource_item or {}).get("sample.output_text")
        return None if text is None else {"output": text}
    (first, *others) = output
    is_text = not others and isinstance(first, dict) and isinstance(first.get("content"), str)
    return {"output": first["content"] if is_text else output}
