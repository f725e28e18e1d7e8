from __future__ import annotations

import ast
import json
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.models.errors import FormatError
from optimizer.models.sites import FoundPrompts, PromptFormat
from optimizer.prompts.extract import EXTRACTORS, PatchRefused, find_sites, patch

FILES: dict[str, str] = {
    "a.md": "# Sort\n\nSort {{ticket}}.\n",
    "a.j2": "{% if x %}Sort {{ticket}}{% endif %}",
    "a.prompt": "---\ninput: {schema: {x: string}}\n---\nSort {{x}}\n",
    "chat.json": (
        '[{"role": "system", "content": "Be \\u00e9."},\n {"role":"user","content":"x"}]\n'
    ),
    "chat.yaml": (
        "messages:\n- role: system\n  content: >-\n    Be\n    brief\n- role: user\n  content: x"
    ),
    "a.py": (
        "# optimizer: prompt\nA = 'one'\n# optimizer: prompt\nB = '''\ntwo'''\n"
        "# optimizer: prompt\nC = (\n    'three\\n'\n    'four'\n)\n# optimizer: prompt\nD = r'5'\n"
    ),
    "app.yml": (
        "app: {mode: workflow}  # mode\nworkflow:\n  graph:\n    nodes:\n"
        "    - data:\n        type: llm\n        prompt_template:\n"
        "        - {role: system, text: 'in brackets'}\n"
        "        - role: user\n          text: |+\n            kept\n\n\n"
        "        - role: user\n          text: \"double \\xE9\"\n          id: '1'\n"
        "        - role: user\n          text: plain   # a comment\n"
        "        - role: user\n          text: |2-\n              led by spaces\n            x\n"
        "        - text: 'last\n\n            one'"
    ),
    "promptfooconfig.yaml": (
        'prompts:\n  - one {{x}}\n  - \'[{"role": "user", "content": "two"}]\'\n'
        "  - raw: |\n      three\n    label: t\ntests:\n  - vars: {x: 1}\n"
    ),
}
TEXT = st.text(
    st.characters(exclude_characters="\0", codec="utf-8")
    | st.sampled_from(list("\n\n\n    \t\\\"'{}#:-|>%&*!`@,[]~\r\ufeff\u2028\x85")),
    min_size=1,
    max_size=60,
).filter(str.strip)


few = settings(max_examples=25, deadline=None)


def texts(found: FoundPrompts) -> dict[str, str]:
    return {site.pointer: site.text for site in found.sites}


def values(name: str, content: bytes) -> Any:
    if name.endswith(".json"):
        return json.loads(content)
    if name.endswith((".yml", ".yaml")):
        return yaml.safe_load(content)
    return None


def leaves(value: Any, way: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return {way: value}
    return {k: v for key, one in items for k, v in leaves(one, f"{way}/{key}").items()}


CASES = [
    (name, i) for name in FILES for i in range(len(find_sites(name, FILES[name].encode()).sites))
]


def test_every_format_has_an_extractor_and_a_case() -> None:
    assert [one.format for one in EXTRACTORS] != []
    assert {one.format for one in EXTRACTORS} == set(PromptFormat)
    assert {find_sites(name, FILES[name].encode()).sites[0].format for name in FILES} == set(
        PromptFormat
    )


@pytest.mark.parametrize(("name", "index"), CASES)
@few
@given(text=TEXT, mark=st.sampled_from(["", "\ufeff"]), line_end=st.sampled_from(["\n", "\r\n"]))
def test_a_patch_changes_one_text_and_its_reverse_brings_it_back(
    name: str, index: int, mark: str, line_end: str, text: str
) -> None:
    content = (mark + FILES[name].replace("\n", line_end)).encode()
    found = find_sites(name, content)
    site = found.sites[index]
    try:
        patched = patch(content, site, text)
    except PatchRefused:
        assert name == "a.prompt" or "\r" in text
        return
    after = find_sites(name, patched)
    written = texts(after)[site.pointer].replace("\r\n", "\n")
    assert written == text.replace("\r\n", "\n")
    assert {p: t for p, t in texts(after).items() if p != site.pointer} == {
        p: t for p, t in texts(found).items() if p != site.pointer
    }
    old, new = leaves(values(name, content)), leaves(values(name, patched))
    changed = {way for way in old | new if old.get(way) != new.get(way)}
    assert len(changed) <= 1
    (standing,) = [one for one in after.sites if one.pointer == site.pointer]
    back = patch(patched, standing, site.text)
    assert texts(find_sites(name, back)) == texts(found)
    assert leaves(values(name, back)) == old


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("name", "index"), CASES)
def test_a_patch_with_the_text_that_stands_there_changes_no_byte(
    name: str, index: int, line_end: str
) -> None:
    content = FILES[name].replace("\n", line_end).encode()
    site = find_sites(name, content).sites[index]
    patched = patch(content, site, site.text)
    if name.endswith((".md", ".j2", ".prompt", ".json", ".yml")):
        assert patched == content
    assert texts(find_sites(name, patched)) == texts(find_sites(name, content))


