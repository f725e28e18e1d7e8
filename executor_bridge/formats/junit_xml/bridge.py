"""Test reports in JUnit XML, as pytest, promptfoo and most other test runners write them.

Written for promptfoo 0.121 (`-o out.junit.xml`) and pytest 7 to 9 (`--junitxml`), with what
pytest-rerunfailures, pytest-repeat, Maven Surefire and vitest-evals add to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from executor_bridge.amounts import known, number, whole
from executor_bridge.base import FormatNotes, Head, Shape
from executor_bridge.clock import Clock, told_time
from executor_bridge.formats.junit_xml.cases import (
    PROMPT_SUITE,
    Attempted,
    attempted,
    is_of_promptfoo,
    message_of,
    status_of,
)
from executor_bridge.formats.junit_xml.parts import (
    groups_of,
    missing,
    name_of,
    numbered,
    workflow_of,
)
from executor_bridge.formats.junit_xml.report import ROOTS, SCORED, Report, Suite, Test, report_of
from executor_bridge.json_text import shown
from executor_bridge.lenient import Skipped
from executor_bridge.outcomes import NO_TIME, Outcome, RunFacts, file_time, variant_of
from executor_bridge.runs import run_of
from optimizer.models.dataclass import dataclass
from optimizer.models.ingest import IngestSettings
from optimizer.models.tasks import CaseSource, Reading, Run, Score, Source, Variant

NAMED_SCORE = re.compile(r"(?:evals\.)?scores?\.(?P<name>.+?)(?:\.value)?$")
COUNTS = ("tokens", "tokens_in", "input_tokens", "tokens_out", "output_tokens", "tokens_cached")
NAMES = ("case_id", "dataset", "model", "prompt", "prompt_variant", "provider", "repeat", "variant")
READ = frozenset({*COUNTS, *NAMES, "cost", "cost_usd", "score"})
"""Properties of a test that have a place of their own; the others are kept as they are."""

MS_PER_S = 1000
LONGEST_S = 366 * 24 * 3600
"""Durations above are taken as unknown."""

Properties = Mapping[str, str]


class JUnitXml:
    """The bridge of JUnit XML."""

    name: ClassVar[str] = "junit"
    wants: ClassVar[str] = "<testsuites> or <testsuite> as the outermost element"
    notes: ClassVar[FormatNotes] = FormatNotes(
        summary="JUnit XML: a test report of pytest, promptfoo and most other test runners",
        versions="promptfoo 0.121, pytest 7 to 9; others as far as they write the same elements",
        carried_over=(
            "failure: failed; error: error; an error whose message says that time ran out, or a "
            "failure that raised a timeout: timeout; skipped tests are left out and counted",
            "classname::name is the case, of promptfoo the description alone, so that prompts and "
            "providers can be compared; property `case_id` wins",
            "each suite of promptfoo is a run, labelled by its name, [provider] prompt 1; suites "
            "of others are one run, or where they hold the same tests one for each suite or host",
            "time as latency, 0 being unknown; timestamp of a suite, in assume_timezone where it "
            "has no zone",
            "properties of a test: tokens, tokens_in, tokens_out, tokens_cached, cost (in USD), "
            "score, score.NAME, case_id, repeat; of a test or its suite: model, provider, prompt, "
            "prompt_variant, dataset; of a suite: workflow, git_sha, branch",
            "the score is the property, or `Score: ` in a failure of promptfoo; where no test has "
            "one: 1 for passed, 0 for failed",
            "repeats by the property, by order, or as pytest-repeat names them ([x-1-3]); a test "
            "run again (rerunFailure, flakyFailure, pytest-rerunfailures) counts once, as it "
            "ended, with its attempts",
        ),
        lost=(
            "stack traces, output of tests, hosts, file and line",
            "reasons and answers, which promptfoo does not write there; whether an answer came "
            "from its cache; which of its errors were timeouts",
            "files that declare a document type or entities are refused",
        ),
        example='<testsuites name="pytest tests"><testsuite name="answers" tests="2"\n'
        '  timestamp="2026-03-01T12:00:00+00:00" time="1.5">\n'
        '<testcase classname="test_answers" name="test_capital[France]" time="0.8">\n'
        '  <properties><property name="tokens_in" value="12"/></properties></testcase>\n'
        '<testcase classname="test_answers" name="test_capital[Peru]" time="0.7">\n'
        '  <failure message="expected Lima">AssertionError</failure></testcase>\n'
        "</testsuite></testsuites>",
    )

    def recognizes(self, head: Head, settings: IngestSettings) -> bool:
        """Tell whether the file is XML of test suites."""
        return head.shape is Shape.XML and bool(head.keys) and head.keys[0] in ROOTS

    def read(self, source: Source, settings: IngestSettings) -> Reading:
        """Read the runs of a file.

        Raises:
            FormatError: The file is damaged; the error says where.
        """
        report, skipped = report_of(source), Skipped(settings)
        for suite in report.suites:
            _leave_nameless(suite, skipped)
        groups = groups_of(report)
        runs = [
            _run(group, report, skipped, source=source, settings=settings, part=part)
            for part, group in numbered(groups)
        ]
        return skipped.reading(source, runs)


def _leave_nameless(suite: Suite, skipped: Skipped) -> None:
    """Take the tests without a name out of a suite."""
    for n, test in enumerate(suite.tests, 1):
        if not test.name:
            place = f"testsuite {shown(suite.name)}: testcase {n}: name"
            skipped.add(place, None, "the name of a test")
    suite.tests = [test for test in suite.tests if test.name]


def _run(
    suites: Sequence[Suite],
    report: Report,
    skipped: Skipped,
    *,
    source: Source,
    settings: IngestSettings,
    part: int | None,
) -> Run:
    """Return a run made of some suites, which may be one of several parts of a report."""
    clock = Clock(settings.assume_timezone)
    name = name_of(suites, report, part)
    said = report.properties | suites[0].properties
    is_promptfoo = is_of_promptfoo(suites[0])
    number = f"#{part}" if part else ""
    told = [(suite, one) for suite in suites for one in attempted(suite, report)]
    outcomes = _Outcomes(told=told, label=name, report=report, settings=settings)
    seconds = None if is_promptfoo or len(suites) > 1 else _seconds(suites[0].seconds)
    started_at = _started_at(suites, report, clock, source)
    facts = RunFacts(
        run_id=f"{name}-{source.sha256[:16]}{number}",
        workflow_id=settings.workflow or said.get("workflow") or workflow_of(suites, report, part),
        started_at=started_at or file_time(source),
        finished_at=started_at + timedelta(seconds=seconds) if started_at and seconds else None,
        duration_s=seconds,
        tool=JUnitXml.name,
        git_sha=said.get("git_sha"),
        branch=said.get("branch"),
        assumed_timezone=clock.zone_name if clock.n_naive else None,
        metadata=said,
        warnings=(
            *(() if started_at else (NO_TIME,)),
            *_doubts(suites, [one for _, one in told]),
            *skipped.warnings(),
        ),
    )
    return run_of(facts, outcomes, source=source, settings=settings, place=part or 1)


def _started_at(
    suites: Sequence[Suite], report: Report, clock: Clock, source: Source
) -> datetime | None:
    """Return when the first suite began, else the report, None where neither says so.

    Raises:
        FormatError: Times without a zone are refused.
    """
    found = [told_time(suite.timestamp or "", clock, source, place="timestamp") for suite in suites]
    if not any(found):
        found = [told_time(report.timestamp or "", clock, source, place="timestamp")]
    return min((time for time in found if time is not None), default=None)


def _doubts(suites: Sequence[Suite], told: Sequence[Attempted]) -> Iterator[str]:
    """Yield what a reader should know of what was left out or guessed."""
    n_skipped = sum(test.is_skipped for suite in suites for test in suite.tests)
    if n_skipped:
        yield f"{n_skipped} skipped {'test is' if n_skipped == 1 else 'tests are'} left out"
    yield from missing(suites)
    n_again = sum(one.n_attempts > 1 for one in told)
    if n_again:
        yield (
            f"{n_again} of {len(told)} tests were run again: "
            "only how the last attempt ended is counted"
        )
    n_numbered = sum(one.case_source is CaseSource.TASK for one in told)
    if n_numbered:
        yield (
            f"{n_numbered} of {len(told)} tests have no description: their case is their number "
            "in the file, and repeats are not recognized"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcomes:
    """What the tests of a run say, told anew whenever it is asked for."""

    told: Sequence[tuple[Suite, Attempted]]
    label: str
    report: Report
    settings: IngestSettings

    def __iter__(self) -> Iterator[Outcome]:
        own = (one.test.properties for _, one in self.told)
        is_scored = any("score" in said or any(_named(said)) for said in own)
        is_scored = is_scored or self.settings.score not in (None, "score")
        variants: dict[tuple[str | None, ...], Variant] = {}
        for suite, one in self.told:
            said = self.report.properties | suite.properties | one.test.properties
            variant = _variant(said, self.label, suite, variants)
            test = one.test
            score = _score(test.properties, self.settings) if is_scored else _verdict_score(test)
            yield _outcome(suite, one, variant, score=score, dataset=said.get("dataset"))


def _outcome(
    suite: Suite, one: Attempted, variant: Variant, *, score: float | None, dataset: str | None
) -> Outcome:
    """Return what a test says; amounts are its own, for those of a suite may be sums."""
    said = one.test.properties
    return Outcome(
        key=f"{suite.name} {one.place} {one.test.name}",
        case_id=one.case_id,
        case_source=one.case_source,
        variant=variant,
        status=status_of(one.test),
        message=message_of(one.test),
        repeat=one.repeat,
        score=score,
        scores=tuple(Score(name, value) for name, value in _named(said)),
        latency_ms=_ms(one.test),
        tokens=_count(said, "tokens"),
        tokens_in=_count(said, "tokens_in", "input_tokens"),
        tokens_out=_count(said, "tokens_out", "output_tokens"),
        tokens_cached=_count(said, "tokens_cached"),
        cost_usd=known(_amount(said, "cost", "cost_usd")),
        attempts=one.n_attempts,
        dataset=dataset,
        metadata={name: value for name, value in said.items() if name not in READ},
    )


def _variant(
    said: Properties, label: str, suite: Suite, made: dict[tuple[str | None, ...], Variant]
) -> Variant:
    """Return what was executed, each variant made once."""
    match = PROMPT_SUITE.match(suite.name)
    label = said.get("prompt_variant") or said.get("variant") or label
    provider = said.get("provider") or (match["provider"] if match else None)
    key = (label, provider, said.get("prompt"), said.get("model"))
    if key not in made:
        made[key] = variant_of(label, provider=key[1], prompt=key[2], model=key[3])
    return made[key]


def _score(said: Properties, settings: IngestSettings) -> float | None:
    """Return the score asked for, else the overall one, else the first."""
    scores = dict(_named(said))
    if settings.score is not None and settings.score != "score":
        return scores.get(settings.score)
    overall = _amount(said, "score")
    return overall if overall is not None else next(iter(scores.values()), None)


def _verdict_score(test: Test) -> float | None:
    """Return 1 for a test that passed, and what promptfoo writes of one that failed, else 0."""
    status = status_of(test)
    if status == "succeeded":
        return 1.0
    if status != "failed":
        return None
    texts = (verdict.text.removeprefix(SCORED) for verdict in test.verdicts if verdict.text)
    return next((_number(text.partition("\n")[0]) for text in texts), 0.0)


def _named(said: Properties) -> Iterator[tuple[str, float]]:
    """Yield the scores that have a name."""
    for name, text in said.items():
        match = NAMED_SCORE.match(name)
        value = _number(text) if match else None
        if match and value is not None:
            yield match["name"], value


def _ms(test: Test) -> float | None:
    seconds = _seconds(test.seconds)
    return None if seconds is None else seconds * MS_PER_S


def _seconds(text: str | None) -> float | None:
    """Return a duration that was measured and can be."""
    seconds = known(_number((text or "").replace(",", "")))
    return seconds if seconds is not None and 0 < seconds <= LONGEST_S else None


def _amount(said: Properties, *names: str) -> float | None:
    """Return the first of some properties that is a number."""
    found = (_number(said[name]) for name in names if name in said)
    return next((value for value in found if value is not None), None)


def _count(said: Properties, *names: str) -> int | None:
    return whole(known(_amount(said, *names)))


def _number(text: str) -> float | None:
    try:
        return number(float(text))
    except ValueError:
        return None
