"""The report of prompts found in files: where each stands, and what was left alone and why."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.models.sites import FoundInFiles, PromptSite, SkippedPrompt
from reports.document import Block, Code, Document, Items, Section, Table, Verdict, left, right
from reports.formatting import UNKNOWN, count, name_of, plural
from reports.tones import Tone

WHOLE = "the whole file"


def prompt_sites(found: FoundInFiles, *, texts: bool = False) -> Document:
    """Lay out prompts by file, with their texts where those are asked for."""
    files: dict[str, list[PromptSite]] = {}
    for site in found.sites:
        files.setdefault(site.path, []).append(site)
    blocks: list[Block] = []
    for path, sites in files.items():
        shown = [block for site in sites for block in _text(site)] if texts else []
        blocks.append(Section(path, (_table(sites), *shown)))
    if found.skipped:
        blocks.append(Section("Left alone", (Items(tuple(map(_left_alone, found.skipped))),)))
    return Document("Prompts in files", _verdict(found, len(files)), tuple(blocks), _hints(files))


def _verdict(found: FoundInFiles, n_files: int) -> Verdict:
    if not found.sites:
        text = f"No prompt was found in {plural(found.n_files, 'file')}."
        return Verdict(Tone.WARN, text)
    left_alone = f"; {count(len(found.skipped))} left alone" if found.skipped else ""
    text = f"{plural(len(found.sites), 'prompt')} in {plural(n_files, 'file')}{left_alone}."
    return Verdict(Tone.NEUTRAL, text)


def _hints(files: dict[str, list[PromptSite]]) -> tuple[str, ...]:
    if not files:
        return ("Name a file with prompts, or say what it is with --from.",)
    return ("Run it with --show to see the texts, or with --json for machines.",)


def _table(sites: Sequence[PromptSite]) -> Table:
    return Table(
        columns=(
            left("prompt"),
            right("line"),
            left("node"),
            left("role"),
            left("variables"),
            right("characters"),
        ),
        rows=tuple(
            (
                _pointer(site.pointer),
                count(site.line),
                _node(site),
                site.role or UNKNOWN,
                ", ".join(map(name_of, site.variables)) or UNKNOWN,
                count(len(site.text)),
            )
            for site in sites
        ),
    )


def _pointer(pointer: str) -> str:
    return f"#{pointer}" if pointer else WHOLE


def _node(site: PromptSite) -> str:
    kind = "" if site.node_type == "file" else site.node_type
    return " ".join(filter(None, (kind, name_of(site.node_id)))) or UNKNOWN


def _text(site: PromptSite) -> tuple[Block, ...]:
    return (Section(_pointer(site.pointer), (Code(site.text),)),)


def _left_alone(skipped: SkippedPrompt) -> str:
    line = "" if skipped.line is None else f":{count(skipped.line)}"
    pointer = f" {_pointer(skipped.pointer)}" if skipped.pointer else ""
    return f"{skipped.path}{line}{pointer} {skipped.reason}."