@pytest.mark.parametrize("text", ["one", "two words", "Three\nlines\nof it"])
@pytest.mark.parametrize("name", ["a.md", "a.j2", "a.prompt", "chat.json"])
def test_whole_texts_and_json_come_back_byte_for_byte(name: str, text: str) -> None:
    content = FILES[name].encode()
    site = find_sites(name, content).sites[0]
    patched = patch(content, site, text)
    (after,) = [s for s in find_sites(name, patched).sites if s.pointer == site.pointer]
    back = patch(patched, after, site.text)
    assert back == content or (
        name == "chat.json" and back == content.replace(b"\\u00e9", "é".encode())
    )


@few
@given(text=TEXT)
def test_python_source_with_any_prompt_is_python(text: str) -> None:
    content = FILES["a.py"].encode()
    for site in find_sites("a.py", content).sites:
        tree = ast.parse(patch(content, site, text))
        assert (
            ast.literal_eval(
                next(
                    node.value
                    for node in tree.body
                    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == site.pointer
                )
            )
            == text
        )


@pytest.mark.parametrize("name", [*FILES, "b.json", "b.yaml"])
@few
@given(content=st.binary(max_size=200))
def test_bytes_of_no_sense_are_read_or_refused(name: str, content: bytes) -> None:
    for prefix in (b"", b"prompts: ", b"# optimizer: prompt\n", b'[{"role": "user"}, ', b"---\n"):
        with suppress(FormatError):
            find_sites(name, prefix + content)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "Sort the ticket\u2019s topic \U0001f6e0.\n" * 9,
            "Say \u201cwhy\u201d \U0001f600:\n\n" * 7,
        ),
        ("It's one line " * 20 + "#", "It's # another line " * 9 + "."),
        ("# Sort\n\nSort it.\n- a\n- b", "# Say\n\nSay it: 'now'.\n\n* c"),
        (
            "{{#1720672602189.text#}} is it",
            "{{#1720672602189.text#}} is it not " + "so " * 40 + "?",
        ),
    ],
)
def test_a_patched_export_of_dify_is_what_dify_would_export(old: str, new: str) -> None:
    before, after = (
        yaml.safe_dump(
            {
                "app": {"mode": "workflow"},
                "workflow": {
                    "graph": {
                        "nodes": [
                            {
                                "data": {
                                    "prompt_template": [{"role": "user", "text": text}],
                                    "type": "llm",
                                },
                                "id": "1",
                            }
                        ]
                    }
                },
            },
            allow_unicode=True,
        ).encode()
        for text in (old, new)
    )
    (site,) = find_sites("app.yml", before).sites
    assert patch(before, site, new) == after


@pytest.mark.parametrize("name", ["a.md", "app.yml", "chat.json", "a.py"])
def test_crlf_of_a_new_text_does_not_enter_a_file_with_lf(name: str) -> None:
    content = FILES[name].encode()
    site = find_sites(name, content).sites[0]
    patched = patch(content, site, "One\r\nTwo\r\n")
    assert texts(find_sites(name, patched))[site.pointer] == "One\nTwo\n"
