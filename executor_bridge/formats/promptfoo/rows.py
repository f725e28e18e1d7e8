"""One result of promptfoo: what an `EvaluateResult` says of a test under a prompt and a provider.

Field names after promptfoo's `src/types/index.ts`; JSON, YAML and JSONL files hold the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct, field

from executor_bridge.outcomes import Outcome, case_of_content, known, number, whole
from executor_bridge.seen import Seen
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Score, Variant

ASSERT = 1
"""`failureReason` of a task that an assertion failed."""

STRIPPED_TEXT = "[output stripped]"
STRIPPED_OUTPUT = f'"{STRIPPED_TEXT}"'.encode()
STRIPPED_PROMPT = "[prompt stripped]"
TIMED_OUT = re.compile(r"(?:Error: )?Evaluation (?:timed out after|exceeded max)")
ABORTED = re.compile(r"(?:Error: )?(?:Abort(?:ed|Error)|Operation (?:cancelled|aborted))\b")
VARIABLE = re.compile(r"{{\s*(?P<name>[\w.-]+)\s*}}")
ASSERT_SET = "assert-set"
"""How a result that puts several assertions together is called."""

DESCRIPTION_CHARS = 60
COUNTS = ("testPassCount", "testFailCount", "testErrorCount")
NOTHING = (b"", b"null", b"{}", b"[]")
LONGEST_NOTHING = 4
PLAIN_AMOUNT = 1e9
"""No number up to this is out of range."""

SCENARIOS = frozenset({"normal", "boundary", "error", "custom"})
FINISHED = frozenset({"succeeded", "failed"})


class Usage(Struct, rename="camel", gc=False):
    """Tokens; `cached` are those that came from a cache."""

    prompt: Any = None
    completion: Any = None
    cached: Any = None
    total: Any = None
    assertions: Any = None


class Assertion(Struct, gc=False):
    """What was asserted."""

    type: str | None = None
    metric: str | None = None


class Grading(Struct, rename="camel", gc=False):
    """What one assertion said, or all of them together."""

    passed: bool | None = field(default=None, name="pass")
    score: Any = None
    reason: Any = None
    named_scores: Any = None
    named_scores_of_python: Any = field(default=None, name="named_scores")
    tokens_used: Any = None
    component_results: list[Grading | None] | None = None
    assertion: Assertion | None = None


class Response(Struct, rename="camel", gc=False):
    """What the provider answered."""

    output: Raw = Raw()
    error: Any = None
    cached: bool | None = None
    cost: Any = None
    latency_ms: Any = None
    token_usage: Usage | None = None


class Provider(Struct, gc=False):
    """What was asked: its id, its label, and in JSONL its configuration."""

    id: str | None = None
    label: str | None = None
    config: Any = None


class Prompt(Struct, gc=False):
    """A prompt: in the head of a file its template, in a row what was made of it."""

    raw: str | None = None
    label: str | None = None
    id: str | None = None
    provider: str | None = None
    config: Any = None
    metrics: dict[str, Any] | None = None


class CaseMetadata(Struct, rename="camel", gc=False):
    """What users say of a test."""

    test_case_id: Any = None
    scenario: Any = None
    dataset: Any = None
    family: Any = None


class TestCase(Struct, gc=False):
    """A test."""

    id: Any = None
    description: str | None = None
    vars: Raw = Raw()
    assertions: Raw = field(default=Raw(), name="assert")
    metadata: CaseMetadata | None = None


class Row(Struct, rename="camel", gc=False):
    """One result. What is only kept stays text."""

    success: bool
    id: str | None = None
    prompt_idx: int | None = None
    test_idx: int | None = None
    test_case: TestCase | None = None
    description: str | None = None
    provider: Provider | str | None = None
    prompt: Prompt | str | None = None
    prompt_id: str | None = None
    vars: Raw = Raw()
    response: Response | None = None
    error: str | None = None
    failure_reason: int | None = None
    score: Any = None
    latency_ms: Any = None
    grading_result: Grading | None = None
    named_scores: dict[str, Any] | None = None
    cost: Any = None
    metadata: Raw = Raw()
    token_usage: Usage | None = None
    trace_id: str | None = None

    @property
    def provider_id(self) -> str | None:
        """What was asked."""
        told = self.provider
        return told.id if isinstance(told, Provider) else told

    @property
    def provider_label(self) -> str | None:
        """What the user calls it."""
        return (self.provider.label or None) if isinstance(self.provider, Provider) else None

    @property
    def rendered(self) -> Prompt:
        """The prompt as it was sent."""
        told = self.prompt
        return told if isinstance(told, Prompt) else Prompt(raw=told, label=told)

    @property
    def case_vars(self) -> Raw:
        """The variables of the test, as they were given."""
        given = self.test_case.vars if self.test_case is not None else self.vars
        return self.vars if is_nothing(given) else given

    @property
    def is_cached(self) -> bool:
        """Whether the answer came from promptfoo's cache."""
        return self.response is not None and self.response.cached is True

    @property
    def answer(self) -> Raw:
        """What came out."""
        return Raw() if self.response is None else self.response.output


