"""A prompt and where it stands in a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from optimizer.models.tasks import text_sha256


class PromptFormat(StrEnum):
    """What kind of file holds a prompt."""

    TEXT = "text"
    """Plain text or Markdown: the whole file is the prompt."""

    JINJA = "jinja"
    """A Jinja template: the whole file is the prompt."""

    DIFY = "dify"
    """A Dify application: workflow, chatflow, agent or completion, as YAML."""

    PROMPTFOO = "promptfoo"
    """A promptfoo configuration; a prompt that is `file://` stands in that file."""

    MESSAGES = "messages"
    """A JSON list of messages with roles, or an object with one."""

    DOTPROMPT = "dotprompt"
    """A `.prompt` file: front matter, then a template."""

    PYTHON = "python"
    """A string constant in Python source, named by a marker comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSite:
    """A prompt in a file.

    Attributes:
        prompt_id: Its name in the history: the file, and `#pointer` where a file may hold several.
        path: The file as it was named.
        format: What kind of file it is.
        pointer: JSON pointer of the text in the file, or the name of the Python constant; ""
            where the whole file is the prompt.
        node_id: What the file calls the node or the prompt.
        node_type: llm, question-classifier, message, file, ...
        role: system, user or assistant.
        text: The prompt.
        variables: Names of its variables, sorted, each once.
        declared: Names that the file declares for it, or None where it declares none.
        line: Line of the file that the text begins in, counted from 1.
        column: Characters of the file that stand before each of its lines (a YAML block is
            indented): add it to columns of the text. 0 where that is not the same for all lines.
    """

    prompt_id: str
    path: str
    format: PromptFormat
    pointer: str
    node_id: str
    node_type: str
    role: str
    text: str
    variables: tuple[str, ...]
    declared: tuple[str, ...] | None = None
    line: int = 1
    column: int = 0

    @property
    def sha256(self) -> str:
        """Hash of the text: a patch is refused where another text stands there meanwhile."""
        return text_sha256(self.text)
