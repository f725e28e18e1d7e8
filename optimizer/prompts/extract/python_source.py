"""Python source: string constants that a comment marks as prompts.

The comment `# optimizer: prompt`, or `# optimizer: prompt NAME`, stands in the line above the
assignment or behind it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from optimizer.models.errors import FormatError
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
from optimizer.prompts.extract.python_constants import (
    Assignment,
    Constant,
    constant_of,
    fields,
    marked,
    named,
    syntax_tree,
)
from optimizer.prompts.extract.python_strings import Intricate, Literal, fields_of, spellings

_TELLTALE = re.compile(rb"#\s*optimizer:\s*prompt\b")


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
        for one in marked(path, source):
            name = one.name
            found = constant_of(source, name, one.value) if one.value else "marks no assignment"
            if isinstance(found, Constant) and name in names:
                found = f"is a second prompt of the name {name}"
            elif isinstance(found, Constant) and not found.text.strip():
                found = "is empty"
            if isinstance(found, str):
                skipped.append(SkippedPrompt(path=path, pointer=name, line=one.line, reason=found))
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
        old = named(site.path, source, site.pointer)
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


def _site(path: str, source: str, found: Constant) -> PromptSite:
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


def _refuse_foreign_fields(where: str, old: Constant, text: str) -> None:
    """Refuse fields that an f-string has not: they are code.

    Raises:
        PatchRefused: There is one.
    """
    if not isinstance(old.value, ast.JoinedStr):
        return
    known = set(fields(old.literals))
    try:
        wanted = fields_of(Literal(prefix="rf", quote='"', inner=text))
    except Intricate as error:
        raise PatchRefused(f"{where}: the new text has a brace that is not closed") from error
    foreign = [field for field in wanted if field not in known]
    if foreign:
        raise PatchRefused(
            f"{where}: the new text has the field {foreign[0]}, expected one of the f-string's",
            hint="Write {{ and }} for braces that are no field.",
        )


def _written(old: Constant, standing: str, text: str) -> list[str]:
    """Return a text as it might be written, first as whoever wrote the old one would have."""
    is_taller = "\n" in text and "\n" not in old.text
    ways = spellings(old.literals, gap=old.gaps[0] if old.gaps else "", is_taller=is_taller)
    return [way(text) for way in sorted(ways, key=lambda way: way(old.text) != standing)]


def _says(site: PromptSite, source: str, patched: str, text: str) -> bool:
    """Say whether Python source has a text under a name, and all else as before."""
    try:
        new, old = named(site.path, patched, site.pointer), named(site.path, source, site.pointer)
    except FormatError:
        return False
    if old is None or new is None or new.text != text or type(new.value) is not type(old.value):
        return False
    return _rest(site.path, patched, new) == _rest(site.path, source, old)


def _rest(path: str, source: str, without: Constant) -> str:
    """Return the syntax tree of source as a text, without one constant."""
    tree = syntax_tree(path, source)
    for node in ast.walk(tree):
        if isinstance(node, Assignment) and node.value is not None and _same(node.value, without):
            node.value = ast.Constant(None)
    return ast.dump(tree)


def _same(value: ast.expr, constant: Constant) -> bool:
    at = (constant.value.lineno, constant.value.col_offset)
    return (value.lineno, value.col_offset) == at
