from __future__ import annotations

import pytest
import yaml

from optimizer.models.errors import FormatError
from optimizer.models.sites import Place, PromptFormat, PromptSite
from optimizer.prompts.extract import PatchRefused, find_sites, patch

WORKFLOW = """\
app:
  description: 'Sorts tickets'
  mode: advanced-chat
  name: Triage   # shown in the studio
kind: app
version: 0.3.0
workflow:
  graph:
    edges: []
    nodes:
    - data:
        title: Start
        type: start
        variables:
        - {label: Ticket, variable: ticket, type: paragraph}
      id: '1720672602100'
    - data:
        memory:
          query_prompt_template: '{{#sys.query#}}'
          window: {enabled: false, size: 10}
        prompt_template:
        - id: a1
          role: system
          text: "You sort tickets.\\n\\nAnswer with one word: billing, bug or other.\\
            \\ Never explain é.\\n"
        - id: a2
          role: user
          text: |-
            Ticket: {{#1720672602100.ticket#}}

            Context: {{#context#}}
        - edition_type: jinja2
          id: a3
          jinja2_text: 'Repeat {{ word }}, it''s {% if again %}needed{% endif %}'
          role: assistant
          text: not in use
        - id: a4
          role: user
          text: ''
        prompt_config:
          jinja2_variables:
          - value_selector: ['1', x]
            variable: word
          - value_selector: ['1', y]
            variable: again
        title: LLM
        type: llm
      id: '1720672602189'
    - data:
        parentId: '1720672602300'
        prompt_template:
          edition_type: basic
          jinja2_text: ''
          text: Complete {{#1720672602189.text#}} in a plain scalar that is so long
            of two lines
        type: llm
      id: '1720672602190'
    - data:
        instructions: >-
          Sort what is asked
          into classes.
        type: question-classifier
      id: '1720672602191'
    - data:
        instruction: Find the city.
        type: parameter-extractor
      id: '1720672602192'
    - data:
        agent_parameters:
          instruction: {type: constant, value: 'Use the tools.'}
          query: {type: constant, value: '{{#sys.query#}}'}
          model: {type: constant, value: {provider: openai}}
        type: agent
      id: '1720672602193'
"""

CHAT = """\
app: {mode: chat, name: Chat}
model_config:
  pre_prompt: |
    Reply to {{name}} in {{langage}}.
  prompt_type: simple
  dataset_query_variable: question
  user_input_form:
  - text-input: {label: Name, variable: name}
  - select: {label: Language, variable: language}
  - paragraph: {label: Question, variable: question}
"""


def sites(content: str, path: str = "app.yml") -> dict[str, PromptSite]:
    return {site.pointer: site for site in find_sites(path, content.encode()).sites}


NODES = "/workflow/graph/nodes"
SYSTEM = f"{NODES}/1/data/prompt_template/0/text"


def test_finds_the_prompts_of_every_kind_of_node() -> None:
    found = sites(WORKFLOW)
    assert {(s.pointer.removeprefix(NODES), s.node_type, s.role) for s in found.values()} == {
        ("/1/data/prompt_template/0/text", "llm", "system"),
        ("/1/data/prompt_template/1/text", "llm", "user"),
        ("/1/data/prompt_template/2/jinja2_text", "llm", "assistant"),
        ("/1/data/memory/query_prompt_template", "llm", "user"),
        ("/2/data/prompt_template/text", "llm", "user"),
        ("/3/data/instructions", "question-classifier", "system"),
        ("/4/data/instruction", "parameter-extractor", "system"),
        ("/5/data/agent_parameters/instruction/value", "agent", "system"),
        ("/5/data/agent_parameters/query/value", "agent", "user"),
    }
    assert all(site.format is PromptFormat.DIFY for site in found.values())
    assert found[SYSTEM].prompt_id == f"app.yml#{SYSTEM}"
    assert found[SYSTEM].node_id == "1720672602189"


def test_texts_and_variables_are_what_dify_reads() -> None:
    found = sites(WORKFLOW)
    assert found[SYSTEM].text == (
        "You sort tickets.\n\nAnswer with one word: billing, bug or other. Never explain é.\n"
    )
    user = found[f"{NODES}/1/data/prompt_template/1/text"]
    assert user.text == "Ticket: {{#1720672602100.ticket#}}\n\nContext: {{#context#}}"
    assert user.variables == ("1720672602100.ticket", "context")
    jinja = found[f"{NODES}/1/data/prompt_template/2/jinja2_text"]
    assert jinja.variables == jinja.declared == ("again", "word")


