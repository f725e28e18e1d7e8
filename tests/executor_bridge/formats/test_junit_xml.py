from __future__ import annotations

import json
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor_bridge import BRIDGES
from executor_bridge.outcomes import NO_TIME

NOON = "2026-03-01T12:00:00Z"
PROMPT = "[openai:small] prompt {}"
BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [
 <!ENTITY lol "lol">
 <!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
 <!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">
]>
<testsuite name="s"><testcase classname="m" name="&lol2;"/></testsuite>"""
EXTERNAL = """<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<testsuite name="s"><testcase classname="m" name="&x;"/></testsuite>"""


def attributes(**said):
    return "".join(f" {name}={quoteattr(str(value))}" for name, value in said.items())


def properties(said):
    inside = "".join(f"<property{attributes(name=k, value=v)}/>" for k, v in said.items())
    return f"<properties>{inside}</properties>" if said else ""


def case(name="test_a", inside="", *, classname="test_m", time="0.5", **said):
    said = attributes(classname=classname, name=name, time=time)
    return f"<testcase{said}>{inside}</testcase>"


def record(name="test_a", **said):
    return case(name, properties(said))


def suite(*cases, name="answers", timestamp=NOON, said=None, **changes):
    head = attributes(name=name, timestamp=timestamp, **changes)
    return f"<testsuite{head}>{properties(said or {})}{''.join(cases)}</testsuite>"


def report(*suites, **said):
    return f"<testsuites{attributes(**said)}>{''.join(suites)}</testsuites>"


def prompt(n, *cases):
    return suite(*cases, name=PROMPT.format(n))


def described(n, text, inside=""):
    return case(f"test {n}: {text}" if text else f"test {n}", inside, classname=PROMPT.format(1))


class Reports:
    def __init__(self, native):
        self.native = native

    def rows(self, text, **settings):
        return self.native.rows(text.encode(), **settings)

    def header(self, text, **settings):
        return self.native.header(text.encode(), **settings)

    def runs(self, text, **settings):
        return self.native.reading(text.encode(), **settings).runs

    def row(self, one, **settings):
        (row,) = self.rows(suite(one), **settings)
        return row

    def faults(self, text, **settings):
        content = text if isinstance(text, bytes) else text.encode()
        return self.native.faults(content, **settings)


@pytest.fixture
def junit(native):
    return Reports(native)


def test_a_failure_is_failed_and_an_error_an_error(junit):
    told = (
        case("a"),
        case("b", '<failure message="expected Lima">AssertionError</failure>'),
        case("c", '<error message="failed on setup"/>'),
    )
    rows = junit.rows(suite(*told))
    assert [row.status for row in rows] == ["succeeded", "failed", "error"]
    assert [row.error_message for row in rows] == [None, "expected Lima", "failed on setup"]
    assert [row.score for row in rows] == [1, 0, None]


def test_an_error_because_time_ran_out_is_a_timeout(junit):
    row = junit.row(case("a", '<error message="Request timed out after 5 s"/>'))
    assert row.status == "timeout"
    assert (row.latency_ms, row.origin.censored_ms) == (None, 500)


@pytest.mark.parametrize("message", ["TimeoutError: no answer", "Failed: Timeout (>5.0s)"])
def test_a_failure_that_raised_a_timeout_is_one(junit, message):
    assert junit.row(case("a", f"<failure{attributes(message=message)}/>")).status == "timeout"


def test_an_answer_about_timeouts_is_an_ordinary_failure(junit):
    told = case("a", '<failure message="AssertionError: it says: request timed out"/>')
    assert junit.row(told).status == "failed"


def test_a_failure_besides_an_error_is_failed_with_both_reasons(junit):
    row = junit.row(case("a", '<failure message="wrong"/><error message="no clean-up"/>'))
    assert (row.status, row.error_message) == ("failed", "wrong; no clean-up")


def test_the_text_of_a_failure_without_a_message_is_its_message(junit):
    assert junit.row(
        case("a", "<failure>\n expected <![CDATA[<b>]]>\n</failure>")
    ).error_message == ("expected <b>")


def test_skipped_tests_are_left_out_and_counted(junit):
    text = suite(case("a"), case("b", '<skipped message="later"/>'), case("c", "<skipped/>"))
    header = junit.header(text)
    assert header.n_tasks == 1
    assert "2 skipped tests are left out" in header.warnings


def test_a_file_of_skipped_tests_only_is_refused(junit):
    assert junit.faults(suite(case("a", "<skipped/>"))) == [
        "file: found no tasks, expected at least one task"
    ]


@pytest.mark.parametrize(
    "text", ["<testsuites/>", "<testsuites></testsuites>", "<testsuite name='s'/>"]
)
def test_a_report_without_tests_is_refused(junit, text):
    assert junit.faults(text) == ["file: found no tasks, expected at least one task"]


def test_the_class_and_name_of_a_test_are_its_case(junit):
    rows = junit.rows(suite(case("test_a[x]"), case("test_a[x]", classname="")))
    assert [row.case_id for row in rows] == ["test_m::test_a[x]", "test_a[x]"]
    assert {row.case_source for row in rows} == {"given"}


def test_properties_say_what_the_test_measured(junit):
    said = {
        "tokens_in": 12,
        "output_tokens": 3,
        "tokens_cached": 4,
        "cost": 0.25,
        "score": 0.75,
        "score.tone": 0.5,
        "evals.scores.fact.value": 1,
        "case_id": "capital",
        "dataset": "faq",
    }
    row = junit.row(record(**said))
    assert (row.tokens_in, row.tokens_out, row.tokens, row.cost_usd) == (12, 3, 15, 0.25)
    assert (row.score, row.case_id, row.dataset) == (0.75, "capital", "faq")
    assert row.origin.tokens_cached == 4
    assert [tuple(one)[:2] for one in row.origin.scores] == [("tone", 0.5), ("fact", 1.0)]
    assert json.loads(row.metadata) == {"score.tone": "0.5", "evals.scores.fact.value": "1"}
    assert junit.row(record(**said), score="tone").score == 0.5


@pytest.mark.parametrize("text", ["many", "", "-", "nan", "inf"])
def test_a_property_that_is_no_number_is_unknown(junit, text):
    row = junit.row(record(tokens=text, cost=text, score=text))
    assert (row.tokens, row.cost_usd, row.score) == (None, None, None)


def test_nothing_measured_is_unknown_and_not_nothing(junit):
    row = junit.row(record(tokens=0, cost=0))
    assert (row.tokens, row.cost_usd) == (None, None)


def test_a_long_property_may_be_a_text(junit):
    told = case("a", '<properties><property name="prompt">Answer: {q}</property></properties>')
    assert junit.row(told).variant.prompt == "Answer: {q}"


def test_a_test_without_a_score_among_scored_ones_is_not_scored(junit):
    rows = junit.rows(suite(record("a", score=0.5), case("b", '<failure message="no"/>')))
    assert [row.score for row in rows] == [0.5, None]


def test_properties_of_a_suite_hold_for_its_tests_unless_they_say_otherwise(junit):
    said = {"prompt_variant": "clear", "model": "small", "workflow": "faq", "git_sha": "abc123"}
    text = suite(case("a"), record("b", model="large"), said=said)
    rows, header = junit.rows(text), junit.header(text)
    assert [row.variant.label for row in rows] == ["clear", "clear"]
    assert [row.variant.model for row in rows] == ["small", "large"]
    assert (header.workflow_id, header.git_sha) == ("faq", "abc123")


def test_amounts_of_a_suite_are_not_those_of_its_tests(junit):
    (row,) = junit.rows(suite(case(), said={"tokens": 500, "cost": 2, "score": 0.5}))
    assert (row.tokens, row.cost_usd, row.score) == (None, None, 1)


def test_a_scorer_that_is_not_there_gives_no_score(junit):
    assert junit.row(case(), score="tone").score is None


@pytest.mark.parametrize("time", ["0", "0.000", "", "soon", "-1", "nan", "1e300"])
def test_a_time_that_was_not_measured_is_unknown(junit, time):
    assert junit.row(case(time=time)).latency_ms is None


def test_a_time_may_have_thousands_separators(junit):
    assert junit.row(case(time="1,234.5")).latency_ms == 1_234_500


def test_the_time_of_a_suite_is_when_and_how_long_it_ran(junit):
    header = junit.header(suite(case(), time="90"))
    assert header.started_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert header.finished_at == datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC)
    assert (header.duration_s, header.assumed_timezone) == (90, None)
    assert header.warnings == ()


def test_a_time_without_a_zone_is_in_the_assumed_one(junit):
    text = suite(case(), timestamp="2026-03-01T13:00:00.25")
    header = junit.header(text, assume_timezone="Europe/Berlin")
    assert header.started_at == datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    assert header.assumed_timezone == "Europe/Berlin"
    (fault,) = junit.faults(text, assume_timezone="refuse")
    assert fault.startswith('timestamp: found "2026-03-01T13:00:00.25", expected a time with')


@pytest.mark.parametrize("timestamp", ["", "yesterday", "1970-01-01T00:00:00"])
def test_a_time_that_cannot_be_is_that_of_the_file(junit, timestamp):
    assert NO_TIME in junit.header(suite(case(), timestamp=timestamp)).warnings


def test_the_time_of_the_report_stands_in_for_that_of_a_suite(junit):
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert junit.header(report(suite(case(), timestamp=""), timestamp=NOON)).started_at == noon
    later = report(suite(case()), timestamp="2026-03-01T11:00:00Z")
    assert junit.header(later).started_at == noon


def test_repeats_are_numbered_by_order_or_as_they_say(junit):
    rows = junit.rows(suite(case("a"), case("a")))
    assert [row.repeat for row in rows] == [0, 1]
    said = (record("a[x-1]", repeat=1), record("a[x-0]", repeat=0), record("b[1]", repeat=1))
    rows = junit.rows(suite(*said))
    assert [(row.case_id, row.repeat) for row in rows] == [
        ("test_m::a[x]", 1),
        ("test_m::a[x]", 0),
        ("test_m::b", 1),
    ]


def test_repeats_of_pytest_repeat_are_of_one_case(junit):
    names = ("a[1-2]", "a[2-2]", "b[x-1-3]", "b[x-2-3]", "b[x-3-3]")
    rows = junit.rows(suite(*map(case, names)))
    assert [(row.case_id.removeprefix("test_m::"), row.repeat) for row in rows] == [
        ("a", 0),
        ("a", 1),
        ("b[x]", 0),
        ("b[x]", 1),
        ("b[x]", 2),
    ]


def test_parameters_that_look_like_repeats_stay_cases(junit):
    rows = junit.rows(suite(case("a[1-3]"), case("a[2-3]"), case("a[1-1]")))
    assert {row.repeat for row in rows} == {0}
    assert len({row.case_id for row in rows}) == 3


@pytest.mark.parametrize(
    ("inside", "status", "n_attempts"),
    [
        ('<flakyFailure message="no"><stackTrace>x</stackTrace></flakyFailure>', "succeeded", 2),
        ('<failure message="no"/><rerunFailure message="no"/><rerunError/>', "failed", 3),
        ('<error message="no"/><rerunError message="no"/>', "error", 2),
        ("<rerun/><rerun/>", "succeeded", 3),
    ],
)
def test_a_test_run_again_counts_once_with_its_attempts(junit, inside, status, n_attempts):
    row = junit.row(case("a", inside))
    assert (row.status, row.attempts) == (status, n_attempts)
    assert "were run again" in junit.header(suite(case("a", inside))).warnings[0]


def test_attempts_that_pytest_lists_without_their_failure_are_no_passes(junit):
    told = (case("a"), case("a"), case("a", '<failure message="no"/>'), case("b"), case("b"))
    for text in (
        suite(*told, name="pytest", tests=5),
        suite(*told, tests=2),
        report(suite(*told), name="pytest tests"),
    ):
        rows = junit.rows(text)
        assert [(row.status, row.attempts) for row in rows] == [("failed", 3), ("succeeded", 2)]


def test_a_failure_and_the_error_of_its_clean_up_are_one_test(junit):
    told = (
        case("a", '<failure message="no"/>'),
        case("a", '<error message="failed on teardown"/>'),
    )
    (row,) = junit.rows(suite(*told, name="pytest"))
    assert (row.status, row.attempts) == ("failed", 1)
    assert row.error_message == "no; failed on teardown"


def test_attempts_that_fail_alike_are_attempts_and_not_a_clean_up(junit):
    text = suite(
        case("a", '<failure message="no"/>'), case("a", '<failure message="no"/>'), tests=1
    )
    (row,) = junit.rows(text)
    assert (row.error_message, row.attempts) == ("no", 2)


@pytest.mark.parametrize(("verdict", "status"), [("failure", "failed"), ("error", "error")])
def test_a_test_that_is_marked_skipped_but_went_wrong_is_kept(junit, verdict, status):
    (row,) = junit.rows(suite(case("a", f"<skipped/><{verdict}/>")))
    assert row.status == status


def test_a_verdict_without_a_message_is_told_by_its_type(junit):
    (row,) = junit.rows(suite(case("a", '<failure type="AssertionError"/>')))
    assert row.error_message == "AssertionError"


def test_a_report_that_counts_more_tests_than_it_lists_says_so(junit):
    header = junit.header(suite(case("a"), tests=3))
    assert "the report counts 3 tests, of which it lists 1" in header.warnings


def test_a_test_whose_clean_up_broke_is_not_missed_for_being_counted_twice(junit):
    text = suite(case("a", '<error message="failed on teardown"/>'), tests=2)
    assert not [told for told in junit.header(text).warnings if "lists" in told]


def test_each_suite_of_promptfoo_is_a_run_over_the_same_cases(junit):
    failure = (
        '<failure message="Assertion failed" type="assertion">Score: 0.25\n'
        "Reason: Assertion failed\nFailed assertions:\n- contains\n- javascript</failure>"
    )
    suites = [prompt(n, described(n, "capital", failure), described(3, "sum")) for n in (1, 2)]
    runs = junit.runs(report(*suites, name="promptfoo"))
    assert [run.header.run_id.rpartition("-")[0] for run in runs] == [
        "[openai:small] prompt 1",
        "[openai:small] prompt 2",
    ]
    assert len({run.header.run_id for run in runs}) == 2
    assert {run.header.workflow_id for run in runs} == {"promptfoo"}
    for n, run in enumerate(runs, 1):
        rows = list(run.tasks)
        assert [row.case_id for row in rows] == ["capital", "sum"]
        assert rows[0].variant.label == PROMPT.format(n)
        assert rows[0].variant.provider == "openai:small"
        assert [(row.status, row.score) for row in rows] == [("failed", 0.25), ("succeeded", 1)]
        assert rows[0].error_message == "Assertion failed: contains, javascript"


def test_repeats_of_promptfoo_are_recognized_by_description(junit):
    rows = junit.rows(prompt(1, described(1, "a"), described(2, "a"), described(3, "b")))
    assert [(row.case_id, row.repeat) for row in rows] == [("a", 0), ("a", 1), ("b", 0)]


def test_tests_of_promptfoo_without_a_description_are_known_by_number_and_told(junit):
    text = prompt(1, described(1, ""), described(2, ""), described(3, "sum"))
    assert [row.case_source for row in junit.rows(text)] == ["task", "task", "given"]
    assert (
        "2 of 3 tests have no description: their case is their number in the file, "
        "and repeats are not recognized"
    ) in junit.header(text).warnings


def test_suites_of_different_tests_are_one_run(junit):
    text = report(
        suite(case("a"), name="a.test.js"), suite(case("b"), name="b.test.js"), name="jest"
    )
    header = junit.header(text)
    assert (header.n_tasks, header.workflow_id) == (2, "jest")


def test_suites_of_the_same_tests_are_runs_of_their_own(junit):
    runs = junit.runs(report(suite(case("a"), name="clear"), suite(case("a"), name="vague")))
    labels = [row.variant.label for run in runs for row in run.tasks]
    assert labels == ["clear", "vague"]


def test_runs_of_the_same_tests_are_of_one_workflow(junit):
    runs = junit.runs(report(suite(case("a"), name="clear"), suite(case("a"), name="vague")))
    assert {run.header.workflow_id for run in runs} == {"junit"}


def test_files_of_tests_that_ran_for_several_hosts_are_a_run_for_each_host(junit):
    suites = [
        suite(case(name, classname=name), name=name, hostname=host)
        for host in ("small", "large")
        for name in ("a.js", "b.js")
    ]
    runs = junit.runs(report(*suites))
    found = [(run.header.n_tasks, {row.variant.label for row in run.tasks}) for run in runs]
    assert found == [(2, {"small"}), (2, {"large"})]


def test_a_suite_beside_an_empty_one_is_no_part_of_several(junit):
    header = junit.header(report(suite(name="none"), suite(case("a"), name="answers")))
    assert (header.workflow_id, "#" in header.run_id) == ("answers", False)


def test_suites_in_suites_belong_to_the_outermost(junit):
    text = suite(suite(case("a"), name="in"), suite(case("b"), name="in2"), name="out")
    assert junit.header(text).n_tasks == 2
    assert junit.header(text).workflow_id == "out"


def test_tests_outside_of_suites_are_read(junit):
    text = report(case("a"), case("b"), suite(case("c")), name="bare")
    assert [row.case_id for row in junit.rows(text)] == [
        "test_m::a",
        "test_m::b",
        "test_m::c",
    ]


def test_a_test_without_a_name_is_skipped_and_told(junit):
    reading = junit.native.reading(suite("<testcase/>", case("b")).encode())
    assert [str(fault) for fault in reading.skipped] == [
        'testsuite "answers": testcase 1: name: expected the name of a test'
    ]
    assert "1 row was skipped" in reading.runs[0].header.warnings[0]


@pytest.mark.parametrize("text", [BOMB, EXTERNAL, "<!DOCTYPE t><testsuite/>"])
def test_a_document_type_is_refused(junit, text):
    (fault,) = junit.faults(text, bridge="junit")
    assert "found a document type declaration, expected none" in fault


def test_a_bomb_is_recognized_and_refused(junit):
    assert junit.faults(BOMB) == [
        "line 2, column 16: found a document type declaration, expected none"
    ]


def test_an_entity_that_is_not_declared_is_refused(junit):
    (fault,) = junit.faults(suite(case()).replace("test_a", "&other;"))
    assert "undefined entity" in fault


def test_a_truncated_file_is_refused_with_its_place(junit):
    text = suite(case("a"), "\n", case("b"))
    (fault,) = junit.faults(text[:-30])
    assert fault.startswith("line 2, column ")
    assert "expected well-formed XML" in fault


@pytest.mark.parametrize("wrong", ["<b>", "\x00", "&#27;", "&", "<testcase name=a/>"])
def test_xml_that_is_not_well_formed_is_refused_with_its_place(junit, wrong):
    (fault,) = junit.faults(suite(case("a"), "\n", wrong))
    assert fault.startswith("line 2, column ")


def test_the_declared_encoding_is_read(junit):
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + suite(case("Zürich"))
    (run,) = junit.native.reading(text.encode("latin-1")).runs
    assert next(iter(run.tasks)).case_id == "test_m::Zürich"


def test_bytes_that_are_not_in_the_declared_encoding_are_refused(junit):
    text = '<?xml version="1.0" encoding="UTF-8"?>' + suite(case("Zürich"))
    (fault,) = junit.faults(text.encode("latin-1"))
    assert "not well-formed (invalid token)" in fault


@pytest.mark.parametrize("encoding", ["klingon", "shift_jis", "utf-16"])
def test_an_encoding_that_cannot_be_read_is_refused(junit, encoding):
    (fault,) = junit.faults(f'<?xml version="1.0" encoding="{encoding}"?>' + suite(case()))
    assert fault.startswith("line 1")


def test_xml_of_something_else_is_refused(junit):
    (fault,) = junit.faults("<html><testsuite/></html>", bridge="junit")
    assert fault == "line 1, column 1: found <html>, expected <testsuites> or <testsuite>"


def test_only_this_bridge_recognizes_the_report(junit):
    (run,) = junit.runs("<!-- by hand -->\n" + report(suite(case())))
    assert run.header.tool == "junit"
    assert [bridge.name for bridge in BRIDGES if bridge.name == "junit"] == ["junit"]


def test_a_large_test_is_kept_whole(junit):
    long = "x" * 2**20
    row = junit.row(case(long, f'<failure message="{long}">{long}</failure>'))
    assert len(row.case_id) < 300
    assert row.error_message == long


def test_what_a_test_printed_is_passed_over(junit):
    printed = "<system-out>&lt;failure&gt;</system-out><system-err><failure/></system-err>"
    assert junit.row(case("a", printed)).status == "succeeded"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.text(
        st.characters(min_codepoint=32, blacklist_categories=["Cs", "Cn"]), min_size=1
    ).filter(str.strip),
    message=st.text(st.characters(min_codepoint=32, blacklist_categories=["Cs", "Cn"])),
)
def test_any_name_and_message_can_be_read(native, name, message):
    text = suite(case(name, f"<failure>{escape(message)}</failure>"))
    (row,) = Reports(native).rows(text)
    assert row.status in {"failed", "timeout"}
    assert row.error_message == (message.strip() or None)