class Figures(NamedTuple):
    """The state and the numbers of a result, as in `Outcome`."""

    status: str
    score: float | None
    latency_ms: float | None
    tokens: int | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost_usd: float | None
    judge_tokens: int | None


def outcome(
    place: str,
    row: Row,
    variant: Variant,
    *,
    contested: Container[int] = frozenset(),
    by_position: bool = False,
    settings: IngestSettings,
) -> Outcome:
    """Return what a result says.

    Args:
        place: Where it stands, for want of an id.
        row: The result.
        variant: What was executed.
        contested: Tests that only their assertions tell apart, as `told_apart_by` numbers them.
        by_position: Whether its position is all that is known of its test.
        settings: Which scorer is asked for.
    """
    scores = scores_of(row)
    figures = figures_of(row, scores, settings)
    said = _said(row)
    case_id, case_source = case_of(row, contested=contested, by_position=by_position)
    scenario = said.scenario
    return Outcome(
        key=row.id or place,
        case_id=case_id,
        case_source=case_source,
        variant=variant,
        status=figures.status,
        message=None if row.success else _message(row),
        score=figures.score,
        scores=scores,
        latency_ms=figures.latency_ms,
        cached=None if row.response is None else row.response.cached,
        tokens=figures.tokens,
        tokens_in=figures.tokens_in,
        tokens_out=figures.tokens_out,
        tokens_cached=figures.tokens_cached,
        cost_usd=figures.cost_usd,
        judge_tokens=figures.judge_tokens,
        dataset=said.dataset if isinstance(said.dataset, str) else None,
        scenario=scenario if isinstance(scenario, str) and scenario in SCENARIOS else "normal",
        family=said.family if isinstance(said.family, str) else None,
        request_id=row.trace_id,
        inputs=_inputs(row),
        outputs=_outputs(row),
        metadata=_object(row.metadata),
    )


def figures_of(row: Row, scores: Sequence[Score], settings: IngestSettings) -> Figures:
    """Return the state and the numbers of a result.

    Args:
        row: The result.
        scores: What its scorers said; of no use where none is asked for.
        settings: Which scorer is asked for.
    """
    status, usage = status_of(row), _usage(row)
    response = row.response or NO_RESPONSE
    tokens_in, tokens_out = whole(usage.prompt), whole(usage.completion)
    is_split = bool(tokens_in or tokens_out)
    return Figures(
        status,
        _primary(row, scores, settings) if status in FINISHED else None,
        known(row.latency_ms) or known(response.latency_ms),
        whole(usage.total) or None,
        tokens_in if is_split else None,
        tokens_out if is_split else None,
        whole(usage.cached) or None,
        known(response.cost) or known(row.cost),
        _judge_tokens(row),
    )


def look(row: Row, seen: Seen, settings: IngestSettings) -> None:
    """Take the numbers of a result into account, as they are when it becomes an outcome."""
    seen.n += 1
    if settings.score is None and _is_plain(row):
        return
    scores = () if settings.score is None else scores_of(row)
    seen.scorers.update((score.name, None) for score in scores)
    figures = figures_of(row, scores, settings)
    seen.rate(figures.score)
    seen.amount("latency", figures.latency_ms)
    seen.count("tokens", figures.tokens)
    seen.count("tokens in", figures.tokens_in)
    seen.count("tokens out", figures.tokens_out)
    seen.count("cached tokens", figures.tokens_cached)
    seen.count("judge tokens", figures.judge_tokens)
    seen.amount("cost", figures.cost_usd)


