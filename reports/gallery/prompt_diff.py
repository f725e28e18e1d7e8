"""Two versions of a prompt, word by word."""

from __future__ import annotations

from optimizer.models.versions import PieceKind, VersionDiff
from reports.document import Block, Document, Items, Section, Verdict
from reports.formatting import count, plural
from reports.parts.prompts import marked, n_words
from reports.tones import Tone


def prompt_diff(diff: VersionDiff) -> Document:
    """Lay out what is different in the second of two versions."""
    before, after = diff.before, diff.after
    title = f"{after.prompt_id}: {before.version} to {after.version}"
    if before.text == after.text:
        text = f"{after.version} has the text of {before.version}."
        return Document(title, Verdict(Tone.NEUTRAL, text), ())
    added = n_words(diff.pieces, PieceKind.ADDED)
    removed = n_words(diff.pieces, PieceKind.REMOVED)
    text = f"{after.version} adds {plural(added, 'word')} to {before.version}, removes "
    text += f"{count(removed)}."
    if not added + removed:
        text = f"{after.version} differs from {before.version} in spaces and line ends alone."
    lint = tuple(
        f"Lint of {one.version}: {', '.join(one.lint_after)}"
        for one in (before, after)
        if one.lint_after
    )
    blocks: list[Block] = [
        marked(diff.pieces),
        *([Section("Lint", (Items(lint),))] if lint else []),
    ]
    return Document(title, Verdict(Tone.NEUTRAL, text), tuple(blocks))