def test_an_empty_message_is_skipped_visibly() -> None:
    (skipped,) = find_sites("app.yml", WORKFLOW.encode()).skipped
    assert (skipped.pointer, skipped.line) == (f"{NODES}/1/data/prompt_template/3/text", 39)
    assert skipped.reason == "is empty"


@pytest.mark.parametrize(
    ("pointer", "word"),
    [
        ("/1/data/prompt_template/1/text", "Context"),
        ("/1/data/prompt_template/1/text", "1720672602100"),
        ("/1/data/memory/query_prompt_template", "sys"),
        ("/4/data/instruction", "city"),
        ("/5/data/agent_parameters/instruction/value", "tools"),
    ],
)
def test_a_character_has_its_place_in_the_file(pointer: str, word: str) -> None:
    site = sites(WORKFLOW)[NODES + pointer]
    place = site.place(site.text.index(word))
    line = WORKFLOW.split("\n")[place.line - 1]
    assert line[place.column - 1 :].startswith(word)


def test_a_text_of_escapes_and_folds_has_the_place_where_it_begins() -> None:
    site = sites(WORKFLOW)[SYSTEM]
    line = WORKFLOW.split("\n").index(
        '          text: "You sort tickets.\\n\\nAnswer with one word: billing, bug or other.\\'
    )
    assert site.place(0) == site.place(30) == Place(line=line + 1, column=18)


@pytest.mark.parametrize("pointer", sorted(sites(WORKFLOW)))
@pytest.mark.parametrize(
    "text",
    [
        "Short.",
        "Two\nlines: one\n",
        "  lead\n# no comment\n\n\n",
        'it\'s "quoted" \\ é 😀\tx',
        "- a: b",
    ],
)
def test_a_patch_changes_one_text_and_nothing_else(pointer: str, text: str) -> None:
    before = sites(WORKFLOW)[pointer]
    patched = patch(WORKFLOW.encode(), before, text).decode()
    expected = yaml.safe_load(WORKFLOW)
    inner = expected
    *way, last = [int(key) if key.isdigit() else key for key in pointer.split("/")[1:]]
    for key in way:
        inner = inner[key]
    inner[last] = text
    assert yaml.safe_load(patched) == expected
    above, below = before.line - 2, before.line + 3
    assert patched.split("\n")[:above] == WORKFLOW.split("\n")[:above]
    assert patched.endswith("\n".join(WORKFLOW.split("\n")[below:]))


@pytest.mark.parametrize("pointer", sorted(sites(WORKFLOW)))
def test_a_patch_back_in_the_same_style_restores_the_bytes(pointer: str) -> None:
    before = sites(WORKFLOW)[pointer]
    text = before.text.replace("e", "a")
    patched = patch(WORKFLOW.encode(), before, text)
    (after,) = [s for s in find_sites("app.yml", patched).sites if s.pointer == pointer]
    back = patch(patched, after, before.text).decode()
    assert yaml.safe_load(back) == yaml.safe_load(WORKFLOW)
    if before.node_type != "question-classifier":
        assert back == WORKFLOW


def test_a_chat_application_declares_what_its_form_asks_for() -> None:
    (site,) = sites(CHAT).values()
    assert (site.pointer, site.node_type, site.role) == (
        "/model_config/pre_prompt",
        "chat",
        "system",
    )
    assert site.variables == ("langage", "name")
    assert site.declared == ("language", "name")


def test_an_advanced_chat_prompt_is_found() -> None:
    content = """\
app: {mode: completion}
model_config:
  prompt_type: advanced
  pre_prompt: ''
  chat_prompt_config: {prompt: [{role: system, text: Be brief.}]}
  completion_prompt_config: {prompt: {text: 'Go on: {{#query#}}'}}
"""
    assert list(sites(content)) == [
        "/model_config/chat_prompt_config/prompt/0/text",
        "/model_config/completion_prompt_config/prompt/text",
    ]