def _is_plain(row: Row) -> bool:
    """Tell at one glance whether all numbers of a result are such as numbers mostly are."""
    response, grading, usage = row.response or NO_RESPONSE, row.grading_result, _usage(row)
    try:
        return (
            0 <= (row.score or 0) <= 1
            and 0 <= (row.latency_ms or response.latency_ms or 0) <= PLAIN_AMOUNT
            and 0 <= (response.cost or row.cost or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.total or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.prompt or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.completion or 0) <= PLAIN_AMOUNT
            and 0 <= (usage.cached or 0) <= PLAIN_AMOUNT
            and (usage.assertions is None or _is_plain_total(usage.assertions))
            and (grading is None or _is_plain_total(grading.tokens_used))
        )
    except (TypeError, AttributeError):
        return False


def _is_plain_total(tokens: Any) -> bool:
    return not tokens or 0 <= (tokens.get("total") or 0) <= PLAIN_AMOUNT


def status_of(row: Row) -> str:
    """Return the state of a task.

    An error text does not make an error: it is where promptfoo puts the reason of a failed
    assertion. What did not pass and was not failed by an assertion is an error, as in promptfoo's
    own JUnit report; rows from before `failureReason` failed where they were graded.
    """
    if row.success:
        return "succeeded"
    is_failed = row.failure_reason == ASSERT
    if row.failure_reason is None:
        is_failed = row.grading_result is not None
    if is_failed:
        return "failed"
    return unfinished(_message(row))


def unfinished(message: str | None) -> str:
    """Return the state of a task that did not come to its end: timeout, cancelled or error."""
    if TIMED_OUT.match(message or ""):
        return "timeout"
    return "cancelled" if ABORTED.match(message or "") else "error"


def case_of(row: Row, *, contested: Container[int], by_position: bool) -> tuple[str, CaseSource]:
    """Return which test a result is of, and how that is known.

    Its id in `testCase.metadata.testCaseId` or `testCase.id`, else its description and variables,
    with its assertions where only those tell tests of the file apart, or where there is nothing
    else. Options, thresholds and providers of a test do not count.
    """
    test, said = row.test_case, _said(row)
    for given in (said.test_case_id, test and test.id):
        if given and isinstance(given, str):
            return given, CaseSource.GIVEN
    if by_position:
        return f"test {row.test_idx}", CaseSource.TASK
    content: dict[str, Any] = {}
    if description := _description(row):
        content["description"] = description
    if not is_nothing(row.case_vars):
        content["vars"] = msgspec.json.decode(row.case_vars)
    is_contested = bool(contested) and told_apart_by(row)[0] in contested
    if test is not None and (is_contested or not content) and not is_nothing(test.assertions):
        content["assert"] = msgspec.json.decode(test.assertions)
    return case_named(content), CaseSource.CONTENT


def case_named(content: Mapping[str, Any]) -> str:
    """Return the identity of a test by what makes it up, its description in front."""
    words = " ".join(str(content.get("description", "")).split())[:DESCRIPTION_CHARS]
    return f"{words} #{case_of_content(content)}" if words else case_of_content(content)


def told_apart_by(row: Row) -> tuple[int, int]:
    """Return numbers for a test without its assertions, and with them."""
    test = row.test_case
    plain = hash((_description(row), bytes(row.case_vars)))
    return plain, hash((plain, b"" if test is None else bytes(test.assertions)))


def has_given_case(row: Row) -> bool:
    """Tell whether the user named the test."""
    return bool(_said(row).test_case_id or (row.test_case is not None and row.test_case.id))


def template_in(row: Row) -> str | None:
    """Return the label of a prompt where it is the template: the variables put in make the prompt.

    promptfoo labels so every prompt to which the user gave no label.
    """
    sent = row.rendered
    if not sent.label or sent.raw is None or is_nothing(row.vars):
        return sent.raw if sent.raw is not None and sent.raw == sent.label else None
    values = msgspec.json.decode(row.vars)

    def value(match: re.Match[str]) -> str:
        found = values.get(match["name"]) if isinstance(values, dict) else None
        return found if isinstance(found, str) else match[0]

    return sent.label if VARIABLE.sub(value, sent.label) == sent.raw else None


def is_nothing(raw: Raw) -> bool:
    """Tell whether JSON text says nothing."""
    view = memoryview(raw)
    return view.nbytes <= LONGEST_NOTHING and bytes(view) in NOTHING


