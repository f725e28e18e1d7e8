"""The pages on prompts: rules that find what is risky, and transforms."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.models.linting import LintRulePage
from optimizer.promptcheck.lint.rules import RULES as LINT_RULES
from optimizer.promptcheck.transforms import TRANSFORMS
from optimizer.promptcheck.transforms.base import TransformPage
from pages.markdown import anchor, fenced, table

LONGEST_EXAMPLE = 20
"""Lines of an example of a rule."""


def lint_rules() -> Iterator[str]:
    """Yield the page on the rules for prompts."""
    yield "# Rules for prompts"
    yield (
        "`optimizer lint --rule ID` shows what is said here of a rule. A rule finds what is risky "
        "in a text; that a prompt without findings works better is for tests to show. How to "
        "choose, ignore and fix is told in [Lint](../lint.md)."
    )
    yield table(
        ("Rule", "Name", "Severity", "Fix"),
        [
            (
                f"[{rule.rule_id}](#{anchor(_rule_title(rule.page))})",
                rule.page.name,
                rule.page.severity.value,
                rule.page.fix.value,
            )
            for rule in LINT_RULES
        ],
    )
    for rule in LINT_RULES:
        page = rule.page
        yield f"## {_rule_title(page)}"
        yield page.what
        yield page.why
        yield "Found in:"
        yield _fenced_example(page.bad)
        yield "Not found in:"
        yield _fenced_example(page.good)
        yield f"**Evidence.** {page.evidence}"


def transforms() -> Iterator[str]:
    """Yield the page on the transforms of prompts."""
    yield "# Transforms of prompts"
    yield (
        "What can be done to a prompt by rule. Code, variables, tags, quotes, links and JSON stay "
        "as they are, to the letter; a transform that would change one, or would change the text "
        "again when applied twice, does nothing and says why. None of them makes a prompt better "
        "by itself: that, tests tell."
    )
    pages = [transform.page for transform in TRANSFORMS]
    rows = [
        (f"[{page.transform_id}](#{anchor(_transform_title(page))})", page.name, page.default)
        for page in pages
    ]
    yield table(("Transform", "Name", "Applied"), rows)
    for page in pages:
        yield f"## {_transform_title(page)}"
        yield page.what
        yield f"Known of its effect: {page.evidence}"
        yield fenced("text", page.before.strip("\n"))
        if page.after != page.before:
            yield "becomes"
            yield fenced("text", page.after.strip("\n"))


def _rule_title(page: LintRulePage) -> str:
    return f"{page.rule_id} {page.name}"


def _transform_title(page: TransformPage) -> str:
    return f"{page.transform_id} {page.name} ({page.kind})"


def _fenced_example(example: str) -> str:
    """Return an example as Markdown, what cannot be seen as its escape, a long one cut."""
    shown = "".join(
        c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in example
    )
    lines = [_with_dots(line) for line in shown.split("\n")]
    if len(lines) > LONGEST_EXAMPLE:
        lines = [*lines[:LONGEST_EXAMPLE], f"… ({len(example)} characters in all)"]
    fence = "````" if "```" in shown else "```"
    return "\n".join([f"{fence}text", *lines, fence])


def _with_dots(line: str) -> str:
    """Return a line whose last spaces can be seen."""
    bare = line.rstrip(" ")
    return bare + "·" * (len(line) - len(bare))
