import pytest

from optimizer.models.linting import FixSafety, LintFinding
from optimizer.promptcheck.lint.base import LintRule
from optimizer.promptcheck.lint.linter import fix, lint
from optimizer.promptcheck.lint.rules import RULES

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.page.name)


def found(rule: LintRule, text: str) -> tuple[LintFinding, ...]:
    return lint(text, declared=rule.declared)


def test_ids_and_names_are_unique_and_in_order():
    ids = [rule.rule_id for rule in RULES]
    assert ids == sorted(set(ids))
    assert len({rule.page.name for rule in RULES}) == len(RULES)


@every_rule
def test_the_bad_example_is_found_by_its_rule_alone(rule: LintRule):
    assert {finding.rule_id for finding in found(rule, rule.page.bad)} == {rule.rule_id}


@every_rule
def test_nothing_is_found_in_the_good_example(rule: LintRule):
    assert found(rule, rule.page.good) == ()


@every_rule
def test_every_finding_says_what_to_do_and_where(rule: LintRule):
    for finding in found(rule, rule.page.bad):
        assert finding.message.endswith(".")
        assert finding.suggestion
        assert finding.severity is rule.page.severity
        assert (finding.start is None) == (finding.end is None)
        if finding.start is not None and finding.end is not None:
            assert 0 <= finding.start < finding.end <= len(rule.page.bad)


@every_rule
def test_a_fix_cures_and_needs_no_second_one(rule: LintRule):
    findings = found(rule, rule.page.bad)
    if rule.page.fix is FixSafety.NONE:
        assert not any(finding.edits for finding in findings)
        return
    assert any(finding.edits for finding in findings)
    fixed = fix(rule.page.bad, lambda text: found(rule, text), unsafe=True)
    assert fixed.n > 0
    assert fixed.findings == ()
    assert fix(fixed.text, lambda text: found(rule, text), unsafe=True).text == fixed.text


@every_rule
def test_only_a_safe_fix_is_done_unasked(rule: LintRule):
    fixed = fix(rule.page.bad, lambda text: found(rule, text))
    assert (fixed.text != rule.page.bad) == (rule.page.fix is FixSafety.SAFE)


@every_rule
def test_places_are_the_same_with_other_line_ends_and_a_mark(rule: LintRule):
    if rule.counts_in_raw:
        return
    text = "\ufeff" + rule.page.bad.replace("\n", "\r\n")
    there = [f for f in found(rule, text) if f.rule_id == rule.rule_id]
    for here, other in zip(found(rule, rule.page.bad), there, strict=True):
        if here.start is not None and other.start is not None:
            same = text[other.start : other.end].replace("\r\n", "\n")
            assert same == rule.page.bad[here.start : here.end]


@every_rule
def test_its_page_is_complete(rule: LintRule):
    page = rule.page
    assert all((page.what, page.why, page.bad, page.good, page.evidence))
    assert all(text.endswith(".") for text in (page.what, page.why, page.evidence))
    assert page.name == page.name.lower()
