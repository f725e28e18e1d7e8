from __future__ import annotations

import pytest
from scipy import special, stats

from optimizer.stats.quantiles import (
    beta_quantile,
    chi2_quantile,
    chi2_upper_tail,
    f_upper_tail,
    normal_quantile,
    t_quantile,
)

PROBABILITIES = (1e-6, 0.01, 0.4, 0.5, 0.6, 0.9, 0.975, 0.9999, 1 - 1e-6)


@pytest.mark.parametrize("p", PROBABILITIES)
def test_normal_quantiles_are_those_of_scipy(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("p", PROBABILITIES)
@pytest.mark.parametrize("df", [1, 2, 3, 5.5, 10, 119, 1e4, 1e6])
def test_t_quantiles_are_those_of_scipy(p: float, df: float) -> None:
    assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1])
def test_refuses_what_is_no_probability(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        normal_quantile(p)
    with pytest.raises(ValueError, match="between 0 and 1"):
        t_quantile(p, 3)


def test_refuses_degrees_of_freedom_that_are_not_positive() -> None:
    with pytest.raises(ValueError, match="df must be positive"):
        t_quantile(0.9, 0)


@pytest.mark.parametrize("p", [0.001, 0.05, 0.5, 0.975])
@pytest.mark.parametrize(("a", "b"), [(1, 1), (0.5, 0.5), (3, 1), (67.6, 20.4), (500, 3)])
def test_beta_quantiles_are_those_of_scipy(p: float, a: float, b: float) -> None:
    assert beta_quantile(p, a, b) == pytest.approx(stats.beta.ppf(p, a, b), rel=1e-9)


def test_refuses_shapes_that_are_not_positive() -> None:
    with pytest.raises(ValueError, match="shapes must be positive"):
        beta_quantile(0.5, 0, 1)


@pytest.mark.parametrize("df", [1, 2, 3, 8, 9, 40])
def test_chi_squared_agrees_with_scipy(df: int) -> None:
    for x in (0.0, 0.01, 1.0, 7.0, 60.0):
        assert chi2_upper_tail(x, df) == pytest.approx(special.chdtrc(df, x), rel=1e-10)
    for p in (0.01, 0.5, 0.99, 0.9999):
        assert chi2_quantile(p, df) == pytest.approx(special.chdtri(df, 1 - p), rel=1e-9)
    with pytest.raises(ValueError, match="df"):
        chi2_upper_tail(1.0, 0)


@pytest.mark.parametrize("f", [0.0, 0.3, 2.0, 30.0])
def test_fishers_f_agrees_with_scipy(f: float) -> None:
    assert f_upper_tail(f, 3, 17) == pytest.approx(special.fdtrc(3, 17, f), rel=1e-10)
