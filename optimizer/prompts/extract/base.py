"""What an extractor is: it knows one format, finds the prompts in it, writes one back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePath
from typing import Any, Protocol

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError, OptimizerError
from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite, SkippedPrompt
from optimizer.promptcheck.spans import split_around
from optimizer.promptcheck.templates import SpanKind, templates
from optimizer.promptcheck.variables import used_variables

BYTE_ORDER_MARK = "\ufeff"
_DOUBLE = (SpanKind.EXPRESSION, SpanKind.DIFY)


class PatchRefused(OptimizerError):  # noqa: N818 - nothing is at fault, it is not done
    """A text cannot be put in the place of a prompt; the file is as it was."""


class Extractor(Protocol):
    """Knows the prompts of one format. It is given bytes and reads no file."""

    @property
    def format(self) -> PromptFormat:
        """The format."""
        ...

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether a file is of this format.

        Raises:
            FormatError: It looks as if, but cannot be read.
        """
        ...

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the prompts of a file of this format.

        Raises:
            FormatError: It cannot be read.
        """
        ...

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the file with another text in the place of one of its prompts.

        All else stays byte for byte.

        Raises:
            PatchRefused: The text cannot stand there.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A file as text.

    Attributes:
        mark: Its byte order mark, or "".
        text: All behind it, line ends as they are.
    """

    mark: str
    text: str

    def encoded(self, text: str) -> bytes:
        """Return the file with another text."""
        return (self.mark + text).encode()


def decode(path: str, content: bytes) -> Decoded:
    """Return a file as text.

    Raises:
        FormatError: It is not UTF-8, or is no text.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        found = f"0x{content[error.start]:02x}"
        fault = Fault(place=f"byte {error.start}", found=found, expected="text in UTF-8")
        raise FormatError(path, (fault,)) from error
    if (zero := text.find("\0")) >= 0:
        fault = Fault(place=f"byte {zero}", found="0x00", expected="text")
        raise FormatError(path, (fault,))
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    return Decoded(mark=mark, text=text[len(mark) :])


def suffix_of(path: str) -> str:
    """Return the ending of a file's name, in lower case."""
    return PurePath(path).suffix.lower()


def prompt_id(path: str, pointer: str) -> str:
    """Return the name of a prompt in the history."""
    file = PurePath(path).as_posix()
    return f"{file}#{pointer}" if pointer else file


def site(path: str, kind: PromptFormat, text: str, *, pointer: str = "", **more: Any) -> PromptSite:
    """Return a site of a text, its variables found."""
    return PromptSite(
        prompt_id=prompt_id(path, pointer),
        path=path,
        format=kind,
        pointer=pointer,
        text=text,
        variables=variable_names(text),
        **({"node_id": "", "node_type": "file", "role": "user"} | more),
    )


def empty(path: str, pointer: str = "", *, line: int | None = None) -> SkippedPrompt:
    """Return that a prompt is empty."""
    return SkippedPrompt(path=path, pointer=pointer, line=line, reason="is empty")


def variable_names(text: str) -> tuple[str, ...]:
    """Return the names of the variables of a text, whatever its dialect.

    A single brace in code is code, and so is one in a text with variables in double braces.
    """
    found = templates(text)
    uses = used_variables(found, ())
    names = {use.root for use in uses if use.kind is not SpanKind.BRACE}
    has_double = any(use.kind in _DOUBLE for use in uses)
    if not has_double and any(use.kind is SpanKind.BRACE for use in uses):
        placed = used_variables(found, split_around(text, found))
        names |= {use.root for use in placed if not use.in_code}
    return tuple(sorted(names))


def declared(
    variables: Collection[str], names: Collection[str], used: Collection[str]
) -> tuple[str, ...]:
    """Return the names that are declared for a prompt, among those that are filled in.

    A name that is filled in for several prompts is declared for those that use it, and for all of
    them where nothing does: then it was lost or misspelled in one of them.

    Args:
        variables: What the prompt uses.
        names: What is filled in.
        used: What anything uses.
    """
    return tuple(sorted(name for name in names if name in variables or name not in used))


_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def refuse_unwritable(where: str, text: str) -> None:
    """Refuse a text that no file can hold, or that is none.

    Raises:
        PatchRefused: It is such a text.
    """
    if not text.strip():
        raise PatchRefused(f"{where}: the new text is empty, expected a prompt")
    if bad := _UNWRITABLE.search(text):
        found = f"U+{ord(bad[0]):04X} at character {bad.start()}"
        raise PatchRefused(f"{where}: the new text has {found}, expected text in UTF-8")


def line_of(text: str, offset: int) -> int:
    """Return the line of an offset, counted from 1."""
    return text.count("\n", 0, offset) + 1


def column_of(text: str, offset: int) -> int:
    """Return how many characters of its line stand before an offset."""
    return offset - (text.rfind("\n", 0, offset) + 1)


def in_order(sites: Iterable[PromptSite], skipped: Iterable[SkippedPrompt] = ()) -> FoundPrompts:
    """Return what was found."""
    return FoundPrompts(sites=tuple(sites), skipped=tuple(skipped))
