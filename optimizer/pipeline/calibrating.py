"""The next estimates of a strategy, shrunk by what came of its earlier ones."""

from __future__ import annotations

from dataclasses import replace

from optimizer.decisions.calibration import calibrated, calibrations, n_outcomes
from optimizer.models.evidence import Evidence
from optimizer.models.lifecycle import Calibration
from optimizer.models.proposals import StrategyAnswer


def with_calibration(found: Evidence, *, prior_sd: float) -> Evidence:
    """Return evidence with what came of the predictions of each strategy so far."""
    known = calibrations(found.decisions, prior_sd=prior_sd)
    if not known:
        return found
    return replace(found, calibration={name: one.share for name, one in known.items()})


def shrunk(said: StrategyAnswer, found: Evidence) -> StrategyAnswer:
    """Return an answer with its effects shrunk as the evidence says."""
    share = found.calibration.get(said.strategy)
    if share is None or said.answer is None:
        return said
    calibration = Calibration(share=share, n=n_outcomes(found.decisions, said.strategy))
    proposals = tuple(
        replace(proposal, effects=calibrated(proposal.effects, calibration))
        for proposal in said.answer.proposals
    )
    return replace(said, answer=replace(said.answer, proposals=proposals))
