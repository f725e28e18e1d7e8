import random
from collections.abc import Callable

import pytest

VARIABLES = [
    "{{ review }}", "{{text}}", "{{#1720672602189.text#}}", "{{#sys.query#}}", "{{#context#}}",
    "${user_name}", "{ticket}", "{0}", "{amount:.2f}", "{{ user.name | upper }}", "{{{ raw }}}",
]  # fmt: skip
PROTECTED = [
    *VARIABLES, "`in  order to`", "``a ` b``", '"basically  this"', "'positive'", "“curly”",
    "「引用」",
    "https://example.com/in/order/to?x=1", "<|im_start|>", "[INST]", '{"a": "in order to"}',
    '{{"label": "x"}}', "<note>", "</note>", '<doc id="1">', "</doc>", "<br/>",
    "{% if vip %}", "{% else %}", "{% endif %}", "{% for item in items %}", "{% endfor %}",
    "{# kindly #}", "{% raw %}{{ x }}  {% endraw %}", "{{#if a}}", "{{/if}}", "<!-- a  note -->",
    "```\nin order to  \n\n\n\nx\n```", "```json\n{\"a\": 1}\n```", "~~~\n{{ y }}\n~~~",
    "| a  | b |\n|----|---|\n| {x} | 2 |", "<example>\nIn order to  win\n</example>",
]  # fmt: skip
BROKEN = ["{{", "}}", "{%", "```", "{", "}", "`", '"', "'", "<", "${", "{{#", "{% if", "</"]
PROSE = [
    "In order to answer", "in order to", "basically", "Basically, you", "I would like you to",
    "Please note that", "kindly", "Kindly list", "please kindly", "due to the fact that",
    "is able to", "just", "only", "must", "very", "Classify the text.", "Answer with the label.",
    "Answer only with the label you chose.", "one of: good, bad or so-so.", "Options: a, b, c",
    "Output format:", "Review:", "Example: in order to", "Do not use JSON.", "Respond in JSON.",
    "appropriate", "etc", "as needed", "the word basically", "step by step", "this", "with",
    "Bitte antworte mit dem Wort.", "Réponds par le mot avec une phrase.",
    "Responde con la palabra.",
    "请分类以下文本。", "مرحبا بالعالم", "שלום עולם", "日本語のテキスト",
    "é", "😀", "字", "word", ",", ".", ":",
]  # fmt: skip
GAPS = [
    *[" "] * 3, "  ", "   ", "\t", "",
    *["\n"] * 2, "\n\n", "\n\n\n\n", "  \n", " \n \n\n", "\u00a0",
]  # fmt: skip
STARTS = ["", "", "", "- ", "1. ", "# ", "## ", "> ", "    ", "* ", "\t", "\ufeff"]
LINES = [
    "Answer with the label only.", "- Do not invent any facts.", "Use lower case for the answer.",
    "{{ review }}", "{ticket}", "Mood:", "# Task", "", "", "Text: {{text}}",
    "I would like you to sort the ticket.", "Sort it into one of these classes: a, b, or c.",
]  # fmt: skip


def _prompt(chance: random.Random) -> str:
    pieces = []
    for _ in range(chance.randint(1, 14)):
        source = chance.choices((PROSE, PROTECTED, LINES, BROKEN), (10, 6, 6, 1))[0]
        start = chance.choice(STARTS) if chance.random() < 0.3 else ""
        if source is LINES:
            pieces.append("\n" + start + chance.choice(source) + "\n")
        else:
            pieces.append(start + chance.choice(source) + chance.choice(GAPS))
    text = "".join(pieces)
    style = chance.random()
    if style < 0.2:
        text = text.replace("\n", "\r\n")
    elif style < 0.3:
        text = "".join(
            chance.choice(["\n", "\r\n", "\r"]) if character == "\n" else character
            for character in text
        )
    return chance.choice(["", "", "", "\ufeff"]) + text


@pytest.fixture(scope="session")
def random_prompts() -> Callable[[int, int], list[str]]:
    def make(seed: int, n: int) -> list[str]:
        chance = random.Random(seed)
        return [_prompt(chance) for _ in range(n)]

    return make
