"""What a decision asks of whoever runs the system, as commands; nothing is done here.

A type of proposal that there is no command for is refused by its name: an alert wants a person,
a circuit breaker is opened by this program itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from optimizer.models.decisions import Decision, accepted
from optimizer.models.lifecycle import Command, Commands, PatchOp
from optimizer.models.proposals import DecisionType, Proposal

CANARY = "canary"
IMMEDIATE = "immediate"

NO_THROTTLING = "it throttles nothing"
NO_BATCHING = "it batches nothing"


def commands(
    decision: Decision,
    *,
    shares: Sequence[float],
    patch: Sequence[PatchOp],
    stepwise: bool = False,
) -> Commands:
    """Return the commands of the accepted proposals of a decision, in their order.

    Args:
        decision: The decision.
        shares: Steps by which a switch is put in force.
        patch: What the decision changes in the configuration, as a JSON patch.
        stepwise: Whether all of it is put in force by these steps: it is being rolled out.
    """
    gradual = GRADUAL | AT_ONCE if stepwise else GRADUAL
    found: list[Command] = []
    refused: list[str] = []
    for proposal in accepted(decision):
        if proposal.type in gradual & AT_ONCE:
            continue
        make = MAKERS.get(proposal.type)
        made = make(proposal) if make else f"{proposal.type}: there is no command for it"
        if isinstance(made, str):
            refused.append(f"{proposal.strategy}: {made}")
            continue
        found.extend(made)
    switches = [one for one in accepted(decision) if one.type in gradual]
    if switches:
        found.append(_configuration(switches[0], shares, patch))
    return Commands(
        decision_id=decision.decision_id,
        workflow_id=decision.workflow_id,
        commands=tuple(found),
        refused=tuple(refused),
    )


def put_back(
    decision_id: str, workflow_id: str, *, body: Mapping[str, Any], patch: Sequence[PatchOp]
) -> Commands:
    """Return the command that puts an earlier configuration back."""
    arguments = {"configuration": body, "patch": list(patch), "deployment": IMMEDIATE}
    return Commands(
        decision_id=decision_id,
        workflow_id=workflow_id,
        commands=(Command(command="Rollback", strategy="rollback", arguments=arguments),),
    )


def next_share(decision_id: str, workflow_id: str, *, share: float) -> Commands:
    """Return the command that gives a configuration its next share of the traffic."""
    arguments = {"deployment": CANARY, "share": share}
    return Commands(
        decision_id=decision_id,
        workflow_id=workflow_id,
        commands=(Command(command="UpdateConfiguration", strategy="rollout", arguments=arguments),),
    )


def _configuration(
    proposal: Proposal, shares: Sequence[float], patch: Sequence[PatchOp]
) -> Command:
    deployment = CANARY if len(shares) > 1 else IMMEDIATE
    arguments = {"deployment": deployment, "shares": list(shares), "patch": list(patch)}
    return Command(command="UpdateConfiguration", strategy=proposal.strategy, arguments=arguments)


Made = list[Command] | str


def _switch_model(proposal: Proposal) -> Made:
    values = _values(proposal)
    fallbacks = values.pop("fallback_models", [])
    return [_command("SwitchModel", proposal, values | {"fallbacks": fallbacks})]


def _rate_limit(proposal: Proposal) -> Made:
    values = _values(proposal)
    if not any(values.values()):
        return f"{proposal.type}: {NO_THROTTLING}"
    return [_command("ApplyRateLimit", proposal, values)]


def _batch(proposal: Proposal) -> Made:
    values = _values(proposal)
    if not any(values.values()):
        return f"{proposal.type}: {NO_BATCHING}"
    return [_command("AddToBatch", proposal, values)]


def _parameters(proposal: Proposal) -> Made:
    values = _values(proposal) | {"deployment": IMMEDIATE}
    return [_command("UpdateParameters", proposal, values)]


def _switch_back(proposal: Proposal) -> Made:
    values = _values(proposal) | {"deployment": IMMEDIATE}
    return [_command("Rollback", proposal, values)]


def _plain(name: str) -> Callable[[Proposal], Made]:
    def make(proposal: Proposal) -> Made:
        return [_command(name, proposal, _values(proposal))]

    return make


def _nothing_more(_: Proposal) -> Made:
    """Leave all to the command that updates the configuration."""
    return []


MAKERS: Mapping[DecisionType, Callable[[Proposal], Made]] = {
    DecisionType.MODEL_SWITCH: _switch_model,
    DecisionType.PARAMETER_ADJUSTMENT: _parameters,
    DecisionType.PROMPT_VARIANT: _nothing_more,
    DecisionType.OPTIMIZE_PROMPT: _plain("OptimizePrompt"),
    DecisionType.START_EXPERIMENT: _plain("StartExperiment"),
    DecisionType.CONCLUDE_EXPERIMENT: _plain("ConcludeExperiment"),
    DecisionType.ENABLE_CACHING: _plain("UpdateCache"),
    DecisionType.ENABLE_BATCHING: _batch,
    DecisionType.ADJUST_RATE_LIMITS: _rate_limit,
    DecisionType.RUN_TRIALS: _plain("RunTrials"),
    DecisionType.ALLOCATE_TRAFFIC: _plain("AllocateTraffic"),
    DecisionType.ROLLBACK: _switch_back,
}

GRADUAL = frozenset({DecisionType.MODEL_SWITCH, DecisionType.PROMPT_VARIANT})
"""Types that are put in force step by step."""

AT_ONCE = frozenset({DecisionType.PARAMETER_ADJUSTMENT, DecisionType.ROLLBACK})
"""Types that are put in force at once, unless they are rolled out."""


def _values(proposal: Proposal) -> dict[str, Any]:
    """Return what a proposal sets, by the last part of each setting's path."""
    sections = {change.setting.partition(".")[0] for change in proposal.changes}
    nested: dict[str, Any] = {}
    for change in proposal.changes:
        section, dot, name = change.setting.partition(".")
        if not dot:
            nested[section] = change.new
        elif len(sections) == 1:
            nested[name] = change.new
        else:
            nested.setdefault(section, {})[name] = change.new
    return nested


def _command(name: str, proposal: Proposal, arguments: Mapping[str, Any]) -> Command:
    return Command(command=name, strategy=proposal.strategy, arguments=dict(arguments))
