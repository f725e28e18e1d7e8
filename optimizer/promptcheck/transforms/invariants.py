"""What no transform may break; a text that breaks it is turned down, never mended."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from optimizer.models.dataclass import dataclass
from optimizer.models.linting import Edit
from optimizer.promptcheck.edits.editing import line_ends
from optimizer.promptcheck.findings import quoted
from optimizer.promptcheck.layout import tag_of
from optimizer.promptcheck.lint.broken_template import broken_templates
from optimizer.promptcheck.reading import BYTE_ORDER_MARK, Reading
from optimizer.promptcheck.templates import Span, SpanKind
from optimizer.promptcheck.transforms.base import Permit, TransformKind

VOID_TAGS = frozenset({"br", "hr", "img", "input", "link", "meta"})
"""Tags of HTML that need no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A text before and after a transform.

    Attributes:
        original: The text as it was given.
        text: The text as it would be.
        before: Reading of the first.
        after: Reading of the second.
        edits: What was done, in offsets of the first reading.
        kind: Of the transform.
        permit: What the transform may do to protected spans.
    """

    original: str
    text: str
    before: Reading
    after: Reading
    edits: Sequence[Edit]
    kind: TransformKind
    permit: Permit


def violation(attempt: Attempt) -> str | None:
    """Return the first invariant that an attempt breaks, in words, or None."""
    return next((reason for check in _CHECKS if (reason := check(attempt))), None)


def _is_empty(attempt: Attempt) -> str | None:
    return None if attempt.after.text.strip() else "the text would be empty"


def _frame_changed(attempt: Attempt) -> str | None:
    """Byte order mark, final line end, kinds of line ends, and the text between them."""
    if _marks(attempt.original) != _marks(attempt.text):
        return "the byte order mark would change"
    if attempt.original[-1:] in "\r\n" and attempt.original[-1:] != attempt.text[-1:]:
        return "the final line end would change"
    if attempt.original[-1:] not in "\r\n" and attempt.text[-1:] in "\r\n":
        return "a final line end would be added"
    allowed = set(line_ends(attempt.original)) or {"\n"}
    if not set(line_ends(attempt.text)) <= allowed:
        return "the line ends would change"
    if attempt.after.text != _applied(attempt):
        return "line ends would run together"
    return None


def _grows(attempt: Attempt) -> str | None:
    longer = attempt.kind is TransformKind.S0 and len(attempt.text) > len(attempt.original)
    return "the text would get longer" if longer else None


def _variables_changed(attempt: Attempt) -> str | None:
    expected, found = _uses(attempt.before), _uses(attempt.after)
    for use in expected:
        expected[use] *= attempt.permit.copies
    for lost in expected - found:
        return f"variable {quoted(lost[0])} would be lost"
    for gained in found - expected:
        return f"variable {quoted(gained[0])} would be added"
    return None


def _spans_changed(attempt: Attempt) -> str | None:
    expected, found = _protected(attempt.before), list(_protected(attempt.after))
    if attempt.permit.any_order:
        same = Counter(map(_content, expected)) == Counter(map(_content, found))
        return None if same else "a protected stretch would change"
    inserted = list(_inserted(attempt.edits))
    own = [span for span in found if _is_within(span, inserted)]
    kept = [span for span in found if not _is_within(span, inserted)]
    if difference := _first_difference(expected, kept):
        return f"a protected stretch would change: {quoted(difference)}"
    if attempt.permit.copies > 1:
        again = [_content(span) for span in expected] * (attempt.permit.copies - 1)
        return None if [_content(span) for span in own] == again else "the copy would differ"
    strange = next((span for span in own if span.kind not in attempt.permit.adds), None)
    return f"the new text has a {strange.kind} in it: {quoted(strange.text)}" if strange else None


def _templates_unbalanced(attempt: Attempt) -> str | None:
    before = Counter(found.message for found in broken_templates(attempt.before))
    after = Counter(found.message for found in broken_templates(attempt.after))
    for description in before:
        before[description] *= attempt.permit.copies
    return None if before == after else "a template tag would be left open"


def _tags_unbalanced(attempt: Attempt) -> str | None:
    before, after = _depths(attempt.before), _depths(attempt.after)
    for name in {**before, **after}:
        if after[name] != before[name] * attempt.permit.copies and name not in VOID_TAGS:
            return f"tag {quoted(name)} would be left open"
    return None


_CHECKS: tuple[Callable[[Attempt], str | None], ...] = (
    _is_empty,
    _frame_changed,
    _grows,
    _variables_changed,
    _spans_changed,
    _templates_unbalanced,
    _tags_unbalanced,
)


def _marks(text: str) -> int:
    return len(text) - len(text.lstrip(BYTE_ORDER_MARK))


def _applied(attempt: Attempt) -> str:
    pieces, position = [], 0
    for edit in attempt.edits:
        pieces += [attempt.before.text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, attempt.before.text[position:]])


def _uses(reading: Reading) -> Counter[tuple[str, SpanKind, bool]]:
    return Counter((use.name, use.kind, use.in_code) for use in reading.variables)


def _protected(reading: Reading) -> list[Span]:
    return [span for span in reading.spans if span.kind is not SpanKind.FREE]


def _content(span: Span) -> tuple[SpanKind, str]:
    return span.kind, span.text


def _inserted(edits: Sequence[Edit]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the new text that edits put there."""
    shift = 0
    for edit in edits:
        start = edit.start + shift
        yield start, start + len(edit.text)
        shift += len(edit.text) - (edit.end - edit.start)


def _is_within(span: Span, stretches: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a span lies in one of some stretches that are in order."""
    index = bisect_right(stretches, span.start, key=lambda stretch: stretch[0]) - 1
    return index >= 0 and span.end <= stretches[index][1]


def _first_difference(expected: Sequence[Span], found: Sequence[Span]) -> str | None:
    for one, other in zip(expected, found, strict=False):
        if _content(one) != _content(other):
            return one.text
    longer = max(expected, found, key=len)
    shared = min(len(expected), len(found))
    return longer[shared].text if len(longer) > shared else None


def _depths(reading: Reading) -> Counter[str]:
    depths: Counter[str] = Counter()
    for span in reading.spans:
        name, change = tag_of(span)
        if name:
            depths[name] += change
    return depths
