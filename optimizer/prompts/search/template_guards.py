"""What a draft must keep of what is no prose: variables, roles, code, and the template whole."""

from __future__ import annotations

from collections import Counter

from optimizer.promptcheck.templates import SpanKind
from optimizer.prompts.search.fields import POSITIONAL, fields, is_for_format
from optimizer.prompts.search.looking import Looked, Looking

QUOTED_CHARS = 40
"""Characters of a stretch that are repeated in a reason."""

JINJA = frozenset({SpanKind.EXPRESSION, SpanKind.STATEMENT, SpanKind.COMMENT, SpanKind.RAW})
TEMPLATE = JINJA | {SpanKind.DIFY, SpanKind.DOLLAR}
LITERAL = frozenset(
    {
        SpanKind.FENCE,
        SpanKind.INLINE_CODE,
        SpanKind.TAG,
        SpanKind.URL,
        SpanKind.JSON,
        SpanKind.QUOTED,
    }
)
"""Protected stretches that must stay; more of them may come."""

REPEATS = "R12"
"""The rule that says a whole prompt twice, with its variables."""


def keeps_variables(looking: Looking) -> str | None:
    """Refuse a draft that loses, adds or renames a variable or a template tag."""
    if lost := _variables(looking.original) - _variables(looking.new):
        return f"the draft loses {_named(lost)}"
    text_only = {SpanKind.RAW}
    if is_for_format(looking.original.text):
        text_only.add(SpanKind.EXPRESSION)  # doubled braces
    kinds = TEMPLATE - text_only
    added = _variables(looking.new, kinds) - _variables(looking.original, kinds)
    if not any(fields(looking.original.text)):
        added = Counter({text: n for text, n in added.items() if not POSITIONAL.fullmatch(text)})
    if not added or (REPEATS in looking.draft.rules and _is_twice(looking)):
        return None
    return f"the draft adds {_named(added)}, which nobody fills"


def keeps_roles(looking: Looking) -> str | None:
    """Refuse a draft with other chat tokens, which tell the roles of a conversation."""
    kinds = frozenset({SpanKind.CHAT_TOKEN})
    before, after = looking.original.spans(kinds), looking.new.spans(kinds)
    if before == after:
        return None
    return f"the draft has {after.total()} chat tokens, the prompt {before.total()} others"


def keeps_literals(looking: Looking) -> str | None:
    """Refuse a draft that loses or changes code, tags, links, JSON or quoted texts."""
    before = looking.original.spans(LITERAL)
    lost = {text: n for text, n in before.items() if looking.new.reading.text.count(text) < n}
    return f"the draft loses {_named(Counter(lost))}" if lost else None


def stays_a_template(looking: Looking) -> str | None:
    """Refuse a draft that breaks the template."""
    if broken := looking.new.breaks - looking.original.breaks:
        return f"the draft breaks the template: {min(broken)}"
    if is_for_format(looking.original.text) and not is_for_format(looking.draft.text):
        return "the draft has a brace that str.format takes for a field"
    if not _is_jinja(looking.original):
        return None
    fault = _jinja_fault(looking.draft.text)
    if fault is None or _jinja_fault(looking.original.text) is not None:
        return None
    return f"the draft is no template that Jinja can read: {fault}"


def _is_twice(looking: Looking) -> bool:
    """Tell whether every variable is there twice as often as in the prompt in use."""
    once = _variables(looking.original)
    return _variables(looking.new) == once + once


def _variables(looked: Looked, kinds: frozenset[SpanKind] = TEMPLATE) -> Counter[str]:
    """Return the template constructs and the fields of a text, wherever they stand."""
    reading = looked.reading
    constructs = Counter(span.text for span in reading.templates.spans if span.kind in kinds)
    return constructs + Counter(match[0] for match in fields(reading.text))


def _named(spans: Counter[str]) -> str:
    first = min(spans)
    more = spans.total() - 1
    shown = first if len(first) <= QUOTED_CHARS else f"{first[:QUOTED_CHARS]}..."
    return f"{shown!r}" + (f" and {more} more" if more else "")


def _is_jinja(looked: Looked) -> bool:
    return any(span.kind in JINJA for span in looked.reading.templates.spans)


def _jinja_fault(text: str) -> str | None:
    """Return why Jinja cannot read a text, or None."""
    import jinja2  # noqa: PLC0415 - only where a prompt is a template

    try:
        jinja2.Environment(autoescape=True).parse(text)
    except jinja2.TemplateSyntaxError as error:
        return f"line {error.lineno}: {error.message}"
    return None
