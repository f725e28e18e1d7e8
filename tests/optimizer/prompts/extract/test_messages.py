from __future__ import annotations

import json

import pytest

from optimizer.models.errors import FormatError
from optimizer.models.sites import Place
from optimizer.prompts.extract import find_sites, patch

CHAT = """[
  {"role": "system", "content": "Be brief.\\nAnd kind."},
  {"role": "user", "content": [
    {"type": "image_url", "image_url": {"url": "https://x"}},
    {"type": "text", "text": "What is {{thing}}?"}
  ]},
  {"role": "tool", "content": "raw"},
  {"role": "assistant", "content": null},
  {"role": "assistant", "content": ""}
]"""


def test_texts_of_messages_are_prompts_and_other_parts_are_none() -> None:
    found = find_sites("chat.json", CHAT.encode())
    assert [(site.pointer, site.role, site.text) for site in found.sites] == [
        ("/0/content", "system", "Be brief.\nAnd kind."),
        ("/1/content/1/text", "user", "What is {{thing}}?"),
    ]
    assert [(skipped.pointer, skipped.reason) for skipped in found.skipped] == [
        ("/4/content", "is empty")
    ]
    assert found.sites[1].variables == ("thing",)
    assert found.sites[1].place(5) == Place(line=5, column=36)
    assert found.sites[0].place(15) == Place(line=2, column=34)


def test_messages_of_an_object_and_of_yaml_are_found() -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "Hi {name}"}]}'
    (site,) = find_sites("a.json", body).sites
    assert (site.prompt_id, site.variables) == ("a.json#/messages/0/content", ("name",))
    (site,) = find_sites("a.yaml", b"- role: user\n  content: |\n    Hi {{name}}\n").sites
    assert (site.text, site.line, site.column) == ("Hi {{name}}\n", 3, 4)


def test_a_patch_replaces_one_text_alone() -> None:
    site = find_sites("chat.json", CHAT.encode()).sites[1]
    patched = patch(CHAT.encode(), site, 'Say "{{thing}}"\u2028\x7f').decode()
    old, new = CHAT.split("\n"), patched.split("\n")
    assert [n for n in range(len(old)) if old[n] != new[n]] == [4]
    assert json.loads(patched)[1]["content"][1]["text"] == 'Say "{{thing}}"\u2028\x7f'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"role": "user", "content": "a"},]', "line 1, column 35: expected value"),
        (b'[{"role": "user", "role": "system"}]', "found key 'role' a second time"),
        (b'{"role": ' + b"[" * 100_000, "found values nested too deeply"),
        (b'[{"role": "user"}] x', "line 1, column 20: found extra data"),
    ],
)
def test_damaged_messages_are_refused_with_their_place(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as error:
        find_sites("a.json", content)
    assert message in str(error.value)


def test_other_json_files_hold_no_prompts() -> None:
    assert find_sites("a.json", b'{"users": [{"role": "admin"}]}').sites == ()
    assert find_sites("a.json", b"{broken").sites == ()