def promised(prompt: Prompt) -> int | None:
    """Return how many results promptfoo counted of a prompt, None where it did not."""
    counts = [whole((prompt.metrics or {}).get(name)) for name in COUNTS]
    return None if counts[0] is None else sum(count or 0 for count in counts)


def scores_of(row: Row) -> tuple[Score, ...]:
    """Return what each metric and each assertion said, every one by a name of its own."""
    grading = row.grading_result
    parts = (grading and grading.component_results) or ()
    named = row.named_scores or {}
    for part in parts:
        found = part and (part.named_scores or part.named_scores_of_python)
        if isinstance(found, Mapping):
            named = {**found, **named}
    if not named:
        return _unnamed(parts, {}) if parts else ()
    verdicts: dict[str, bool] = {}
    others = []
    for part in parts:
        metric = part and part.assertion and part.assertion.metric
        if part and metric and metric in named:
            verdicts[metric] = verdicts.get(metric, True) and part.passed is True
        else:
            others.append(part)
    metrics = [Score(name, number(value), verdicts.get(name)) for name, value in named.items()]
    return (*metrics, *_unnamed(others, dict.fromkeys(named, 1)))


def _unnamed(parts: Iterable[Grading | None], seen: dict[str, int]) -> tuple[Score, ...]:
    """Return what assertions said; those of one name are numbered."""
    scores = []
    for part in parts:
        if part is not None:
            told, reason = part.assertion, part.reason
            name = (told and (told.metric or told.type)) or ASSERT_SET
            n = seen[name] = seen.get(name, 0) + 1
            unique = name if n == 1 else f"{name}#{n}"
            text = reason if isinstance(reason, str) else None
            scores.append(Score(unique, number(part.score), part.passed, text))
    return tuple(scores)


def _primary(row: Row, scores: Sequence[Score], settings: IngestSettings) -> float | None:
    """Return the score asked for, else promptfoo's own."""
    if settings.score is None:
        return number(row.score)
    return next((score.value for score in scores if score.name == settings.score), None)


def _message(row: Row) -> str | None:
    """Return why a task did not pass."""
    response, grading = row.response, row.grading_result
    candidates = (row.error, response and response.error, grading and grading.reason)
    return next((text for text in candidates if text and isinstance(text, str)), None)


def _said(row: Row) -> CaseMetadata:
    test = row.test_case
    return (test and test.metadata) or NO_METADATA


def _description(row: Row) -> str | None:
    test = row.test_case
    return row.description if test is None else test.description


def _usage(row: Row) -> Usage:
    """Return the tokens of the system under test.

    Those of a row without `assertions` may have the graders' added: its answer's are better.
    """
    own = row.token_usage
    answered = row.response and row.response.token_usage
    if own is not None and own.assertions is not None and known(own.total):
        return own
    return answered or own or NO_USAGE


def _judge_tokens(row: Row) -> int | None:
    """Return the tokens of those who graded."""
    usage, grading = row.token_usage, row.grading_result
    apart = _total(usage.assertions) if usage is not None else None
    if apart is not None or grading is None:
        return apart
    return _total(grading.tokens_used)


def _total(tokens: Any) -> int | None:
    """Return the sum that a count of tokens states, None where it is none or 0."""
    return whole(known(tokens.get("total"))) if isinstance(tokens, dict) else None


def _inputs(row: Row) -> str | Mapping[str, Any] | None:
    """Return the variables, the prompt as it was sent where there are none."""
    raw = row.vars if not is_nothing(row.vars) else row.case_vars
    text = _object(raw)
    if text is not None:
        return text
    sent = row.rendered.raw
    return {"prompt": sent} if sent and sent != STRIPPED_PROMPT else None


def _outputs(row: Row) -> str | None:
    """Return the answer as an object."""
    raw = row.answer
    if bytes(memoryview(raw)[:4]) in (b"", b"null") or bytes(raw) == STRIPPED_OUTPUT:
        return None
    return f'{{"output":{str(raw, "utf-8", "replace")}}}'


def _object(raw: Raw) -> str | None:
    """Return an object as JSON text, None where there is nothing in it or it is none."""
    if is_nothing(raw) or bytes(memoryview(raw)[:1]) != b"{":
        return None
    return str(raw, "utf-8", "replace")


NO_METADATA = CaseMetadata()
NO_USAGE = Usage()
NO_RESPONSE = Response()
