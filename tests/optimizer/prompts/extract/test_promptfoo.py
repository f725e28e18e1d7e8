from __future__ import annotations

import json

import pytest
import yaml

from optimizer.models.sites import Place, PromptSite
from optimizer.prompts.extract import find_sites, patch

CONFIG = """\
# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
description: Triage
prompts:
  - 'Sort {{ticket}} in {{ language }}'
  - |-
    You sort tickets.

    {{ticket}}
  - raw: Answer {{tickt}}
    label: plain
  - id: file://prompts/long.md
    label: long
  - file://prompts/*.txt
  - chat.json
  - file://make.py:build
  - langfuse://triage@latest
  - |
    [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "Ticket: {{ticket}}\\nGo"}
    ]
  - ''
providers: [openai:gpt-4o]
defaultTest:
  vars: {language: English}
tests:
  - vars:
      ticket: It broke
      expected: bug
    assert:
      - type: equals
        value: '{{expected}}'
"""


def sites(content: str = CONFIG) -> dict[str, PromptSite]:
    return {s.pointer: s for s in find_sites("promptfooconfig.yaml", content.encode()).sites}


def test_prompts_of_all_shapes_are_found() -> None:
    assert [(s.pointer, s.role, s.node_id, s.text) for s in sites().values()] == [
        ("/prompts/0", "user", "", "Sort {{ticket}} in {{ language }}"),
        ("/prompts/1", "user", "", "You sort tickets.\n\n{{ticket}}"),
        ("/prompts/2/raw", "user", "plain", "Answer {{tickt}}"),
        ("/prompts/8#/0/content", "system", "", "Be brief."),
        ("/prompts/8#/1/content", "user", "", "Ticket: {{ticket}}\nGo"),
    ]


def test_files_are_named_and_what_others_make_is_left_alone() -> None:
    found = find_sites("promptfooconfig.yaml", CONFIG.encode())
    assert [(one.pattern, one.pointer, one.line) for one in found.references] == [
        ("prompts/long.md", "/prompts/3/id", 11),
        ("prompts/*.txt", "/prompts/4", 13),
        ("chat.json", "/prompts/5", 14),
    ]
    assert {one.names for one in found.references} == {("expected", "language", "ticket")}
    assert [(one.pointer, one.reason) for one in found.skipped] == [
        ("/prompts/9", "is empty"),
        ("/prompts/6", "is made by a program: make.py"),
        ("/prompts/7", "stands elsewhere: langfuse://triage@latest"),
    ]


def test_what_tests_fill_in_is_declared_for_prompts_that_use_it() -> None:
    assert [site.declared for site in sites().values()] == [
        ("language", "ticket"),
        ("ticket",),
        (),
        (),
        ("ticket",),
    ]


def test_a_variable_that_nothing_uses_is_declared_for_all() -> None:
    (site,) = sites(
        "prompts: ['Answer {{tickt}} {{env.KEY}}']\ntests: [{vars: {ticket: x}}]\nproviders: []\n"
    ).values()
    assert site.declared == ("ticket",)
    assert site.variables == ("tickt",)


@pytest.mark.parametrize(
    "tests", ["file://tests.csv", "[file://a.yaml]", "[{vars: file://vars.yaml}]"]
)
def test_variables_from_other_files_declare_nothing(tests: str) -> None:
    (site,) = sites(f"prompts: 'Answer {{{{x}}}}'\ntests: {tests}\n").values()
    assert site.declared is None


def test_variables_of_scenarios_are_declared() -> None:
    (site,) = sites("""\
prompts: ['{{a}} {{b}} {{c}}']
scenarios:
  - config: [{vars: {a: 1}}]
    tests: [{vars: {b: 2}}]
""").values()
    assert site.declared == ("a", "b")


def test_a_character_of_a_message_in_a_text_has_its_place() -> None:
    site = sites()["/prompts/8#/0/content"]
    assert site.place(3) == Place(line=19, column=41)
    assert CONFIG.split("\n")[18][40:].startswith("brief")


@pytest.mark.parametrize("pointer", sorted(sites()))
@pytest.mark.parametrize("text", ["Be kind {{ticket}}.", 'Say "so"\n\nand: {{x}}\n'])
def test_a_patch_changes_one_prompt_and_nothing_else(pointer: str, text: str) -> None:
    site = sites()[pointer]
    patched = patch(CONFIG.encode(), site, text).decode()
    after = sites(patched)
    assert after.pop(pointer).text == text
    assert {p: s.text for p, s in after.items()} == {
        p: s.text for p, s in sites().items() if p != pointer
    }
    assert patched.endswith(CONFIG[CONFIG.index("providers") :])
    assert patched.startswith(CONFIG[: CONFIG.index("prompts:\n")])
    restored = patch(patched.encode(), sites(patched)[pointer], site.text).decode()
    assert yaml.safe_load(restored) == yaml.safe_load(CONFIG)


def test_a_patch_of_one_message_keeps_the_layout_of_the_chat() -> None:
    patched = patch(CONFIG.encode(), sites()["/prompts/8#/0/content"], 'Be "é".').decode()
    assert patched == CONFIG.replace("Be brief.", 'Be \\"é\\".')


def test_a_configuration_in_json_is_read_as_well() -> None:
    content = json.dumps({"prompts": ["Hi {{x}}"], "tests": [{"vars": {"x": 1}}]}, indent=2)
    (site,) = find_sites("promptfooconfig.json", content.encode()).sites
    assert (site.pointer, site.declared) == ("/prompts/0", ("x",))
    assert patch(content.encode(), site, "Ho {{x}}").decode() == content.replace("Hi", "Ho")


def test_other_files_with_prompts_are_none_of_promptfoo() -> None:
    assert find_sites("a.yaml", b"prompts: [a]\n").sites == ()
