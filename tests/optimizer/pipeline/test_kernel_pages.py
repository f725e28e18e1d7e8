from __future__ import annotations

import pytest

from optimizer.models.errors import SelectionError
from optimizer.pipeline.kernel_pages import (
    SAME,
    kernel_families,
    kernel_page,
    known_name,
    signature_of,
)
from optimizer.stats.catalogue import places


def test_every_kernel_is_listed_with_what_it_returns() -> None:
    listed = {kernel.name: kernel.summary for one in kernel_families() for kernel in one.kernels}
    assert list(listed) == list(places())
    assert listed["wilson"] == "Wilson score interval of a rate."


@pytest.mark.parametrize("name", places())
def test_every_page_is_complete(name: str) -> None:
    page = kernel_page(name)
    texts = (page.summary, page.raises, page.assumes, page.formula, page.not_for, page.references)
    assert all(texts)
    assert not any(SAME.fullmatch(text) for text in texts)
    assert all(parameter.text and parameter.kind for parameter in page.parameters)
    assert not any(SAME.fullmatch(parameter.text) for parameter in page.parameters)
    assert page.signature.startswith(f"{name}(")


def test_a_part_that_another_kernel_has_is_taken_from_there() -> None:
    other, page = kernel_page("paired_t"), kernel_page("paired_t_from_stats")
    assert (page.assumes, page.references) == (other.assumes, other.references)
    assert kernel_page("clopper_pearson").parameters[0].text == (
        kernel_page("wilson").parameters[0].text
    )


def test_a_signature_shows_defaults_as_they_are_written() -> None:
    assert signature_of("pooled_z").endswith("continuity=false)")
    assert signature_of("jeffreys") == "jeffreys(successes, n, level=0.95, prior=[0.5, 0.5])"
    assert signature_of("wilson").endswith("n_effective=none)")
    assert "zero_method=zsplit" in signature_of("wilcoxon")


def test_a_parameter_tells_its_other_names() -> None:
    level = kernel_page("tango").parameters[-1]
    assert level.aliases == ("conf", "confidence", "1 - alpha")


def test_a_name_that_is_part_of_others_leads_to_them() -> None:
    with pytest.raises(SelectionError) as caught:
        known_name("bonett")
    assert caught.value.hint == "Try bonett_price."
    with pytest.raises(SelectionError) as caught:
        known_name("xyzzy")
    assert caught.value.hint == "Run 'optimizer stats' to see every method."
