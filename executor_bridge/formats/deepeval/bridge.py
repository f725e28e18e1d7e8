"""Test runs of deepeval: `test_run_*.json` of a results folder, `.deepeval/.latest_run_full.json`.

Written for deepeval 1.0 to 4.3 (classes `TestRun`, `LLMApiTestCase`, `ConversationalApiTestCase`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from msgspec import Raw

from executor_bridge.amounts import known, number, whole
from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.clock import Clock, told_time
from executor_bridge.formats.deepeval.run import Case, Prompt, TestRun, Wrapped
from executor_bridge.lenient import Skipped, decoded, rows
from executor_bridge.outcomes import (
    NO_TIME,
    Outcome,
    RunFacts,
    case_of_content,
    file_time,
    variant_of,
)
from executor_bridge.runs import as_text, run_of
from optimizer.models.errors import Fault, FormatError
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Reading, Score, Source, Variant, text_sha256

FILE_TIME = re.compile(r"test_run_(?P<day>\d{8})_(?P<time>\d{6})(?:_\d+)?(?:\.\w+)*$")
MADE_UP_NAME = re.compile(
    r"(?:conversational_)?test_case_(?:\d+|None)$|.*\[[A-Za-z_]*(?:0|[1-9]\d*)\]$"
)
"""Names that only count: those of deepeval, and those of pytest for parameters without a name."""

TELLING = (b'"actualOutput"', b'"metricsData"')
CACHE, LINK = "test_cases_lookup_map", "testRunLink"
WITHOUT_RUN = ((CACHE,), (LINK,))
"""What files of deepeval begin with that hold no test run."""

MODEL_KEYS = ("model", "model_name")
PROVIDER_KEYS = ("provider", "model_provider")
PROMPT_KEYS = ("prompt", "prompt_template", "system_prompt")
MS_PER_S = 1000


class Deepeval:
    """The bridge of deepeval."""

    name: ClassVar[str] = "deepeval"
    wants: ClassVar[str] = "testCases of a test run, with metricsScores or conversationalTestCases"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="deepeval: a test run, as results_folder and .deepeval/.latest_run_full.json keep",
        versions="deepeval 1.0 to 4.3",
        carried_over=(
            "success of a test case, which flaky metrics do not decide: passed or failed; a case "
            "without success, or whose metrics all broke, is an error",
            "every metric by name with its success; the score is the metric of --score, else the "
            "mean of the metrics that are not flaky and of which more is better",
            "completionTime as latency, tokenCost and token counts of the test case",
            "evaluationCost and the tokens of metrics as those of the judge",
            "name of a case; where it only counts (test_case_3, [golden3]) or is used for several "
            "cases: a hash of input and expected output",
            "prompts, model and other hyperparameters as the variant; a case met again is a repeat",
            "time of the file name, which is when the run was saved, in assume_timezone",
        ),
        lost=(
            "runDuration of test cases, which includes judging",
            "traces and spans, verbose logs of metrics, classifications",
            "cases run again by pytest are kept as repeats: the file does not tell them apart",
            "runs kept in deepeval.db (DEEPEVAL_LOCAL_STORE=sqlite)",
        ),
        example='{"testFile": "test_answers.py", "testCases": [{"name": "capital",\n'
        '  "input": "Capital of France?", "actualOutput": "Paris", "expectedOutput": "Paris",\n'
        '  "completionTime": 0.8, "tokenCost": 0.0002, "success": true, "order": 0,\n'
        '  "metricsData": [{"name": "Correctness", "threshold": 0.5, "success": true,\n'
        '    "score": 0.9, "evaluationCost": 0.001}], "evaluationCost": 0.001}],\n'
        '  "conversationalTestCases": [], "metricsScores": [], "identifier": "nightly",\n'
        '  "hyperparameters": {"model": "small", "temperature": "0"}, "runDuration": 2.5}',
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file is one object with test cases and what only a test run has."""
        if head.shape is not Shape.OBJECT:
            return False
        if head.keys[:1] in WITHOUT_RUN:
            return True
        is_told = any(telling in head.start for telling in TELLING)
        is_run = is_told or head.has("metricsScores") or head.has("conversationalTestCases")
        is_wrapped = head.has("testRunData") and (is_told or "testRunData.testCases" in head.inner)
        return (head.has("testCases") and is_run) or is_wrapped

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the test run of a file.

        Raises:
            FormatError: The file is damaged; the error says where.
        """
        run = _test_run(source)
        skipped = Skipped(settings)
        told = [*_cases(run, skipped)]
        clock = Clock(settings.assume_timezone)
        started_at = _named_time(source, clock)
        facts = RunFacts(
            run_id=f"{run.identifier or run.test_file or self.name}-{source.sha256[:16]}",
            workflow_id=settings.workflow or _workflow(run),
            started_at=started_at or file_time(source),
            duration_s=known(run.run_duration),
            tool=self.name,
            assumed_timezone=settings.assume_timezone if clock.n_naive else None,
            metadata=_metadata(run),
            warnings=(
                *(() if started_at else (NO_TIME,)),
                *_doubts(run, [case for _, case in told]),
                *skipped.warnings(),
            ),
        )
        outcomes = [*_outcomes(told, run, settings)]
        return skipped.reading(source, [run_of(facts, outcomes, source=source, settings=settings)])


def _test_run(source: Source) -> TestRun:
    """Return the test run of a file, also where it is wrapped as `.latest_test_run.json` has it."""
    fields = decoded(source.content, dict[str, Raw], source)
    if "testRunData" not in fields and not fields.keys().isdisjoint((CACHE, LINK)):
        raise _without_run(source, next(iter(fields)))
    if "testRunData" in fields:
        return decoded(source.content, Wrapped, source).test_run_data
    return decoded(source.content, TestRun, source)


def _without_run(source: Source, field: str) -> FormatError:
    """Return the error for a file of deepeval that says nothing of the cases of a run."""
    kept = "where a run is shown" if field == LINK else "verdicts of earlier runs, kept for reuse"
    fault = Fault(place=field, found=kept, expected="testCases of a test run")
    hint = "Give the test_run_*.json of a results folder, or .deepeval/.latest_run_full.json."
    return FormatError(source.path, (fault,), hint=hint)


def _cases(run: TestRun, skipped: Skipped) -> Iterator[tuple[str, Case]]:
    """Yield the test cases and then the conversations, with their places."""
    single = ((f"testCases[{n}]", raw) for n, raw in enumerate(run.test_cases))
    yield from rows(single, Case, skipped)
    talks = enumerate(run.conversational_test_cases)
    yield from rows(((f"conversationalTestCases[{n}]", raw) for n, raw in talks), Case, skipped)


def _named_time(source: Source, clock: Clock) -> datetime | None:
    """Return the time in the name of a file, None where there is none.

    Raises:
        FormatError: Times without a zone are refused.
    """
    match = FILE_TIME.search(source.path)
    if match is None:
        return None
    return told_time(f"{match['day']}T{match['time']}", clock, source, place="file name")


def _workflow(run: TestRun) -> str:
    return run.test_file or run.identifier or run.dataset_alias or Deepeval.name


def _metadata(run: TestRun) -> dict[str, Any]:
    """Return what the run says of itself beyond its cases."""
    return _present(
        test_file=run.test_file,
        identifier=run.identifier,
        hyperparameters=run.hyperparameters,
        dataset_alias=run.dataset_alias,
        dataset_id=run.dataset_id,
    )


def _doubts(run: TestRun, cases: Sequence[Case]) -> Iterator[str]:
    """Yield what a reader should know of the verdicts."""
    n_promised = (run.test_passed or 0) + (run.test_failed or 0)
    if n_promised > len(cases):
        yield f"testPassed and testFailed count {n_promised} test cases, {len(cases)} were read"
    n_unjudged = sum(case.success is not None and not case.metrics for case in cases)
    if n_unjudged:
        yield f"{n_unjudged} of {len(cases)} test cases have no metric: succeeded means they ran"
    n_unscored = sum(_is_unscored(case) for case in cases)
    if n_unscored:
        yield (
            f"{n_unscored} of {len(cases)} test cases are failed though no metric scored them: "
            "deepeval may have been stopped before it did"
        )
    yield from (
        f"lower values of {name} are better: it is left out of the score"
        for name in sorted(_wanting_less(cases))
    )
    n_broken = sum(_is_failed_by_judges(case) for case in cases)
    if n_broken:
        yield (
            f"{n_broken} of {len(cases)} test cases are failed only because a metric broke, "
            "as deepeval counts them"
        )


def _is_failed_by_judges(case: Case) -> bool:
    """Tell whether a case failed although no metric that worked says so."""
    broke = [metric for metric in case.metrics if metric.error]
    verdicts = [one.success for one in case.metrics if not one.error and not one.flaky]
    return _status(case) == "failed" and bool(broke) and False not in verdicts


def _is_unscored(case: Case) -> bool:
    """Tell whether a case is failed by metrics that neither scored it nor broke."""
    told = [one.score is not None or one.error is not None for one in case.metrics]
    return _status(case) == "failed" and bool(told) and not any(told)


def _wanting_less(cases: Iterable[Case]) -> frozenset[str]:
    """Return the metrics of which less is better: wherever their verdict tells, it says so."""
    said: dict[str, bool] = {}
    for metric in (one for case in cases for one in case.metrics):
        if metric.wants_less is not None:
            said[metric.name] = said.get(metric.name, True) and metric.wants_less
    return frozenset(name for name, wants_less in said.items() if wants_less)


def _variant(run: TestRun) -> Variant:
    """Return what was executed: prompts, model and parameters, as far as the run says."""
    said = {key.lower().replace(" ", "_"): (key, one) for key, one in _plain(run).items()}
    prompts = run.prompts or []
    first = prompts[0] if prompts else Prompt()
    prompt = "\n\n".join(text for one in prompts if (text := one.text)) or None
    hashes = ",".join(one.hash for one in prompts if one.hash)
    model, provider = _taken(said, MODEL_KEYS), _taken(said, PROVIDER_KEYS)
    settings = {f"model_settings.{key}": one for key, one in (first.model_settings or {}).items()}
    if prompt is None and not hashes:
        prompt = _taken(said, PROMPT_KEYS)
    label = first.alias or run.identifier or run.test_file or "default"
    return variant_of(
        f"{label} {first.version}" if first.alias and first.version else label,
        prompt=prompt,
        prompt_id=first.hash,
        prompt_sha256=text_sha256(hashes) if hashes and prompt is None else None,
        provider=provider,
        model=model,
        parameters={**dict(said.values()), **settings},
    )


def _plain(run: TestRun) -> dict[str, Any]:
    """Return the hyperparameters, less those that name a prompt which the run lists."""
    found = run.hyperparameters or {}
    is_prompt = {key for key, one in found.items() if isinstance(one, dict) and run.prompts}
    return {key: one for key, one in found.items() if key not in is_prompt}


def _taken(said: dict[str, tuple[str, Any]], names: Sequence[str]) -> str | None:
    """Take the first of some hyperparameters that is a text out of them."""
    found = next((name for name in names if isinstance(said.get(name, ("", None))[1], str)), None)
    return None if found is None else said.pop(found)[1]


def _outcomes(
    told: Sequence[tuple[str, Case]], run: TestRun, settings: IngestSettings
) -> Iterator[Outcome]:
    """Yield what the test cases say; a name that stands for several of them names none."""
    variant = _variant(run)
    pairs = {(case.name, case_of_content(case.content)) for _, case in told}
    uses = Counter(name for name, _ in pairs)
    inverse = _wanting_less(case for _, case in told)
    for place, case in told:
        is_named = not MADE_UP_NAME.match(case.name) and uses[case.name] == 1
        case_id = case.name if is_named else case_of_content(case.content)
        source = CaseSource.GIVEN if is_named else CaseSource.CONTENT
        yield Outcome(
            key=f"{place} {case.name}",
            case_id=case_id,
            case_source=source,
            variant=variant,
            dataset=run.dataset_alias,
            status=_status(case),
            message=_reasons(case),
            score=_primary(case, inverse, settings),
            scores=_scores(case),
            latency_ms=_ms(case),
            tokens_in=whole(known(case.input_token_count)),
            tokens_out=whole(known(case.output_token_count)),
            cost_usd=known(case.token_cost),
            judge_tokens=_judge_tokens(case),
            judge_cost_usd=_judge_cost_usd(case),
            inputs=_inputs(case),
            outputs=_outputs(case),
            metadata=_said_of(case),
        )


def _ms(case: Case) -> float | None:
    seconds = known(case.completion_time)
    return None if seconds is None else seconds * MS_PER_S


def _scores(case: Case) -> tuple[Score, ...]:
    return tuple(
        Score(one.name, one.score, one.success, one.error or one.reason) for one in case.metrics
    )


def _status(case: Case) -> str:
    """Return the state of a task: broken judges and no verdict are no failure of the task."""
    if case.success is None or (case.metrics and all(metric.error for metric in case.metrics)):
        return "error"
    return "succeeded" if case.success else "failed"


def _reasons(case: Case) -> str | None:
    """Return why metrics failed or broke, or None where none did."""
    said = [
        f"{one.name}: {one.error or one.reason or 'failed'}"
        for one in case.metrics
        if one.error or (one.success is False and not one.flaky)
    ]
    if not said and case.success is None:
        return "the test case has no verdict"
    return "; ".join(said) or None


def _primary(case: Case, inverse: Container[str], settings: IngestSettings) -> float | None:
    """Return the score asked for, else the mean of the metrics that are not flaky or inverse."""
    if settings.score is not None:
        asked = (metric.score for metric in case.metrics if metric.name == settings.score)
        return next(asked, None)
    scores = [
        found
        for one in case.metrics
        if not one.flaky and one.name not in inverse and (found := number(one.score)) is not None
    ]
    return sum(scores) / len(scores) if scores else None


def _judge_tokens(case: Case) -> int | None:
    counts = [
        count
        for one in case.metrics
        for count in (one.input_token_count, one.output_token_count)
        if count is not None
    ]
    return sum(counts) or None


def _judge_cost_usd(case: Case) -> float | None:
    """Return the price of judging, which deepeval sums up over the metrics of a case."""
    costs = [one.evaluation_cost for one in case.metrics if one.evaluation_cost is not None]
    return known(case.evaluation_cost) or known(sum(costs))


def _inputs(case: Case) -> str:
    return as_text(case.content | _present(context=case.context, user=case.user_description))


def _outputs(case: Case) -> str:
    is_text = case.multimodal_actual_output is None
    said = _present(
        output=case.actual_output if is_text else case.multimodal_actual_output,
        retrieval_context=case.retrieval_context,
        tools_called=case.tools_called,
        turns=case.turns or case.test_cases or None,
    )
    return as_text(said)


def _said_of(case: Case) -> str:
    """Return what else is said of a test case."""
    own = case.metadata or case.additional_metadata or {}
    return as_text(own | _present(tags=case.tags, comments=case.comments, flaky=case.flaky or None))


def _present(**said: Any) -> dict[str, Any]:
    """Return what is known of some fields."""
    return {name: value for name, value in said.items() if value is not None}
