"""Cases of the reports on statistical methods, by the name of their golden files."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from optimizer.models.kernels import (
    KernelFamily,
    KernelPage,
    KernelParameter,
    KernelResult,
    KernelSummary,
    KernelValue,
)
from reports.document import Document
from reports.gallery.kernel_list import kernel_list
from reports.gallery.kernel_page import kernel_page
from reports.gallery.kernel_result import kernel_result

FAMILIES = (
    KernelFamily(
        name="One rate or mean",
        kernels=(
            KernelSummary(name="wilson", summary="Wilson score interval of a rate."),
            KernelSummary(
                name="clopper_pearson",
                summary="Exact interval of a rate: it covers at least at its level, however small "
                "n.",
            ),
        ),
    ),
    KernelFamily(
        name="Means",
        kernels=(KernelSummary(name="welch", summary="Difference of two independent means."),),
    ),
)

PAGE = KernelPage(
    name="tango",
    family="Two rates, same cases",
    place="optimizer.stats.paired_rates.tango",
    signature="tango(b, c, n, level=0.95)",
    summary="Tango's score interval of the difference of two paired rates.",
    notes=("It is not symmetric around the estimate.",),
    parameters=(
        KernelParameter(
            name="n", kind="a whole number", default=None, text="All pairs, discordant or not."
        ),
        KernelParameter(
            name="level",
            kind="a number",
            default="0.95",
            text="Two-sided confidence level, 0 to 1.",
            aliases=("conf", "confidence", "1 - alpha"),
        ),
    ),
    raises="A count is negative or not whole, or b + c exceed n.",
    assumes="Independent pairs, one outcome per side.",
    formula="All D with |T(D)| <= z; T(D) = (c - b - nD) / sqrt(n (2q + D (1 - D))).",
    not_for="Repeats, scores or clusters of units.",
    references="Tango (1998), Stat Med 17, 891-908.",
)
BARE_PAGE = KernelPage(
    name="none",
    family="",
    place="optimizer.stats.none",
    signature="none()",
    summary="Nothing.",
    notes=(),
    parameters=(),
    raises="Nothing.",
    assumes="Nothing.",
    formula="0.",
    not_for="Anything.",
    references="No paper.",
)

RESULT = KernelResult(
    kernel="fieller",
    summary="Ratio of two paired means with Fieller's interval.",
    inputs=(
        KernelValue(name="first", value=[0.5 + place / 8 for place in range(120)]),
        KernelValue(name="second", value=[0.5, 0.4, 0.9]),
        KernelValue(name="level", value=0.95),
        KernelValue(name="paired", value=True),
    ),
    values=(
        KernelValue(name="estimate", value=7 / 6, text="Second over first; 1 is no change."),
        KernelValue(name="low", value=-math.inf, text="Lower bound."),
        KernelValue(name="high", value=math.inf, text="Upper bound."),
        KernelValue(name="statistic", value=math.nan, text="(estimate - null) / standard error."),
        KernelValue(name="p_value", value=0.034690277, text="Two-sided, 0 to 1."),
        KernelValue(name="rows", value=[[1, 2.5], [1e-12, 12345678]], text="What was counted."),
        KernelValue(name="df", value=None, text="Degrees of freedom."),
        KernelValue(name="n", value=3, text="Number of pairs."),
    ),
    record={},
)
ONE_VALUE = KernelResult(
    kernel="cohens_h",
    summary="Cohen's h, the difference of two rates on the arcsine scale, -pi to pi.",
    inputs=(KernelValue(name="first", value=0.8), KernelValue(name="second", value=0.85)),
    values=(KernelValue(name="", value=0.13189638781746904, text="Cohen's h."),),
    record={},
)
NO_RESULT = KernelResult(kernel="none", summary="Nothing.", inputs=(), values=(), record={})

CASES: Mapping[str, tuple[Callable[..., Document], tuple[Any, ...]]] = {
    "kernel_list": (kernel_list, (FAMILIES,)),
    "kernel_list-empty": (kernel_list, ((),)),
    "kernel_page": (kernel_page, (PAGE,)),
    "kernel_page-empty": (kernel_page, (BARE_PAGE,)),
    "kernel_result": (kernel_result, (RESULT,)),
    "kernel_result-value": (kernel_result, (ONE_VALUE,)),
    "kernel_result-empty": (kernel_result, (NO_RESULT,)),
}
