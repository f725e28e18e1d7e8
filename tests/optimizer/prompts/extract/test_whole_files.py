from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.models.errors import FormatError
from optimizer.models.extract_settings import ExtractSettings
from optimizer.models.sites import Place, PromptFormat
from optimizer.prompts.extract import PatchRefused, find_sites, patch

PROMPTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1).filter(
    str.strip
)


def test_the_whole_of_a_text_file_is_one_prompt() -> None:
    (site,) = find_sites("prompts/triage.md", b"Sort {{ticket}} by ${team}.\n").sites
    assert site.prompt_id == "prompts/triage.md"
    assert site.text == "Sort {{ticket}} by ${team}.\n"
    assert site.variables == ("team", "ticket")
    assert site.format is PromptFormat.TEXT
    assert site.place(site.text.index("by")) == Place(line=1, column=17)


def test_the_name_tells_a_template_from_text() -> None:
    content = b"{% set x = 1 %}{% for item in items %}{{ item.name }}{{ x }}{% endfor %}"
    (site,) = find_sites("a.md.j2", content).sites
    assert site.format is PromptFormat.JINJA
    assert site.variables == ("items",)


def test_variables_of_all_dialects_are_recognised() -> None:
    text = "{{#1720672602189.text#}} {{#context#}} {{ user.name }} {% if x %}y{% endif %}"
    assert find_sites("a.txt", text.encode()).sites[0].variables == (
        "1720672602189.text",
        "context",
        "user",
        "x",
    )


def test_single_braces_beside_double_ones_are_no_variables() -> None:
    assert find_sites("a.txt", b"{{x}} like {y}").sites[0].variables == ("x",)
    assert find_sites("a.txt", b"only {y}").sites[0].variables == ("y",)


def test_a_file_with_crlf_throughout_keeps_it() -> None:
    content = b"\xef\xbb\xbfOne\r\nTwo\r\n"
    (site,) = find_sites("a.md", content).sites
    assert site.text == "One\nTwo\n"
    assert patch(content, site, "One\nThree\n") == b"\xef\xbb\xbfOne\r\nThree\r\n"


def test_mixed_line_ends_are_part_of_the_text() -> None:
    content = b"One\r\nTwo\nThree\r\r\n"
    (site,) = find_sites("a.md", content).sites
    assert site.text == "One\r\nTwo\nThree\r\r\n"
    assert patch(content, site, site.text.replace("Two", "2")) == b"One\r\n2\nThree\r\r\n"


def test_places_in_a_text_of_mixed_line_ends_count_as_findings_do() -> None:
    (site,) = find_sites("a.md", b"One\r\nTwo\nThree\n").sites
    assert site.place("One\nTwo\nThree".index("ree")) == Place(line=3, column=3)


def test_an_empty_file_is_skipped_with_a_reason() -> None:
    found = find_sites("a.md", b" \n")
    assert found.sites == ()
    assert [skipped.reason for skipped in found.skipped] == ["is empty"]


def test_a_text_that_is_too_long_is_skipped_with_a_reason() -> None:
    assert find_sites("a.md", b"a" * 100_000).sites
    found = find_sites("a.md", b"a" * 100_001)
    assert found.sites == ()
    assert found.skipped[0].reason == "has 100001 characters, at most 100000 are read"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"abc\xff", "a.md: byte 3: found 0xff, expected text in UTF-8"),
        (b"a\0c", "a.md: byte 1: found 0x00, expected text"),
    ],
)
def test_what_is_no_text_is_named_with_its_byte(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as error:
        find_sites("a.md", content)
    assert str(error.value) == message


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(FormatError, match=r"found 11 bytes, expected at most 10"):
        find_sites("a.md", b"a" * 11, settings=ExtractSettings(max_file_bytes=10))


def test_a_text_that_changed_meanwhile_is_not_overwritten() -> None:
    (site,) = find_sites("a.md", b"old").sites
    with pytest.raises(PatchRefused, match="changed meanwhile"):
        patch(b"other", site, "new")
    with pytest.raises(PatchRefused, match="changed meanwhile"):
        patch(b"", site, "new")


@pytest.mark.parametrize("text", ["", " \n", "a\0b", "half \ud800", "a" * 100_001])
def test_what_cannot_be_a_prompt_is_not_written(text: str) -> None:
    (site,) = find_sites("a.md", b"old").sites
    with pytest.raises(PatchRefused, match="the new text"):
        patch(b"old", site, text)


@given(old=PROMPTS, new=PROMPTS)
def test_a_patch_and_its_reverse_leave_the_file_as_it_was(old: str, new: str) -> None:
    content = b"\xef\xbb\xbf" + old.encode()
    (site,) = find_sites("a.md", content).sites
    patched = patch(content, site, new)
    (changed,) = find_sites("a.md", patched).sites
    if "\r" not in new + old:
        assert patch(patched, changed, site.text) == content
