"""Prompts in files: where each stands, and which were left alone and why."""

from __future__ import annotations

from enum import StrEnum

from optimizer.models.dataclass import dataclass
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
        column: Characters of the file that stand before each of its lines: a YAML block is
            indented.
        first_column: Characters before its first line where those are not `column`: quotation
            marks and what stands before them; else None.
        is_plain: Whether each of its lines is a line of the file; not so where line breaks are
            escapes, or are folded: then only the place where it begins is known.
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
    first_column: int | None = None
    is_plain: bool = True

    @property
    def sha256(self) -> str:
        """Hash of the text: a patch is refused where another text stands there meanwhile."""
        return text_sha256(self.text)

    def place(self, offset: int) -> Place:
        """Return where a character of the text stands in the file.

        Where that is not known, it is where the text begins.

        Args:
            offset: Its offset in the text with LF line ends, as findings count it.
        """
        first = self.column if self.first_column is None else self.first_column
        if not self.is_plain:
            return Place(line=self.line, column=first + 1)
        text = self.text.replace("\r\n", "\n").replace("\r", "\n")
        n_before = text.count("\n", 0, offset)
        within = offset - (text.rfind("\n", 0, offset) + 1)
        before = self.column if n_before else first
        return Place(line=self.line + n_before, column=before + within + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A character of a file.

    Attributes:
        line: Counted from 1.
        column: Counted from 1.
    """

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedPrompt:
    """What might be a prompt and was left alone.

    Attributes:
        path: The file.
        pointer: As in `PromptSite`.
        line: Line of the file, counted from 1; None where the file as a whole is meant.
        reason: Why, as the end of a sentence: `is empty`.
    """

    path: str
    pointer: str
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptReference:
    """Another file that a file names as holding a prompt.

    Attributes:
        pattern: Its path, relative to the folder of the file that names it; may be a pattern.
        pointer: Where it is named.
        line: Line it is named in, counted from 1.
        names: Names of the variables that are filled in, or None where that is not known.
        used: Names among them that something else uses, so that this prompt need not.
    """

    pattern: str
    pointer: str
    line: int
    names: tuple[str, ...] | None = None
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPrompts:
    """What one file holds.

    Attributes:
        sites: The prompts, in the order of the file.
        skipped: What was left alone, with reasons.
        references: Files named as holding prompts that have not been looked into.
    """

    sites: tuple[PromptSite, ...] = ()
    skipped: tuple[SkippedPrompt, ...] = ()
    references: tuple[PromptReference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInFiles:
    """What files and folders hold.

    Attributes:
        sites: The prompts, each once.
        skipped: What was left alone, with reasons.
        n_files: Files that were read.
    """

    sites: tuple[PromptSite, ...]
    skipped: tuple[SkippedPrompt, ...]
    n_files: int
