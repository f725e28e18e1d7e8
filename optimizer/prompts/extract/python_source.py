"""Python source: string constants that a comment marks as prompts.

The comment `# optimizer: prompt`, or `# optimizer: prompt NAME`, stands in the line above the
assignment or behind it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from optimizer.models.errors import Fault, FormatError
from optimizer.models.sites import FoundPrompts, PromptFormat, PromptSite, SkippedPrompt
from optimizer.prompts.extract.base import (
    PatchRefused,
    column_of,
    decode,
    line_of,
    site,
    suffix_of,
)
from optimizer.prompts.extract.line_ends import as_in
from optimizer.prompts.extract.python_strings import (
    Intricate,
    Literal,
    fields_of,
    literal,
    spellings,
    text_of,
)

_MARKER = re.compile(r"#\s*optimizer:\s*prompt(?:\s+(?P<name>[\w.\-]+))?\s*$")
_TELLTALE = re.compile(rb"#\s*optimizer:\s*prompt\b")
Assignment = ast.Assign | ast.AnnAssign


@dataclass(frozen=True, slots=True, kw_only=True)
class _Constant:
    """A marked constant.

    Attributes:
        name: What it is called.
        start: Offset of its first literal.
        end: Offset behind its last one.
        literals: Its literals.
        gaps: What stands between them.
        value: Its value in the syntax tree.
    """

    name: str
    start: int
    end: int
    literals: tuple[Literal, ...]
    gaps: tuple[str, ...]
    value: ast.expr

    @property
    def text(self) -> str:
        return text_of(self.literals)


class PythonSource:
    """Constants in a module, a class or a function."""

    format = PromptFormat.PYTHON

    def recognizes(self, path: str, content: bytes) -> bool:
        """Say whether a file is Python source with a marker in it."""
        return suffix_of(path) == ".py" and _TELLTALE.search(content) is not None

    def find(self, path: str, content: bytes) -> FoundPrompts:
        """Return the marked constants, and what is marked but is no text."""
        source = decode(path, content).text
        sites: list[PromptSite] = []
        skipped: list[SkippedPrompt] = []
        names: set[str] = set()
        for line, name, value in _marked(path, source):
            found = _constant(source, name, value) if value else "marks no assignment"
            if isinstance(found, _Constant) and name in names:
                found = f"is a second prompt of the name {name}"
            elif isinstance(found, _Constant) and not found.text.strip():
                found = "is empty"
            if isinstance(found, str):
                skipped.append(SkippedPrompt(path=path, pointer=name, line=line, reason=found))
                continue
            names.add(name)
            sites.append(_site(path, source, found))
        return FoundPrompts(sites=tuple(sites), skipped=tuple(skipped))

    def patch(self, content: bytes, site: PromptSite, text: str) -> bytes:
        """Return the source with another text in one constant.

        Raises:
            PatchRefused: An f-string would get a field that it has not, or it cannot be written.
        """
        decoded = decode(site.path, content)
        source = decoded.text
        old = _named(site.path, source, site.pointer)
        if old is None:
            raise PatchRefused(f"{site.prompt_id}: there is no such constant any more")
        _refuse_foreign_fields(site.prompt_id, old, text)
        if any("#" in gap for gap in old.gaps):
            raise PatchRefused(f"{site.prompt_id}: a comment stands between its parts")
        for written in _written(old, source[old.start : old.end], text):
            patched = source[: old.start] + as_in(source, written) + source[old.end :]
            if _says(site, source, patched, text):
                return decoded.encoded(patched)
        raise PatchRefused(f"{site.prompt_id}: the new text cannot be written there")


def _marked(path: str, source: str) -> Iterator[tuple[int, str, ast.expr | None]]:
    """Yield the line of each marker, the name it gives, and the value it marks.

    Raises:
        FormatError: It is no Python.
    """
    tree, assignments = _tree(path, source), {}
    for node in ast.walk(tree):
        if isinstance(node, Assignment) and node.value is not None:
            assignments[node.lineno] = assignments[node.end_lineno or node.lineno] = node
    for line, name, is_alone in _markers(source):
        found = assignments.get(line + 1 if is_alone else line)
        own = name or (_target(found) if found else f"line-{line}")
        yield line, own, found.value if found else None


def _tree(path: str, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        line = getattr(error, "lineno", None)
        found = getattr(error, "msg", None) or "nested too deeply"
        place = f"line {line}" if line else "file"
        raise FormatError(path, (Fault(place=place, found=found, expected="Python"),)) from error


def _markers(source: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the line of each marker, its name, and whether it stands alone in its line."""
    for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
        if token.type == tokenize.COMMENT and (marker := _MARKER.match(token.string)):
            is_alone = not token.line[: token.start[1]].strip()
            yield token.start[0], marker["name"] or "", is_alone


def _target(node: Assignment) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return ast.unparse(target)


def _constant(source: str, name: str, value: ast.expr) -> _Constant | str:
    """Return a constant, or why a value is none, as the end of a sentence."""
    if isinstance(value, ast.Constant) and isinstance(value.value, bytes):
        return "is bytes, expected a text"
    is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
    if not is_text and not isinstance(value, ast.JoinedStr):
        return "is an expression, expected a text"
    start = _offset(source, value.lineno, value.col_offset)
    end = _offset(source, value.end_lineno or 0, value.end_col_offset or 0)
    try:
        spans = list(_pieces(source[start:end]))
        found = _Constant(
            name=name,
            start=start,
            end=end,
            literals=tuple(literal(source[start + a : start + b]) for a, b in spans),
            gaps=tuple(source[start + a : start + b] for (_, a), (b, _) in pairwise(spans)),
            value=value,
        )
        is_whole = _is_whole(found)
    except Intricate:
        is_whole = False
    return found if is_whole else "is an f-string too intricate to be taken apart"


