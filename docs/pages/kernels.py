"""The page on the statistical methods."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from optimizer.models.kernels import KernelPage, KernelParameter
from optimizer.pipeline.kernel_pages import kernel_page
from optimizer.stats.catalogue import KERNELS
from pages.markdown import anchor, fenced, table

WIDTH = 96
"""Characters of a line of formulas."""


def kernels() -> Iterator[str]:
    """Yield the page on the statistical methods."""
    yield "# Statistical methods"
    yield (
        "`optimizer stats NAME` shows what is said here of a method, and "
        "`optimizer stats NAME VALUE ...` runs it; from Python each is a function of "
        "`optimizer.stats`. Differences are second minus first. Of paired outcomes, b counts the "
        "pairs where only the first passes, c those where only the second does. How the program "
        "chooses among them is told in [Statistics](../statistics.md)."
    )
    yield table(
        ("Question", "Methods"),
        [
            (f"[{family}](#{anchor(family)})", ", ".join(_kernel_link(name) for name in names))
            for family, names in KERNELS.items()
        ],
    )
    for family, names in KERNELS.items():
        yield f"## {family}"
        for name in names:
            yield from _kernel(kernel_page(name))


def _kernel(page: KernelPage) -> Iterator[str]:
    """Yield the section on one statistical method."""
    yield f"### {page.name}"
    yield _linked(page.summary)
    yield from map(_linked, page.notes)
    yield fenced("text", f"{page.place}\n{page.signature}")
    rows = [(f"`{p.name}`", p.kind, p.default or "", _meaning(p)) for p in page.parameters]
    yield table(("Parameter", "Takes", "Default", "Meaning"), rows)
    yield f"**Assumes.** {_linked(page.assumes)}"
    yield "**Formula.**"
    yield fenced("text", "\n".join(wrap(page.formula, WIDTH)))
    yield f"**Not for.** {_linked(page.not_for)}"
    yield f"**Refuses.** {_linked(page.raises)}"
    yield f"**References.** {_linked(page.references)}"


def _meaning(parameter: KernelParameter) -> str:
    text = _linked(parameter.text)
    return f"{text} Also: {', '.join(parameter.aliases)}." if parameter.aliases else text


def _linked(text: str) -> str:
    """Return a text whose names of methods lead to them."""
    names = {name for family in KERNELS.values() for name in family}
    return re.sub(
        r"`(\w+)`", lambda found: _kernel_link(found[1]) if found[1] in names else found[0], text
    )


def _kernel_link(name: str) -> str:
    return f"[`{name}`](#{name})"
