"""Constants of Python source that a comment marks as prompts: where each is, and its literals."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise

from optimizer.models.dataclass import dataclass
from optimizer.models.errors import Fault, FormatError
from optimizer.prompts.extract.python_strings import (
    Intricate,
    Literal,
    fields_of,
    literal,
    text_of,
)

_MARKER = re.compile(r"#\s*optimizer:\s*prompt(?:\s+(?P<name>[\w.\-]+))?\s*$")
Assignment = ast.Assign | ast.AnnAssign


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
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
        """The prompt."""
        return text_of(self.literals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What a marker marks.

    Attributes:
        line: Line of the marker.
        name: The name that it gives, or else that of what it marks.
        value: What is assigned there, or None where nothing is.
    """

    line: int
    name: str
    value: ast.expr | None


def marked(path: str, source: str) -> Iterator[Marked]:
    """Yield what the markers of source mark.

    Raises:
        FormatError: It is no Python.
    """
    tree, assignments = syntax_tree(path, source), {}
    for node in ast.walk(tree):
        if isinstance(node, Assignment) and node.value is not None:
            assignments[node.lineno] = assignments[node.end_lineno or node.lineno] = node
    for marker in _markers(source):
        found = assignments.get(marker.of_line)
        name = marker.name or (_target(found) if found else f"line-{marker.line}")
        yield Marked(line=marker.line, name=name, value=found.value if found else None)


def syntax_tree(path: str, source: str) -> ast.Module:
    """Return the syntax tree of source.

    Raises:
        FormatError: It is no Python.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        line = getattr(error, "lineno", None)
        found = getattr(error, "msg", None) or "nested too deeply"
        place = f"line {line}" if line else "file"
        raise FormatError(path, (Fault(place=place, found=found, expected="Python"),)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marker:
    """A marker: its line, the line that it is about, and the name that it gives, or ""."""

    line: int
    of_line: int
    name: str


def _markers(source: str) -> Iterator[_Marker]:
    """Yield the markers; one alone in its line is about the line below it and its comments."""
    lines = ["", *re.split(r"\r\n?|\n", source), ""]
    for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
        if token.type != tokenize.COMMENT or not (found := _MARKER.match(token.string)):
            continue
        line = of_line = token.start[0]
        if not token.line[: token.start[1]].strip():
            of_line += 1
            while lines[of_line].lstrip().startswith("#"):
                of_line += 1
        yield _Marker(line=line, of_line=of_line, name=found["name"] or "")


def _target(node: Assignment) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return ast.unparse(target)


def constant_of(source: str, name: str, value: ast.expr) -> Constant | str:
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
        found = Constant(
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
    return found if is_whole else "is written too intricately to be taken apart"


def _is_whole(found: Constant) -> bool:
    """Say whether what was read is what Python reads."""
    if isinstance(found.value, ast.JoinedStr):
        n_fields = sum(isinstance(part, ast.FormattedValue) for part in found.value.values)
        return n_fields == len(fields(found.literals))
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


def fields(literals: Sequence[Literal]) -> tuple[str, ...]:
    """Return the fields of f-strings side by side."""
    return tuple(field for one in literals if one.is_f for field in fields_of(one))


def named(path: str, source: str, name: str) -> Constant | None:
    """Return the constant that is marked with a name, or None where there is none.

    Raises:
        FormatError: It is no Python.
    """
    for one in marked(path, source):
        found = constant_of(source, one.name, one.value) if one.value else None
        if one.name == name and isinstance(found, Constant):
            return found
    return None