def _is_whole(found: _Constant) -> bool:
    """Say whether what was read is what Python reads."""
    if isinstance(found.value, ast.JoinedStr):
        n_fields = sum(isinstance(part, ast.FormattedValue) for part in found.value.values)
        return n_fields == len(_fields(found.literals))
    return isinstance(found.value, ast.Constant) and found.text == found.value.value


def _offset(source: str, line: int, column: int) -> int:
    """Return the offset of a place whose column counts bytes."""
    start = _line_starts(source)[line - 1]
    return start + len(source[start : start + column].encode()[:column].decode())


def _line_starts(source: str) -> list[int]:
    return [0, *(end.end() for end in re.finditer(r"\r\n?|\n", source))]


def _pieces(written: str) -> Iterator[tuple[int, int]]:
    """Yield where each literal of a value begins and ends; there may be several side by side."""
    inside = f"({written})"
    starts = [*_line_starts(inside), len(inside)]
    depth = begin = 0
    for token in tokenize.generate_tokens(io.StringIO(inside, newline="").readline):
        kind = tokenize.tok_name[token.type]
        start, end = (starts[row - 1] + column - 1 for row, column in (token.start, token.end))
        if kind == "FSTRING_START":
            begin = begin if depth else start
            depth += 1
        elif kind == "FSTRING_END":
            depth -= 1
            if not depth:
                yield begin, end
        elif kind == "STRING" and not depth:
            yield start, end


def _fields(literals: Sequence[Literal]) -> tuple[str, ...]:
    return tuple(field for one in literals if one.is_f for field in fields_of(one))


def _site(path: str, source: str, found: _Constant) -> PromptSite:
    first = found.literals[0]
    begin = found.start + len(first.prefix) + len(first.quote)
    inner = first.inner.replace("\r\n", "\n")
    if inner.startswith("\\\n"):
        begin, inner = source.index("\n", begin) + 1, inner[2:]
    column = column_of(source, begin)
    is_tall = "\n" in inner
    is_plain = len(found.literals) == 1 and inner == found.text
    made = site(
        path,
        PromptFormat.PYTHON,
        found.text,
        pointer=found.name,
        node_id=found.name,
        node_type="constant",
        role="system" if "system" in found.name.lower() else "user",
        line=line_of(source, begin),
        column=0 if is_tall else column,
        first_column=column if is_tall else None,
        is_plain=is_plain,
    )
    if not isinstance(found.value, ast.JoinedStr):
        return made
    names = {node.id for node in ast.walk(found.value) if isinstance(node, ast.Name)}
    return replace(made, variables=tuple(sorted(names)))


def _named(path: str, source: str, name: str) -> _Constant | None:
    for _, own, value in _marked(path, source):
        found = _constant(source, own, value) if value else None
        if own == name and isinstance(found, _Constant):
            return found
    return None


def _refuse_foreign_fields(where: str, old: _Constant, text: str) -> None:
    """Refuse fields that an f-string has not: they are code.

    Raises:
        PatchRefused: There is one.
    """
    if not isinstance(old.value, ast.JoinedStr):
        return
    known = set(_fields(old.literals))
    try:
        fields = fields_of(Literal(prefix="rf", quote='"', inner=text))
    except Intricate as error:
        raise PatchRefused(f"{where}: the new text has a brace that is not closed") from error
    foreign = [field for field in fields if field not in known]
    if foreign:
        raise PatchRefused(
            f"{where}: the new text has the field {foreign[0]}, expected one of the f-string's",
            hint="Write {{ and }} for braces that are no field.",
        )


def _written(old: _Constant, standing: str, text: str) -> list[str]:
    """Return a text as it might be written, first as whoever wrote the old one would have."""
    is_taller = "\n" in text and "\n" not in old.text
    ways = spellings(old.literals, gap=old.gaps[0] if old.gaps else "", is_taller=is_taller)
    return [way(text) for way in sorted(ways, key=lambda way: way(old.text) != standing)]


def _says(site: PromptSite, source: str, patched: str, text: str) -> bool:
    """Say whether Python source has a text under a name, and all else as before."""
    try:
        new, old = _named(site.path, patched, site.pointer), _named(site.path, source, site.pointer)
    except FormatError:
        return False
    if old is None or new is None or new.text != text or type(new.value) is not type(old.value):
        return False
    return _rest(site.path, patched, new) == _rest(site.path, source, old)


def _rest(path: str, source: str, without: _Constant) -> str:
    """Return the syntax tree of source as a text, without one constant."""
    tree = _tree(path, source)
    for node in ast.walk(tree):
        if isinstance(node, Assignment) and node.value is not None and _same(node.value, without):
            node.value = ast.Constant(None)
    return ast.dump(tree)


def _same(value: ast.expr, constant: _Constant) -> bool:
    at = (constant.value.lineno, constant.value.col_offset)
    return (value.lineno, value.col_offset) == at
