from __future__ import annotations

import pytest

from optimizer.models.errors import FormatError
from optimizer.prompts.extract import PatchRefused, find_sites, patch

PROMPT = b"""\
---
model: some/model
input:
  schema:
    location: string, where
    style?: string
    items(array): string
---
{{role "system"}}
Welcome to {{location}}{{#if style}} in {{style}}{{/if}}.
"""


def test_the_template_is_the_prompt_and_the_schema_declares() -> None:
    (site,) = find_sites("greet.prompt", PROMPT).sites
    assert site.prompt_id == "greet.prompt"
    assert site.text == PROMPT.decode().split("---\n")[2]
    assert site.line == 9
    assert site.declared == ("items", "location", "style")
    assert site.variables == ("location", "style")


def test_json_schema_declares_its_properties() -> None:
    content = b"---\ninput: {schema: {type: object, properties: {a: {type: string}}}}\n---\n{{a}}"
    assert find_sites("a.prompt", content).sites[0].declared == ("a",)


def test_a_file_without_front_matter_declares_nothing() -> None:
    (site,) = find_sites("a.prompt", b"Hi {{name}}").sites
    assert (site.text, site.declared, site.line) == ("Hi {{name}}", None, 1)


def test_front_matter_stays_as_it_is() -> None:
    content = b"\xef\xbb\xbf" + PROMPT.replace(b"\n", b"\r\n")
    (site,) = find_sites("a.prompt", content).sites
    patched = patch(content, site, "Hi\n---\n{{location}}")
    assert patched == content[: content.index(b"{{role")] + b"Hi\r\n---\r\n{{location}}"
    (after,) = find_sites("a.prompt", patched).sites
    assert patch(patched, after, site.text) == content


def test_a_text_that_would_read_as_front_matter_is_refused() -> None:
    (site,) = find_sites("a.prompt", b"Hi").sites
    with pytest.raises(PatchRefused, match="would read as another one"):
        patch(b"Hi", site, "---\na: 1\n---\nHi")


def test_an_empty_template_is_skipped_and_broken_front_matter_refused() -> None:
    assert find_sites("a.prompt", b"---\na: 1\n---\n").skipped[0].line == 4
    with pytest.raises(FormatError, match=r"a.prompt: line 3: expected"):
        find_sites("a.prompt", b"---\na: [1\n---\nHi")