def test_crlf_and_a_missing_final_line_end_stay() -> None:
    content = ("\ufeff" + CHAT.replace("\n", "\r\n").rstrip("\r\n")).encode()
    (site,) = find_sites("app.yml", content).sites
    assert site.text == "Reply to {{name}} in {{langage}}.\n"
    patched = patch(content, site, "One {{name}}.\nTwo.\n")
    assert patched == content.replace(
        b"    Reply to {{name}} in {{langage}}.\r\n", b"    One {{name}}.\r\n    Two.\r\n"
    )
    (after,) = find_sites("app.yml", patched).sites
    assert patch(patched, after, site.text) == content


def test_a_block_at_the_end_of_the_file_may_lack_its_line_end() -> None:
    content = b"app: {}\nmodel_config:\n  pre_prompt: |\n    Be brief."
    (site,) = find_sites("app.yml", content).sites
    assert site.text == "Be brief."
    for text in ("Be kind.", "Be\n\nkind.\n", "Be kind.\n\n"):
        patched = patch(content, site, text)
        assert find_sites("app.yml", patched).sites[0].text == text


def test_a_text_that_stands_in_several_places_is_found_once_and_not_changed() -> None:
    content = b"""\
app: {}
workflow:
  graph:
    nodes:
    - data: {type: parameter-extractor, instruction: &say Find it.}
    - data: {type: parameter-extractor, instruction: *say}
    - data: {type: parameter-extractor, instruction: &own Find this.}
"""
    found = find_sites("app.yml", content)
    assert [site.text for site in found.sites] == ["Find it.", "Find this."]
    assert [skipped.reason for skipped in found.skipped] == [
        "repeats the prompt of line 5 by an alias"
    ]
    with pytest.raises(PatchRefused, match="stands in several places by a YAML alias"):
        patch(content, found.sites[0], "Find all.")
    assert b"&own Find all." in patch(content, found.sites[1], "Find all.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"app: {}\nworkflow: [\n", "line 3, column 1"),
        (b"app: {}\nworkflow: {a: 1, a: 2}\n", "line 2, column 21: found key 'a' a second time"),
        (b"app: &x [*x]\nworkflow: 1\n", "found a value that holds itself, expected a tree"),
        (b"app: " + b"[" * 500 + b"]" * 500 + b"\nworkflow: 1\n", "values nested too deeply"),
        (b"app: {}\nworkflow:\n\t- tab\n", "line 3, column 1"),
        (b"app: \xff\nworkflow: 1\n", "byte 5: found 0xff, expected text in UTF-8"),
    ],
)
def test_what_is_no_tree_is_refused_with_its_place(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as error:
        find_sites("app.yml", content)
    assert message in str(error.value)


def test_aliases_that_stand_for_billions_of_values_cost_nothing() -> None:
    lines = ["app: {}", "a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    lines += ["model_config: {pre_prompt: Be brief.}", ""]
    content = "\n".join(lines).encode()
    (site,) = find_sites("app.yml", content).sites
    assert b"Be kind." in patch(content, site, "Be kind.")


def test_keys_that_are_lists_do_no_harm() -> None:
    content = b"app: {}\n? [a]\n: 1\n? [b]\n: 2\nmodel_config: {pre_prompt: Be brief.}\n"
    (site,) = find_sites("app.yml", content).sites
    assert patch(content, site, "Be kind.") == content.replace(b"brief", b"kind")


def test_a_number_in_the_place_of_a_prompt_is_skipped_with_a_reason() -> None:
    found = find_sites("app.yml", b"app: {}\nmodel_config: {pre_prompt: 12}\n")
    assert found.skipped[0].reason == "is a number, a truth value or a date, no text"


def test_other_yaml_files_hold_no_prompts() -> None:
    assert find_sites("a.yml", b"workflow: {on: push}\n").sites == ()
    assert find_sites("a.yml", b"{{ not: yaml").sites == ()


def test_an_application_as_json_is_read_as_well() -> None:
    content = b'{"app": {}, "model_config": {"pre_prompt": "Say \\u00e9\\/{{x}}", "z": 1}}'
    (site,) = find_sites("app.json", content).sites
    assert site.text == "Say é/{{x}}"
    patched = patch(content, site, "Say \n{{x}}/ñ")
    assert patched == content.replace(b"Say \\u00e9\\/{{x}}", b"Say \\n{{x}}\\/\\u00f1")
