from __future__ import annotations

from typing import Any

import pytest

from optimizer.decisions.overrides import overridden, require_appliable
from optimizer.models.decisions import accepted
from optimizer.models.errors import SelectionError, TransitionError
from optimizer.models.reviews import Fate, Objection, Review, RiskLevel, ViolationSeverity


def objection(check: str, *, can_override: bool = True) -> Objection:
    return Objection(
        check=check, severity=ViolationSeverity.ERROR, text="no", can_override=can_override
    )


def reviewed(make: Any, *reviews: Review) -> Any:
    proposals = [make.proposal(make.change(f"cache.{n}", None, 1)) for n in range(len(reviews))]
    return make.decision(*proposals, reviews=reviews)


def test_what_only_named_objections_held_back_is_accepted(make: Any) -> None:
    held = Review(place=0, fate=Fate.HELD_BACK, objections=(objection("a"), objection("b")))
    decision = reviewed(make, held)
    assert accepted(overridden(decision, ["a"])) == ()
    assert len(accepted(overridden(decision, ["a", "b"]))) == 1
    assert overridden(decision, []) == decision


def test_a_name_that_blocks_nothing_and_what_cannot_be_set_aside_are_refused(make: Any) -> None:
    held = Review(
        place=0, fate=Fate.HELD_BACK, objections=(objection("quality", can_override=False),)
    )
    with pytest.raises(SelectionError, match="expected one of quality"):
        overridden(reviewed(make, held), ["typo"])
    with pytest.raises(SelectionError, match="cannot be set aside"):
        overridden(reviewed(make, held), ["quality"])


def test_what_another_proposal_moves_already_is_lost_to_it(make: Any) -> None:
    change = make.change("variant", "a", "b")
    decision = make.decision(
        make.proposal(change),
        make.proposal(change, strategy="other"),
        reviews=(
            Review(place=0, fate=Fate.ACCEPTED),
            Review(place=1, fate=Fate.HELD_BACK, objections=(objection("a"),)),
        ),
    )
    found = overridden(decision, ["a"])
    assert found.reviews[1].fate is Fate.LOST
    assert len(accepted(found)) == 1


def test_critical_risk_and_nothing_left_are_never_applied(make: Any) -> None:
    critical = reviewed(make, Review(place=0, fate=Fate.ACCEPTED, risk=RiskLevel.CRITICAL))
    with pytest.raises(TransitionError, match="critical risk is never applied"):
        require_appliable(critical)
    with pytest.raises(TransitionError, match="every proposal is held back"):
        require_appliable(reviewed(make, Review(place=0, fate=Fate.HELD_BACK)))
    require_appliable(reviewed(make, Review(place=0, fate=Fate.ACCEPTED, risk=RiskLevel.HIGH)))
