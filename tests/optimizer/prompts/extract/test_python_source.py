from __future__ import annotations

import ast

import pytest

from optimizer.models.errors import FormatError
from optimizer.models.sites import Place, PromptSite
from optimizer.prompts.extract import PatchRefused, find_sites, patch

SOURCE = '''\
"""Prompts."""
import os

# optimizer: prompt
SYSTEM = """\\
You sort {ticket} — quickly.
Say "one" word\\t.
"""
SHORT: str = 'it\\'s {x}'  # optimizer: prompt short-one
NOT_MARKED = "x"


class Prompts:
    # optimizer: prompt
    joined = (
        "One {a}.\\n"
        "Two {b}."
    )

    def ask(self, user):
        # optimizer: prompt ask
        question = f"Dear {user.name!r:>{10}}, {{literal}} \\u00e9 {os.sep + 'x'}"
        return question


# optimizer: prompt
# Matches numbers.
PATTERN = r"Match \\d in {text}"
# optimizer: prompt
DATA = b"bytes"
# optimizer: prompt
CALL = "a".strip()
# optimizer: prompt
EMPTY = ""
# optimizer: prompt nothing

# optimizer: prompt PATTERN
OTHER = "again"
'''


def sites(source: str = SOURCE) -> dict[str, PromptSite]:
    return {site.pointer: site for site in find_sites("p.py", source.encode()).sites}


def test_marked_constants_are_prompts() -> None:
    found = sites()
    assert {name: site.text for name, site in found.items()} == {
        "SYSTEM": 'You sort {ticket} — quickly.\nSay "one" word\t.\n',
        "short-one": "it's {x}",
        "joined": "One {a}.\nTwo {b}.",
        "ask": "Dear {user.name!r:>{10}}, {{literal}} é {os.sep + 'x'}",
        "PATTERN": "Match \\d in {text}",
    }
    assert found["SYSTEM"].role == "system"
    assert found["SYSTEM"].prompt_id == "p.py#SYSTEM"
    assert [site.variables for site in found.values()] == [
        ("ticket",),
        ("x",),
        ("a", "b"),
        ("os", "user"),
        ("text",),
    ]


def test_what_is_marked_and_no_text_is_skipped_with_a_reason() -> None:
    found = find_sites("p.py", SOURCE.encode())
    assert [(one.pointer, one.reason) for one in found.skipped] == [
        ("DATA", "is bytes, expected a text"),
        ("CALL", "is an expression, expected a text"),
        ("EMPTY", "is empty"),
        ("nothing", "marks no assignment"),
        ("PATTERN", "is a second prompt of the name PATTERN"),
    ]


@pytest.mark.parametrize(
    ("name", "word"), [("SYSTEM", "You"), ("short-one", "it"), ("PATTERN", "{text}")]
)
def test_a_character_has_its_place_in_the_file(name: str, word: str) -> None:
    site = sites()[name]
    place = site.place(site.text.index(word))
    assert SOURCE.split("\n")[place.line - 1][place.column - 1 :].startswith(word)


def test_the_first_line_of_a_tall_string_stands_behind_its_name() -> None:
    (site,) = sites('P = """One\nTwo"""  # optimizer: prompt\n').values()
    assert site.place(0) == Place(line=1, column=8)
    assert site.place(4) == Place(line=2, column=1)


@pytest.mark.parametrize("name", sorted(sites()))
@pytest.mark.parametrize(
    "text",
    [
        "Short.",
        "Two\nlines\n",
        "'''''\"\"\" \\ \\n",
        'ends in "',
        "ends in '''",
        "\ta\rb\x07é😀\u2028",
        "\\",
    ],
)
def test_a_patch_changes_one_constant_and_nothing_else(name: str, text: str) -> None:
    site = sites()[name]
    if name == "ask":
        text += "{user.name!r:>{10}}{os.sep + 'x'}"
    patched = patch(SOURCE.encode(), site, text).decode()
    after = sites(patched)
    assert after.pop(name).text == text
    assert {n: s.text for n, s in after.items()} == {
        n: s.text for n, s in sites().items() if n != name
    }
    begin = SOURCE.index(SOURCE.split("\n")[site.line - 1]) - 20
    assert patched[:begin] == SOURCE[:begin]
    assert patched.endswith("\n".join(SOURCE.split("\n")[site.line + 2 :]))
    back = patch(patched.encode(), sites(patched)[name], site.text).decode()
    assert ast.dump(ast.parse(back)) == ast.dump(ast.parse(SOURCE))


@pytest.mark.parametrize("name", sorted(sites()))
def test_a_patch_back_in_the_same_style_restores_the_bytes(name: str) -> None:
    site = sites()[name]
    longer = site.text.replace("e", "e e").replace("us e er", "user")
    if name == "ask":
        longer = site.text.replace("Dear", "Hello").replace("é", "")
    patched = patch(SOURCE.encode(), site, longer)
    back = patch(patched, sites(patched.decode())[name], site.text).decode()
    expected = SOURCE.replace("\\u00e9", "é") if name == "ask" else SOURCE
    assert back == expected


def test_an_f_string_gets_no_code_that_it_has_not() -> None:
    site = sites()["ask"]
    for text in ("Hi {os.remove('x')}", "Hi {", "Hi {user"):
        with pytest.raises(PatchRefused, match="the new text has"):
            patch(SOURCE.encode(), site, text)
    assert b'f"Hi {{user}}"' in patch(SOURCE.encode(), site, "Hi {{user}}")


def test_a_comment_between_parts_is_not_lost() -> None:
    source = b'# optimizer: prompt\nP = (\n    "a"  # first\n    "b"\n)\n'
    (site,) = find_sites("p.py", source).sites
    assert site.text == "ab"
    with pytest.raises(PatchRefused, match="a comment stands between its parts"):
        patch(source, site, "c")


def test_line_ends_of_the_file_stay() -> None:
    source = b'\xef\xbb\xbf# optimizer: prompt\r\nP = """a\r\nb"""\r\n'
    (site,) = find_sites("p.py", source).sites
    assert site.text == "a\nb"
    assert patch(source, site, "c\nd\n") == source.replace(b"a\r\nb", b"c\r\nd\r\n")


def test_source_without_a_marker_holds_no_prompts_and_damaged_source_is_refused() -> None:
    assert find_sites("p.py", b"def broken(:\n").sites == ()
    with pytest.raises(FormatError, match=r"p.py: line 2: found invalid syntax, expected Python"):
        find_sites("p.py", b"# optimizer: prompt\ndef broken(:\n")


def test_odd_escapes_of_source_warn_nobody(recwarn: pytest.WarningsRecorder) -> None:
    source = b'# optimizer: prompt\nP = "\\d {x}"\n'
    (site,) = find_sites("p.py", source).sites
    assert site.text == "\\d {x}"
    assert patch(source, site, "\\s {x}") == b'# optimizer: prompt\nP = "\\\\s {x}"\n'
    assert not recwarn.list
