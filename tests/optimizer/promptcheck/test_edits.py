import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.linting import Edit
from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.layout import lay_out
from optimizer.promptcheck.lint.linter import lint
from optimizer.promptcheck.lint.rules import BY_ID
from optimizer.promptcheck.transforms.base import NO_LESSONS
from optimizer.promptcheck.transforms.duplicates import Duplicates
from optimizer.promptcheck.transforms.filler import Filler
from optimizer.promptcheck.transforms.verbose import Verbose
from optimizer.promptcheck.transforms.whitespace import Whitespace

PIECES = [
    "List the names of the men and the dates.\n", "- Keep all of the names.\n", "In order to ",
    " prior to that ", "basically, ", "I would like you to sort them", "{{ x }}", "```\na  \n```\n",
    "\n", "\n\n\n", "  \n", "# Head\n", "Example:\n", "<a>", "</a>", "{% if a %}", " end",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


def fixes(text: str, rule_ids: tuple[str, ...]) -> set[Edit]:
    found = lint(text, rules=tuple(BY_ID[rule_id] for rule_id in rule_ids))
    return {edit for finding in found for edit in finding.edits}


def planned(text: str, kind: type) -> set[Edit]:
    plan = kind(TransformSettings()).plan(lay_out(text), NO_LESSONS)
    return {step.edit for step in plan.steps}


@pytest.mark.parametrize(
    ("rule_id", "kind"), [("P023", Verbose), ("P024", Filler), ("P025", Duplicates)]
)
@given(TEXT)
def test_the_linter_fixes_what_a_transform_edits(rule_id: str, kind: type, text: str):
    if text.strip():
        assert fixes(text, (rule_id,)) == planned(text, kind)


@given(TEXT)
def test_the_linter_fixes_the_white_space_that_the_transform_takes_out(text: str):
    between = {edit for edit in planned(text, Whitespace) if edit.text == " "}
    if text.strip():
        assert fixes(text, ("P030", "P031")) == planned(text, Whitespace) - between
