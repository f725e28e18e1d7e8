"""Settings of what happens after a decision."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Literal

from optimizer.models.change_limits import ChangeLimits
from optimizer.models.errors import SelectionError
from optimizer.models.settings import Field, Settings, together

Share = Annotated[float, Field(gt=0, le=1)]
Minutes = Annotated[float, Field(ge=0)]


class PresetSettings(Settings):
    """The steps of a rollout."""

    shares: tuple[Share, ...] = (1.0,)
    """Share of the traffic of each step, rising to 1."""

    dwell_min: tuple[Minutes, ...] = ()
    """Minutes that runs must span before each step is left; empty: none."""

    @together
    def _rises_to_all(self) -> None:
        rises = all(a < b for a, b in pairwise(self.shares))
        if not self.shares or self.shares[-1] != 1 or not rises:
            raise ValueError("shares: expected a list that rises to 1")
        if self.dwell_min and len(self.dwell_min) != len(self.shares):
            raise ValueError("dwell_min: expected one for each share, or none")


class PresetsSettings(Settings):
    """The lists of steps that a rollout can be started with."""

    standard: PresetSettings = PresetSettings.default(shares=(0.05, 0.25, 0.5, 1.0))
    s0: PresetSettings = PresetSettings.default(
        shares=(0.1, 0.5, 1.0), dwell_min=(1440.0, 2880.0, 10080.0)
    )
    s1: PresetSettings = PresetSettings.default(
        shares=(0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0), dwell_min=(5.0,) * 8
    )
    rust: PresetSettings = PresetSettings.default(shares=(0.01, 0.05, 0.25, 0.5, 1.0))

    def of(self, name: str) -> PresetSettings:
        """Return the preset of a name.

        Raises:
            SelectionError: There is none.
        """
        known = list(type(self).model_fields)
        if name not in known:
            raise SelectionError(f"preset {name!r}: expected one of {', '.join(known)}")
        found: PresetSettings = getattr(self, name)
        return found


class LifecycleSettings(Settings):
    """How a decision is put in force, watched and taken back."""

    preset: Literal["standard", "s0", "s1", "rust"] = "standard"
    """Steps of a rollout, unless it is started with others."""

    presets: PresetsSettings = PresetsSettings()

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Confidence level of what tells harm; the looks of a rollout share what is left of it."""

    detect: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of new failures that the tests of a step must be able to show: 59 tests show 0.05."""

    enable_auto_rollback: bool = True
    """Whether a rollout that does harm beyond doubt is rolled back when it is advanced."""

    max_runs: Annotated[int, Field(ge=1)] = 5
    """First runs after a change, and newest before it, that its outcome is measured from."""

    calibration_sd: Annotated[float, Field(gt=0)] = 0.5
    """Standard deviation, before any outcome, of the share of a prediction that comes true."""

    @property
    def n_wanted(self) -> int:
        """Tests that each step of a rollout takes, and an outcome."""
        return math.ceil(math.log(1 - self.level) / math.log(1 - self.detect))


class Lifecycle(LifecycleSettings):
    """These settings together with the limits of a change, which the section `safety` holds."""

    limits: ChangeLimits = ChangeLimits()
    """What a change may cost once it is in force."""
