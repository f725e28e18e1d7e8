from typing import ClassVar

import pytest

from optimizer.promptcheck.edits.editing import edited
from optimizer.promptcheck.edits.steps import step
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.templates import SpanKind
from optimizer.promptcheck.transforms.applying import apply
from optimizer.promptcheck.transforms.base import (
    NOTHING,
    AppliedBy,
    Lessons,
    Permit,
    Plan,
    TransformKind,
    TransformPage,
)


def replacing(
    old: str, new: str, *, permit: Permit = NOTHING, kind: TransformKind = TransformKind.S1
):
    class Replace:
        page: ClassVar[TransformPage] = TransformPage(
            transform_id="R99",
            name="replace",
            kind=kind,
            default=AppliedBy.NOBODY,
            what="Replaces.",
            evidence="None.",
            before="",
            after="",
        )

        def plan(self, layout: Layout, lessons: Lessons) -> Plan:
            start = layout.reading.text.find(old)
            if start < 0:
                return Plan()
            return Plan(steps=(step(start, start + len(old), new, "replaces"),))

    Replace.permit = permit
    return Replace()


@pytest.mark.parametrize(
    ("text", "old", "new", "reason"),
    [
        ("Sum up {{x}}.", "{{x}}", "", 'variable "x" would be lost'),
        ("Sum up {{x}}.", "x", "y", 'variable "x" would be lost'),
        ("Sum up {x}.", "up", "{y}", 'variable "y" would be added'),
        ("Sum up {x}.", "{x}", "${x}", 'variable "x" would be lost'),
        ("Sum up.", "Sum up.", " ", "the text would be empty"),
        ("See `a b` now.", " b", "b", 'a protected stretch would change: "`a b`"'),
        ('Say "so so" now.', "so so", "so", 'a protected stretch would change: ""so so""'),
        ("Go {% if a %}b{% endif %}.", "{% endif %}", "", "a protected stretch would change"),
        ("Go {% if a %}b{% endif %}.", "b", "{% if", "template"),
        ("Go <a>b</a>.", "b", "<c>", "the new text has a tag in it"),
        ("Go on.", "on", "to https://a.b", "the new text has a url in it"),
        ("Go on.\n```\nx\n```\n", "on", "on\n```\ny", "a protected stretch would change"),
        ("Go on.\n", ".\n", ".", "the final line end would change"),
        ("Go on.", ".", ".\n", "a final line end would be added"),
        ("Go on.", "on", "on and on", "the text would get longer"),
        ("Go and go and go.", "go and", "go", None),
    ],
)
def test_an_edit_that_breaks_something_is_turned_down(
    text: str, old: str, new: str, reason: str | None
):
    kind = TransformKind.S0 if old == "on" and new.endswith("on") else TransformKind.S1
    done = apply(replacing(old, new, kind=kind), text)
    if reason is None:
        assert done.text != text
        return
    assert done.text == text
    assert not done.changes
    assert reason in (done.refused or "")


def test_a_tag_that_is_allowed_must_be_closed():
    tags = Permit(adds=frozenset({SpanKind.TAG}))
    done = apply(replacing("on", "<b>on", permit=tags), "Go on.")
    assert done.refused == 'tag "b" would be left open'
    assert apply(replacing("on", "<b>it</b>", permit=tags), "Go on.").text == "Go <b>it</b>."


def test_an_edit_that_would_be_made_again_is_turned_down():
    done = apply(replacing("a", "aa"), "a cat")
    assert done.refused == "a second pass would change the text again"


def test_line_ends_that_would_become_one_are_turned_down():
    done = apply(replacing(" ", ""), "a\r \nb\r\n")
    assert done.refused == "line ends would run together"


def test_edits_keep_every_byte_around_them():
    text = "\ufeff\ufeffone\r\ntwo\rthree\nfour\r\n"
    layout_text = "one\ntwo\nthree\nfour\n"
    start = layout_text.index("three")
    done = edited(text, [step(start, start + 5, "3\n3", "").edit])
    assert done == "\ufeff\ufeffone\r\ntwo\r3\r\n3\nfour\r\n"
