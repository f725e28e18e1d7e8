import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.models.contract import OptimizationStrategy
from optimizer.models.transform_settings import TransformSettings
from optimizer.promptcheck.transforms import TRANSFORMS
from optimizer.promptcheck.transforms.applying import Transformed, apply
from optimizer.promptcheck.transforms.base import (
    AppliedBy,
    Example,
    Lessons,
    Transform,
    TransformKind,
)
from optimizer.promptcheck.transforms.rewriting import REWRITES, rewrite

N_PROMPTS = 20_000
SHOWN = Example(
    case_id="c1", inputs={"review": "Great!", "text": "So so.", "ticket": "Broken."}, answer="good"
)
LESSONS = Lessons(
    n_format_failures=3,
    labels=("positive", "negative"),
    examples=(SHOWN,),
    wrong=Example(case_id="c2", inputs={"review": "Great!"}, answer="The mood is good."),
)
MOVING = {"R09"}  # whole paragraphs change places
TEMPLATE = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^%{}]*%\}|\{#[^#{}]*#\}|\$\{\w[^{}\n]*\}|\{\w[\w.:]*\}|<\|\w+\|>|https?://\S+"
)
FENCE = re.compile(r"^(```|~~~)\w*\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)

FRAGMENTS = [
    "{{", "}}", "{", "}", "{%", "%}", "{#", "#}", "${", "`", "```", "~~~", '"', "'", "<", ">",
    "<a>", "</a>", "\r\n", "\r", "\n", "\n\n\n", "  ", "# ", "- ", ":", ",", ".", "{{x}}", "{y}",
    "{% if a %}", "{% endif %}", "{% raw %}", "{% endraw %}", "in order to", "Basically, ",
    "Labels: a, b, c.", "the list", "Text: {{t}}", "\ufeff", "\x00", "\ud800", "字", "é", "|",
]  # fmt: skip

every_transform = pytest.mark.parametrize(
    "kind", TRANSFORMS, ids=lambda kind: kind.page.transform_id
)


def transform(kind: type[Transform]) -> Transform:
    return kind(TransformSettings())


def unix(text: str) -> str:
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def expected_constructs(kind: type[Transform], text: str) -> Counter[str]:
    found = Counter(TEMPLATE.findall(unix(text)))
    return Counter({construct: n * kind.permit.copies for construct, n in found.items()})


def check(kind: type[Transform], text: str, done: Transformed) -> None:
    assert Counter(TEMPLATE.findall(unix(done.text))) == expected_constructs(kind, text)
    if kind.page.transform_id not in MOVING:
        kept = [fence.group() for fence in FENCE.finditer(unix(text))]
        position, result = 0, unix(done.text)
        for fence in kept:
            position = result.index(fence, position) + len(fence)
    assert done.text.startswith("\ufeff") == text.startswith("\ufeff")
    assert (done.text[-1:] in "\r\n") == (text[-1:] in "\r\n")
    assert ("\r" in done.text) <= ("\r" in text)
    assert done.text.strip()
    if kind.page.kind is TransformKind.S0:
        assert len(done.text) <= len(text)
    if kind.page.kind is TransformKind.LINT:
        assert done.text == text


@every_transform
def test_no_random_prompt_loses_a_variable_a_fence_or_a_tag(
    kind: type[Transform], random_prompts: Callable[[int, int], list[str]]
):
    number = TRANSFORMS.index(kind)
    n = -(-N_PROMPTS // len(TRANSFORMS))
    n_changed = 0
    for index, text in enumerate(random_prompts(number, n)):
        done = apply(transform(kind), text, LESSONS)
        assert (done.text != text) == bool(done.changes)
        n_changed += bool(done.changes)
        if done.changes:
            check(kind, text, done)
        if index % 5 == 0:
            assert apply(transform(kind), done.text, LESSONS).text == done.text
    assert kind.page.kind is TransformKind.LINT or n_changed > n / 100


@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join) | st.text(max_size=300),
    st.sampled_from(TRANSFORMS),
)
@settings(max_examples=150)
def test_no_text_whatever_is_harmed(text: str, kind: type[Transform]):
    done = apply(transform(kind), text, LESSONS)
    if done.changes:
        check(kind, text, done)
        assert apply(transform(kind), done.text, LESSONS).text == done.text


@every_transform
def test_the_page_shows_what_it_does(kind: type[Transform]):
    page = kind.page
    done = apply(transform(kind), page.before, _page_evidence())
    assert done.text == page.after
    assert bool(done.questions) == (page.kind is TransformKind.LINT)


def test_ids_are_r01_to_r13_and_no_name_is_given_twice():
    pages = [kind.page for kind in TRANSFORMS]
    assert [page.transform_id for page in pages] == [f"R{number:02}" for number in range(1, 14)]
    assert len({page.name for page in pages}) == len(pages)
    assert all(page.what.endswith(".") and page.evidence.endswith(".") for page in pages)


def test_kinds_and_defaults_are_those_of_the_table():
    table = {page.transform_id: (page.kind.value, page.default.value) for page in _pages()}
    assert table == {
        "R01": ("S0", "on"),
        "R02": ("S0", "on"),
        "R03": ("S0", "efficiency"),
        "R04": ("S0", "efficiency"),
        "R05": ("S1", "structure"),
        "R06": ("S1", "structure"),
        "R07": ("S2", "on evidence"),
        "R08": ("lint", "lint only"),
        "R09": ("S1", "off"),
        "R10": ("S2", "on evidence"),
        "R11": ("S2", "off"),
        "R12": ("S1", "off"),
        "R13": ("lint", "lint only"),
    }


@pytest.mark.parametrize("strategy", REWRITES)
def test_a_strategy_applies_what_is_on_and_nothing_that_is_off(strategy: OptimizationStrategy):
    used = {make(TransformSettings()).page for make in REWRITES[strategy]}
    assert {page for page in _pages() if page.default is AppliedBy.DEFAULT} <= used
    assert not [page for page in used if page.default is AppliedBy.NOBODY]


@pytest.mark.parametrize("strategy", REWRITES)
def test_a_rewritten_prompt_is_not_rewritten_again(
    strategy: OptimizationStrategy, random_prompts: Callable[[int, int], list[str]]
):
    texts = random_prompts(99, 60)
    again = [
        rewrite(rewrite(text, strategy, lessons=LESSONS).text, strategy, lessons=LESSONS)
        for text in texts
    ]
    settled = sum(not one.changes for one in again)
    assert settled >= 0.95 * len(texts)


def _pages():
    return [kind.page for kind in TRANSFORMS]


def _page_evidence() -> Lessons:
    return Lessons(
        n_format_failures=3,
        labels=("positive", "negative"),
        examples=(Example(case_id="c1", inputs={"review": "Great!"}, answer="good"),),
        wrong=Example(case_id="c2", inputs={"review": "Great!"}, answer="The mood is good."),
    )
